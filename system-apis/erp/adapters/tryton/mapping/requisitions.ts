import type { ErpRequisition } from '#contracts/generated/system/erp/v1.ts';
import type { Requisition } from '../records.ts';
import type { Row } from '../record.ts';
import { textIn, type Stamp } from '../stamp.ts';
import { decimalText } from './amounts.ts';
import { unitCodeOf } from './units.ts';

/**
 * A requisition waits in Tryton until its order is placed. Tryton's own approval hands it to the buyers there as
 * purchase requests, which nobody can take back and which would order the goods a second time.
 */
export function requisitionStatus({ state, 'lines.': lines }: Row<typeof Requisition>): ErpRequisition['status'] {
  if (state === 'draft') return 'incomplete';
  if (state === 'cancelled' || state === 'rejected') return 'cancelled';
  return lines.some((line) => line['purchase_requests.'].some((request) => request.purchase_line !== null)) ? 'ordered' : 'approved';
}

export function requisitionOf(row: Row<typeof Requisition>, stamp: Stamp, units: Record<string, string>): ErpRequisition {
  const accounts = Array.isArray(stamp['accounts']) ? stamp['accounts'] as unknown[] : [];
  const description = textIn(stamp, 'description');
  const neededBy = textIn(stamp, 'neededBy');
  const lines = row['lines.'].toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0) || a.id - b.id);
  return {
    number: row.number ?? '', reference: row.description ?? row.number ?? '', facility: row['warehouse.']?.code ?? '',
    costCenter: textIn(stamp, 'costCenter') ?? 'none', requester: textIn(stamp, 'requester') ?? '', status: requisitionStatus(row),
    ...(neededBy ? { neededBy } : {}), currency: row['currency.']?.code ?? '', ...(description === undefined ? {} : { description }),
    lines: lines.map((line, index) => {
      const account = accounts[index];
      return {
        itemNumber: line['product.']?.code ?? '', ...(line.description ? { description: line.description } : {}), quantity: line.quantity,
        unit: unitCodeOf(line['unit.']?.symbol ?? '', units), unitPrice: decimalText(line.unit_price ?? '0'),
        ...(line['supplier.'] ? { supplierNumber: line['supplier.'].code } : {}), ...(typeof account === 'string' ? { account } : {}),
      };
    }),
  };
}
