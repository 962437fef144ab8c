import Big from 'big.js';
import type { OrderDispatch, OrderDispatchLine } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Confirmation, PurchaseOrder } from './records.ts';

/** Body of POST /purchase_orders: our order number is the po-number, the requisition's reference a custom field. */
export function newPurchaseOrder(order: OrderDispatch): object {
  return {
    'po-number': order.orderNumber,
    supplier: { number: order.supplierNumber },
    currency: { code: order.currency },
    'ship-to-address': { 'location-code': order.facility },
    'custom-fields': { 'requisition-reference': order.requisitionReference, urgency: order.urgency ?? 'standard' },
    'order-lines': order.lines.map((line) => ({
      'line-num': String(line.line),
      item: { 'item-number': line.itemNumber },
      ...(line.supplierItemNumber === undefined ? {} : { 'source-part-num': line.supplierItemNumber }),
      description: line.description ?? line.itemNumber,
      uom: { code: line.unit },
      quantity: String(line.quantity),
      price: line.unitPrice,
      ...(line.neededBy === undefined ? {} : { 'need-by-date': line.neededBy }),
    })),
  };
}

type RecordLine = PurchaseOrder['order-lines'][number];

/** A change of one line, as PUT /purchase_orders/{id} takes it; what it does not name stays. */
export interface LineChange {
  'line-num': string;
  status?: 'cancelled';
  item?: { 'item-number': string };
  quantity?: string;
  price?: string;
  'need-by-date'?: string;
}

/** What keeps the vendor's order from being ours. Empty when they say the same. */
export function differences(order: OrderDispatch, record: PurchaseOrder): LineChange[] {
  const changed = order.lines.flatMap((line) => {
    const there = lineOf(record, line.line);
    const change = there ? changeOf(line, there) : { 'line-num': String(line.line), quantity: String(line.quantity) };
    return change ? [change] : [];
  });
  const dropped = record['order-lines'].filter((there) => there.status !== 'cancelled' && !order.lines.some((line) => String(line.line) === there['line-num']));
  return [...changed, ...dropped.map((there): LineChange => ({ 'line-num': there['line-num'], status: 'cancelled' }))];
}

/** All lines as they stand. */
export function restated(order: OrderDispatch): LineChange[] {
  return order.lines.map((line): LineChange => ({ 'line-num': String(line.line), price: line.unitPrice }));
}

/** Lines that the vendor's order does not have: it takes no new ones. */
export function addedLines(order: OrderDispatch, record: PurchaseOrder): OrderDispatchLine[] {
  return order.lines.filter((line) => !lineOf(record, line.line));
}

/** Lines whose unit would have to change, which the vendor does not do. */
export function reunitedLines(order: OrderDispatch, record: PurchaseOrder): OrderDispatchLine[] {
  return order.lines.filter((line) => { const there = lineOf(record, line.line); return there !== undefined && there.uom.code !== line.unit; });
}

function lineOf(record: PurchaseOrder, line: number): RecordLine | undefined {
  return record['order-lines'].find((each) => each['line-num'] === String(line) && each.status !== 'cancelled');
}

function changeOf(line: OrderDispatchLine, there: RecordLine): LineChange | undefined {
  const change: LineChange = {
    'line-num': there['line-num'],
    ...(there.item?.['item-number'] === line.itemNumber ? {} : { item: { 'item-number': line.itemNumber } }),
    ...(isSame(there.quantity, line.quantity) ? {} : { quantity: String(line.quantity) }),
    ...(isSame(there.price, line.unitPrice) ? {} : { price: line.unitPrice }),
    ...(line.neededBy === undefined || there['need-by-date']?.slice(0, 10) === line.neededBy ? {} : { 'need-by-date': line.neededBy }),
  };
  return Object.keys(change).length > 1 ? change : undefined;
}

/** Whether our order says yes to every line on which the supplier waits for an answer. */
export function agreesTo(order: OrderDispatch, confirmation: Confirmation): boolean {
  return confirmation['order-line-confirmations'].filter(isProposal).every((proposal) => {
    const line = order.lines.find((each) => String(each.line) === proposal['line-num']);
    return line !== undefined && line.itemNumber === proposal.item?.['item-number'] && isSame(proposal.price, line.unitPrice) && isSame(proposal.quantity, line.quantity);
  });
}

export const AWAITS_BUYER = 'pending_buyer_review';
export const REJECTED = 'rejected';

export const isProposal = ({ status }: Confirmation['order-line-confirmations'][number]) => status === AWAITS_BUYER;

function isSame(theirs: string, ours: string | number): boolean {
  return /^-?\d+(\.\d+)?$/.test(theirs) && Big(theirs).eq(ours);
}
