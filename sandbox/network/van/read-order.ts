import { readPurchaseOrder } from '#formats/x12/index.ts';
import type { Party, PurchaseOrder, PurchaseOrderLine, TransactionSet } from '#formats/x12/index.ts';
import { itemByGtin, masterData } from '../../hospital/master-data.ts';
import type { IncomingOrder } from '../suppliers/order.ts';

/** BEG01 in the supplier's words. */
export type OrderPurpose = 'original' | 'cancellation' | 'replace';

export interface ReadOrder {
  purpose: OrderPurpose;
  order: Omit<IncomingOrder, 'revision'>;
}

const PURPOSES: Record<string, OrderPurpose> = { '00': 'original', '01': 'cancellation', '05': 'replace' };

/** Reads an 850 that has passed the supplier's checks. */
export function readOrder(set: TransactionSet, supplierNumber: string, replyTo: string): ReadOrder {
  const order = readPurchaseOrder(set);
  const purpose = PURPOSES[order.purpose];
  if (!purpose) throw new RangeError('An order of unknown purpose has passed the checks');
  return { purpose, order: incomingOf(order, supplierNumber, replyTo) };
}

function incomingOf(order: PurchaseOrder, supplierNumber: string, replyTo: string): ReadOrder['order'] {
  return {
    channel: 'x12',
    supplierNumber,
    poNumber: order.number,
    // REF RQ is the purchase requisition number (data element 128).
    reference: order.references?.find(({ qualifier }) => qualifier === 'RQ')?.id ?? order.number,
    facility: facilityOf(order.parties.find(({ role }) => role === 'ST')),
    currency: order.currency ?? 'USD',
    replyTo,
    orderedOn: order.date,
    lines: order.lines.map((line) => ({
      lineNumber: Number(line.lineNumber),
      itemNumber: itemNumberOf(line, supplierNumber),
      description: line.description ?? '',
      uom: line.unit,
      quantity: line.quantity,
      price: line.unitPrice ?? '0',
      needBy: line.requestedDelivery ?? order.requestedDelivery ?? null,
    })),
  };
}

/** Ship-to as the buyer's own code (92) or as a GLN (UL). */
function facilityOf(shipTo: Party | undefined): string {
  const byGln = masterData.facilities.find(({ gln }) => shipTo?.idQualifier === 'UL' && gln === shipTo.id);
  return byGln?.code ?? shipTo?.id ?? shipTo?.name ?? '';
}

function itemNumberOf(line: PurchaseOrderLine, supplierNumber: string): string {
  const byOwnPart = masterData.items.find(({ supplier, supplierItem }) => supplier === supplierNumber && supplierItem === line.vendorPartNumber);
  return line.buyerItemNumber ?? byOwnPart?.number ?? itemByGtin(line.gtin ?? '')?.number ?? line.vendorPartNumber ?? '';
}
