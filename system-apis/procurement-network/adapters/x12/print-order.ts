import { ApiError } from '#chassis/errors/failures.ts';
import type { OrderDispatch, OrderDispatchLine } from '#contracts/generated/system/procurement-network/v1.ts';
import { printInterchange, printPurchaseOrder, X12Error } from '#formats/x12/index.ts';
import { splitAddress, type Partner, type X12Settings } from './settings.ts';

const VERSION = '005010';

/** BEG01: a new order, one that replaces what was sent before, one that cancels it. */
export const PURPOSES = { original: '00', replacement: '05', cancellation: '01' } as const;

export type OrderPurpose = keyof typeof PURPOSES;

export interface Envelope {
  settings: X12Settings;
  partner: Partner;
  /** ISA13, GS06. */
  number: number;
  at: Date;
}

/**
 * An order as an interchange with one 850.
 *
 * @throws ApiError 'refused' when the order holds what X12 cannot say: numbers that are too long or contain separators
 */
export function printOrder(order: OrderDispatch, purpose: OrderPurpose, { settings, partner, number, at }: Envelope): string {
  const [own, theirs] = [splitAddress(settings.address), splitAddress(partner.address)];
  const [day, time] = [at.toISOString().slice(0, 10).replaceAll('-', ''), at.toISOString().slice(11, 16).replace(':', '')];
  requireLength(order.orderNumber, 22, 'order number');
  try {
    return printInterchange({
      header: {
        senderQualifier: own.qualifier, sender: own.id, receiverQualifier: theirs.qualifier, receiver: theirs.id,
        date: day.slice(2), time, controlNumber: String(number), acknowledgmentRequested: true, usage: settings.usage,
      },
      groups: [{
        header: { functionalId: 'PO', sender: own.id, receiver: theirs.id, date: day, time, controlNumber: String(number), version: VERSION },
        transactions: [printPurchaseOrder({
          purpose: PURPOSES[purpose],
          type: order.urgency === 'emergency' ? 'RO' : 'SA',
          number: order.orderNumber,
          date: order.orderedOn,
          currency: order.currency,
          references: [{ qualifier: 'RQ', id: referenceText(order.requisitionReference) }],
          parties: [{ role: 'SU', idQualifier: '92', id: order.supplierNumber }, { role: 'ST', idQualifier: '92', id: order.facility }],
          lines: order.lines.map(orderLine),
        }, '0001', { buyerItem: partner.buyerItem, vendorPart: partner.vendorPart })],
      }],
    });
  } catch (error) {
    if (!(error instanceof X12Error)) throw error;
    throw new ApiError('refused', `The order cannot be said in X12: ${error.message}.`, { code: 'order-not-printable', cause: error });
  }
}

function orderLine(line: OrderDispatchLine) {
  const device = line.deviceIdentifier;
  return {
    lineNumber: String(line.line),
    quantity: String(line.quantity),
    unit: line.unit,
    unitPrice: line.unitPrice,
    buyerItemNumber: line.itemNumber,
    ...(line.supplierItemNumber === undefined ? {} : { vendorPartNumber: line.supplierItemNumber }),
    // UK is a GTIN of 14 digits; device identifiers of other agencies have no qualifier here.
    ...(device !== undefined && /^\d{14}$/.test(device) ? { gtin: device } : {}),
    ...(line.description === undefined ? {} : { description: plainText(line.description, 80) }),
    ...(line.neededBy === undefined ? {} : { requestedDelivery: line.neededBy }),
  };
}

/** REF RQ. Our references have colons, which separate components in X12; partners only repeat them. */
function referenceText(reference: string): string {
  return reference.replaceAll(/[^A-Za-z0-9 .,&/_#+()-]/g, '-').slice(0, 80);
}

/** Free text may lose what X12's character set does not have; numbers may not. */
function plainText(text: string, length: number): string {
  return text.replaceAll(/[^\x20-\x7e]|[*:~^]/g, ' ').slice(0, length).trim() || '-';
}

function requireLength(text: string, most: number, what: string): void {
  if (text.length > most) throw new ApiError('refused', `X12 has no room for this ${what}: it is longer than ${most} characters.`, { code: 'order-not-printable' });
}
