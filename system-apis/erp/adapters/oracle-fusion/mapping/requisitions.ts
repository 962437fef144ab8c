import type { ErpRequisition, NewErpRequisition, NewRequisitionLine } from '#contracts/generated/system/erp/v1.ts';
import { chargeIn } from '../combination.ts';
import { exact } from '../exact-json.ts';
import { facilityOfOrganization } from '../facilities.ts';
import type { Row } from '../record.ts';
import type * as records from '../records.ts';
import type { FusionSettings } from '../settings.ts';
import { price, quantity } from './amounts.ts';
import { printCharges, readCharges } from './charges.ts';
import { unitOf, vendorUnit } from './master-data.ts';
import type { Place } from './place.ts';
import { referenceOf, textOf } from './reference.ts';

export type RequisitionRow = Row<typeof records.Requisition>;

/** Where a line goes and who bears it. */
export type PlacedRequisitionLine = NewRequisitionLine & { place: Place };

export function requisitionBody(body: NewErpRequisition, lines: readonly PlacedRequisitionLine[], { businessUnit, unitCodes }: FusionSettings): object {
  return {
    RequisitioningBU: businessUnit, InterfaceSourceCode: body.reference, Description: body.description, Justification: printNote(body),
    lines: lines.map((line, index) => ({
      LineNumber: index + 1, LineTypeCode: 'Goods', Item: line.itemNumber, ItemDescription: line.description || undefined, Quantity: exact(line.quantity), UOMCode: vendorUnit(line.unit, unitCodes),
      Price: exact(line.unitPrice), CurrencyCode: body.currency, SupplierNumber: line.supplierNumber, RequestedDeliveryDate: body.neededBy,
      DestinationTypeCode: line.place.destination, DestinationOrganizationCode: line.place.organization, DestinationSubinventory: line.place.subinventory,
      distributions: [{ ChargeAccount: line.place.chargeAccount }],
    })),
  };
}

/** Who needs it and who bears it: the vendor would want people of its own, the platform has names of its own. */
interface Note { requester: string; costCenter: string; charges: string }

function printNote({ requester, costCenter, lines }: NewErpRequisition): string {
  const note: Note = { requester, costCenter, charges: printCharges(lines.map(({ account }, index) => ({ line: index + 1, account }))) };
  return JSON.stringify(note);
}

function readNote(text: string | null | undefined): Partial<Note> {
  if (!text?.startsWith('{')) return {};
  try {
    return JSON.parse(text) as Note;
  } catch (error) {
    // What people write into a justification is theirs.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

export function requisitionOf(row: RequisitionRow, settings: FusionSettings): ErpRequisition {
  const note = readNote(row.Justification);
  const charges = readCharges(note.charges);
  const [first] = row.lines;
  const neededBy = first?.RequestedDeliveryDate;
  const description = textOf(row.Description);
  return {
    number: row.Requisition, reference: referenceOf(row.InterfaceSourceCode, row.Requisition), facility: facilityOfOrganization(settings, first?.DestinationOrganizationCode ?? 'NONE'),
    costCenter: note.costCenter ?? chargeIn(settings.chart, first?.ChargeAccount ?? '').costCenter ?? settings.chart.noCostCenter, requester: note.requester ?? '', status: statusOf(row),
    currency: first?.CurrencyCode ?? settings.currency, ...(neededBy ? { neededBy: neededBy.slice(0, 10) } : {}), ...(description ? { description } : {}),
    lines: row.lines.map((line) => {
      const account = charges.get(Number(line.LineNumber))?.account;
      const text = textOf(line.ItemDescription);
      return {
        itemNumber: line.Item ?? 'NO-ITEM', ...(text ? { description: text } : {}), quantity: quantity(line.Quantity), unit: unitOf(line.UOMCode, settings.unitCodes), unitPrice: price(line.Price),
        ...(line.SupplierNumber ? { supplierNumber: line.SupplierNumber } : {}), ...(account ? { account } : {}),
      };
    }),
  };
}

const STATUS: Readonly<Record<string, ErpRequisition['status']>> = { INCOMPLETE: 'incomplete', APPROVED: 'approved', CANCELED: 'cancelled' };

function statusOf(row: RequisitionRow): ErpRequisition['status'] {
  const status = STATUS[row.DocumentStatus.toUpperCase()] ?? 'submitted';
  // Cancelled with its order its lines still name that order.
  return status !== 'cancelled' && row.lines.some((line) => line.PurchaseOrder) ? 'ordered' : status;
}
