import Big from 'big.js';
import type { BookedReceipt } from '../../erp/books.ts';
import type { OrderedLine, ShippedLine } from '../../network/books.ts';
import type { Books } from '../books.ts';
import { ordersOf, total } from '../documents.ts';
import { finderFor, type Finding } from '../findings.ts';
import { decided, type Decision, type Sent } from '../sent.ts';

const find = finderFor('deliveries');

/** Everything that left a supplier stands in the receipts once, less what was sent back; nothing else does. */
export function checkDeliveries(books: Books, sent: Sent): Finding[] {
  const receipts = Map.groupBy(books.receipts, (each) => shipmentOf(each));
  const shipments = Map.groupBy(books.shipped, (each) => each.shipmentNumber);
  return [
    ...[...shipments].flatMap(([number, lines]) => checkShipment(number, lines, receipts.get(number) ?? [])),
    ...lineFindings(books, sent),
    ...[...receipts.keys()].filter((number) => !shipments.has(number)).map((number) => find('unexpected', `receipt for shipment ${number}`, 'a shipment behind it', 'none')),
  ];
}

/** The dock reports a delivery under its shipment's number. */
function shipmentOf({ reference, shipment }: BookedReceipt): string {
  return shipment ?? reference?.split('/')[0] ?? '';
}

function checkShipment(number: string, lines: readonly ShippedLine[], receipts: readonly BookedReceipt[]): Finding[] {
  const { poNumber, arrivedAt, receivedAt, returnedAt } = lines[0]!;
  const what = `delivery ${number} for order ${poNumber}`;
  if (arrivedAt === null) return [find('stuck', what, 'goods on the dock', 'goods on their way')];
  if (returnedAt !== null) return receipts.length === 0 ? [] : [find('unexpected', what, 'no receipt, for the boxes went back', String(receipts[0]!.receiptNumber))];
  if (receivedAt === null) return [find('stuck', what, 'taken in at the dock', 'boxes still standing there')];
  const numbers = new Set(receipts.filter((each) => new Big(each.effect).gt(0)).map((each) => each.receiptNumber));
  if (numbers.size > 1) return [find('duplicated', what, 'one receipt in the ERP', [...numbers].join(', '))];
  const wrong = receipts.find((each) => each.orderNumber !== poNumber);
  return wrong ? [find('unexpected', what, `a receipt for order ${poNumber}`, `one for order ${wrong.orderNumber}`)] : [];
}

function lineFindings({ shipped, receipts, understood, orders }: Books, sent: Sent): Finding[] {
  const needs = new Map(ordersOf(orders).map((order) => [order.number, order.need]));
  const key = (order: string, line: number) => `${order}/${line}`;
  const received = Map.groupBy(receipts, (each) => key(each.orderNumber, each.line));
  const agreed = new Map(understood.map((each) => [key(each.poNumber, each.lineNumber), each]));
  return [...Map.groupBy(shipped.filter((each) => each.returnedAt === null), (each) => key(each.poNumber, each.orderLineNumber))].flatMap(([line, boxes]) => {
    const came = total((received.get(line) ?? []).map((each) => each.effect));
    const expected = keptOf(boxes, agreed.get(line), decided(sent, 'over-receipt', needs.get(boxes[0]!.poNumber) ?? ''));
    if (came.eq(expected)) return [];
    const what = `goods of order ${boxes[0]!.poNumber}, line ${boxes[0]!.orderLineNumber} (${boxes[0]!.itemNumber})`;
    return [find(came.lt(expected) ? 'lost' : 'duplicated', what, `${expected.toFixed()} received`, came.toFixed())];
  });
}

/** @param decisions about the surplus; a supplier may know the need by another reference, so they are not looked for by his */
function keptOf(boxes: readonly ShippedLine[], agreed: OrderedLine | undefined, decisions: readonly Decision[]): Big {
  const came = total(boxes.map((each) => each.quantity));
  if (!agreed || came.lte(agreed.quantity)) return came;
  return decisions.some((each) => each.resolution === 'return-surplus') ? new Big(agreed.quantity) : came;
}
