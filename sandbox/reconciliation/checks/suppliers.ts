import Big from 'big.js';
import type { BookedOrderLine } from '../../erp/books.ts';
import type { OrderedLine } from '../../network/books.ts';
import type { Books } from '../books.ts';
import { isCancelled, isOff, ordersOf, understoodOrders, type BookedOrder, type UnderstoodOrder } from '../documents.ts';
import { finderFor, type Finding } from '../findings.ts';
import { decided, type Sent } from '../sent.ts';

const find = finderFor('suppliers');

/** Every order of the ERP was understood once, by its supplier, with the lines and prices that were agreed in the end. */
export function checkSuppliers(books: Books, sent: Sent): Finding[] {
  const understood = new Map(understoodOrders(books.understood).map((each) => [each.number, each]));
  const orders = ordersOf(books.orders).filter((order) => order.status !== 'INCOMPLETE');
  const known = new Set(orders.map((order) => order.number));
  return [
    ...orders.flatMap((order) => checkOrder(order, understood.get(order.number), sent)),
    ...[...understood.values()].filter((each) => !known.has(each.number))
      .map((each) => find('unexpected', `order ${each.number} at ${each.supplier}`, 'an order of the ERP behind it', 'none')),
    ...books.repeated.map((each) => find('duplicated', `order ${each.poNumber} at ${each.supplierNumber}`, 'one sending as a new order', `another by ${each.source}`)),
    ...exchangeFindings(books, understood),
  ];
}

function checkOrder(order: BookedOrder, understood: UnderstoodOrder | undefined, sent: Sent): Finding[] {
  const what = `order ${order.number} at ${order.supplier}`;
  if (!understood) return isCancelled(order) ? [] : [find('lost', what, 'an order that the supplier knows', 'none')];
  if (understood.supplier !== order.supplier) return [find('unexpected', what, `supplier ${order.supplier}`, understood.supplier)];
  return order.lines.flatMap((line) => {
    const theirs = understood.lines.find((each) => each.lineNumber === line.line);
    const isGone = isCancelled(order) || line.cancelled;
    if (!theirs) return isGone ? [] : [find('lost', `${what}, line ${line.line}`, 'a line that the supplier knows', 'none')];
    if (isGone) return isOff(theirs) ? [] : [find('unbalanced', `${what}, line ${line.line}`, 'cancelled at the supplier as in the ERP', theirs.lineState)];
    return checkLine(`${what}, line ${line.line}`, line, theirs, order, sent);
  });
}

function checkLine(what: string, ours: BookedOrderLine, theirs: OrderedLine, order: BookedOrder, sent: Sent): Finding[] {
  const findings: Finding[] = [];
  if (isOff(theirs)) findings.push(find('unbalanced', what, `${theirs.lineState} in the ERP as at the supplier`, 'still ordered'));
  if (ours.item !== theirs.itemNumber) findings.push(find('unbalanced', what, `item ${ours.item} as in the ERP`, theirs.itemNumber));
  if (!new Big(ours.price).eq(theirs.price)) findings.push(find('unbalanced', what, `price ${ours.price} as in the ERP`, theirs.price));
  const keptSurplus = decided(sent, 'over-receipt', order.need).some((each) => each.resolution === 'accept-surplus');
  const quantityAgrees = new Big(ours.quantity).eq(theirs.quantity) || (keptSurplus && new Big(ours.quantity).eq(ours.received) && new Big(ours.quantity).gt(theirs.quantity));
  if (!quantityAgrees) findings.push(find('unbalanced', what, `quantity ${ours.quantity} as in the ERP`, theirs.quantity));
  return findings;
}

/** The buyer's side of the exchange says the same as the supplier's side. */
function exchangeFindings(books: Books, understood: ReadonlyMap<string, UnderstoodOrder>): Finding[] {
  return books.exchangeOrders.flatMap((order) => {
    const what = `order ${order.poNumber} on the exchange`;
    const theirs = understood.get(order.poNumber);
    if (!theirs) return order.status === 'cancelled' ? [] : [find('stuck', what, 'an order issued to the supplier', `an order in status ${order.status}`)];
    return order.lines.flatMap((line) => {
      const other = theirs.lines.find((each) => each.lineNumber === line.lineNumber);
      if (!other || isOff(other) || line.status === 'cancelled') return [];
      const agrees = other.itemNumber === line.itemNumber && new Big(other.quantity).eq(line.quantity) && new Big(other.price).eq(line.price);
      return agrees ? [] : [find('unbalanced', `${what}, line ${line.lineNumber}`, `${other.quantity} of ${other.itemNumber} at ${other.price}`, `${line.quantity} of ${line.itemNumber} at ${line.price}`)];
    });
  });
}
