import Big from 'big.js';
import type { Books } from '../reconciliation/books.ts';
import { isCancelled, isOff, ordersOf, understoodOrders } from '../reconciliation/documents.ts';
import { wasRefused, type SeenApproval, type Sent } from '../reconciliation/sent.ts';

/** What became of what, counted. It follows from seed and patients and from nothing else. */
export type Outcomes = Record<string, number>;

/** An invoice may cost so much more before a person has to look. */
const PRICE_TOLERANCE_PERCENT = 2;

export function countOutcomes(books: Books, sent: Sent): Outcomes {
  const orders = ordersOf(books.orders).filter((order) => order.status !== 'INCOMPLETE');
  const understood = new Map(understoodOrders(books.understood).map((each) => [each.number, each]));
  const shipped = Map.groupBy(books.shipped, (each) => `${each.poNumber}/${each.orderLineNumber}`);
  const originals = books.billed.filter((each) => each.kind === 'original');
  const of = (kinds: readonly string[]) => new Set(books.acknowledged.filter((each) => kinds.includes(each.decision)).map((each) => each.poNumber));

  const marks = {
    substitution: new Set(orders.filter((order) => !isCancelled(order) && order.lines.some((line) => !line.cancelled && line.originalItem !== null && line.originalItem !== line.item)).map((order) => order.number)),
    priceChange: of(['change-price']),
    backorder: of(['backorder']),
    supplierRejected: new Set([...understood.values()].filter((order) => order.lines.some((line) => line.behaviour === 'reject-line' || line.behaviour === 'reject-order')).map((order) => order.number)),
    cancelled: new Set(orders.filter(isCancelled).map((order) => order.number)),
    shortShipment: new Set([...shipped.values()].filter((boxes) => new Set(boxes.map((box) => box.shipmentNumber)).size > 1).map((boxes) => boxes[0]!.poNumber)),
    overReceipt: new Set(books.understood.filter((line) => !isOff(line) && new Big(line.shippedQuantity).gt(line.quantity)).map((line) => line.poNumber)),
    priceException: new Set(originals.filter((invoice) => invoice.lines.some((line) => isDearer(line, books, invoice.poNumber))).map((invoice) => invoice.poNumber)),
    invoiceRefused: new Set(originals.filter((invoice) => wasRefused(sent, invoice.poNumber, invoice.number)).map((invoice) => invoice.poNumber)),
    duplicateInvoice: new Set(books.billed.filter((each) => each.kind !== 'original').map((each) => each.poNumber)),
  };
  const troubled = new Set(Object.values(marks).flatMap((each) => [...each]));
  return {
    orders: orders.length,
    straightThrough: orders.filter((order) => !troubled.has(order.number)).length,
    ...Object.fromEntries(Object.entries(marks).map(([name, numbers]) => [name, numbers.size])),
    ...requisitionOutcomes(sent),
    uses: sent.uses.length,
    unmappedItem: sent.uses.filter((use) => !use.isMapped).length,
    messagesAccepted: books.messages.filter((each) => each.state === 'accepted').length,
    messagesRefused: books.messages.filter((each) => each.state === 'refused').length,
  };
}

function requisitionOutcomes({ requisitions }: Sent): Outcomes {
  const accepted = requisitions.filter((each) => each.expected.answer === 'accepted');
  const decisionsOf = (each: Sent['requisitions'][number]) => Object.values(each.approvals ?? {}).flat();
  // Only where the plan wants it: an approver who was merely slow must not change what is counted.
  const told = (story: string, isSo: (seen: SeenApproval) => boolean) => accepted.filter((each) => each.story === story && decisionsOf(each).some(isSo)).length;
  return {
    refused: requisitions.filter((each) => each.answer?.answer === 'refused').length,
    rejected: accepted.filter((each) => each.expected.answer === 'accepted' && each.expected.end === 'rejected').length,
    withdrawn: accepted.filter((each) => each.expected.answer === 'accepted' && each.expected.end === 'withdrawn').length,
    approvedByHand: accepted.filter((each) => decisionsOf(each).some((seen) => seen.decision === 'approved')).length,
    escalated: told('escalated', (seen) => seen.decision === 'escalated'),
    delegated: told('delegated', (seen) => seen.inPlaceOf !== undefined),
    splitDetected: told('split', (seen) => seen.decision === 'approved'),
    emergency: told('emergency', (seen) => seen.tier === 'emergency-review'),
  };
}

function isDearer(billed: { orderLineNumber: number; price: string }, { understood }: Books, poNumber: string): boolean {
  const ordered = understood.find((line) => line.poNumber === poNumber && line.lineNumber === billed.orderLineNumber);
  return ordered !== undefined && new Big(billed.price).gt(new Big(ordered.price).times(100 + PRICE_TOLERANCE_PERCENT).div(100));
}
