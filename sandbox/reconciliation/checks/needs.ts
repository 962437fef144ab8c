import type { Books } from '../books.ts';
import { activeLines, isCancelled, ordersOf, partIn, partOf, type BookedOrder } from '../documents.ts';
import { finderFor, once, type Finding } from '../findings.ts';
import { decided, type Sent } from '../sent.ts';
import { expectedNeeds, type ExpectedOrder } from '../expected-orders.ts';

const find = finderFor('needs');

/** Every need that was approved is one order with each of its suppliers, and nothing else was ordered. */
export function checkNeeds(books: Books, sent: Sent): Finding[] {
  const orders = ordersOf(books.orders);
  const byPart = Map.groupBy(orders, (order) => partOf(order.need, order.supplier));
  const expected = expectedNeeds(books.movements, sent);
  for (const lot of lotsAskedAgain(expected, orders, sent)) expected.set(partOf(lot.need, lot.supplier), lot);
  return [
    ...[...expected.values()].flatMap((each) => checkOrdered(each, byPart.get(partOf(each.need, each.supplier)) ?? [], sent)),
    ...orders.filter((order) => !expected.has(partOf(order.need, order.supplier))).map((order) => nobodyAsked(order, sent)),
    ...checkRequisitions(books, [...expected.values()]),
  ];
}

function checkOrdered(expected: ExpectedOrder, orders: BookedOrder[], sent: Sent): Finding[] {
  const what = `order for ${partOf(expected.need, expected.supplier)}`;
  const live = orders.filter((order) => !isCancelled(order));
  if (live.length === 0 && isGivenUp(expected, orders, sent)) return [];
  const counted = once(find, what, 'order in the ERP', live.length);
  if (counted.length > 0) return counted;
  const [order] = live as [BookedOrder];
  if (order.status === 'INCOMPLETE') return [find('stuck', what, 'an open order', `order ${order.number} as a draft`)];
  return expected.lines.flatMap((wanted, index) => {
    const line = order.lines.find((each) => (each.originalItem ?? each.item) === wanted.item && each.line === wanted.line) ?? order.lines[index];
    const asked = line?.originalItem ?? line?.item;
    if (!line || asked !== wanted.item) return [find('lost', what, `a line for ${wanted.item}`, asked ? `a line for ${asked}` : 'none')];
    const kept = decided(sent, 'over-receipt', order.need).some((each) => each.resolution === 'accept-surplus');
    const isCutShort = CUTTING.some(([kind, resolution]) => decided(sent, kind, order.need).some((each) => each.resolution === resolution)) && Number(line.quantity) < wanted.quantity;
    if (line.cancelled || isCutShort || Number(line.quantity) === wanted.quantity || (kept && Number(line.quantity) > wanted.quantity)) return [];
    return [find('unexpected', what, `${wanted.quantity} of ${wanted.item}`, `${line.quantity}`)];
  });
}

/** Decisions by which an order falls to what came of it. */
const CUTTING = [['goods-overdue', 'end-delivery'], ['supplier-rejection', 'accept-proposal']] as const;

const LOT = /^(reorder:.*\/)(\d+)$/;

/** Of a lot that was given up or cut short the shelf knows that it does not come: at the next use it asks for another. */
function lotsAskedAgain(expected: ReadonlyMap<string, ExpectedOrder>, orders: readonly BookedOrder[], sent: Sent): ExpectedOrder[] {
  const known = new Map(orders.map((order) => [partOf(order.need, order.supplier), order]));
  const shelves = Map.groupBy([...expected.values()].filter(({ need }) => LOT.test(need)), ({ need }) => LOT.exec(need)![1]!);
  return [...shelves].flatMap(([shelf, lots]) => {
    const again: ExpectedOrder[] = [];
    const mayFollow = () => [...lots, ...again].filter((lot) => isMissed(lot, known.get(partOf(lot.need, lot.supplier)), sent)).length > again.length;
    for (;;) {
      const next = { ...lots[0]!, need: `${shelf}${lots.length + again.length + 1}` };
      // One that was given up before it was ordered is in no books, and was asked for all the same.
      const wasAsked = known.has(partOf(next.need, next.supplier)) || isMissed(next, undefined, sent);
      if (!mayFollow() || !wasAsked) return again;
      again.push(next);
    }
  });
}

function isMissed(lot: ExpectedOrder, order: BookedOrder | undefined, sent: Sent): boolean {
  const isCut = CUTTING.some(([kind, resolution]) => decided(sent, kind, lot.need).some((each) => each.resolution === resolution));
  return isCut || (order === undefined || isCancelled(order)) && isGivenUp(lot, order ? [order] : [], sent);
}

/** A person may have given up what nobody would or could order or deliver. */
function isGivenUp({ need, supplier }: ExpectedOrder, orders: readonly BookedOrder[], { decisions }: Sent): boolean {
  // What was refused before its supplier was looked up is with nobody.
  const own = decisions.filter((each) => each.subject === need && [supplier, 'unknown', undefined].includes(each.supplier));
  if (own.some((each) => each.kind === 'demand-refused' && each.resolution === 'give-up')) return true;
  const cancelled = own.filter((each) => each.resolution === 'cancel-order');
  return orders.some(isCancelled) ? cancelled.length > 0 : cancelled.some((each) => each.kind === 'order-not-placed');
}

function nobodyAsked(order: BookedOrder, sent: Sent): Finding {
  const what = `order ${order.number} for ${order.need} with ${order.supplier}`;
  const requisition = sent.requisitions.find((each) => each.reference === order.need);
  if (!requisition) return find('unexpected', what, 'nothing', 'an order that nobody asked for');
  const end = requisition.expected.answer === 'refused' ? 'refused' : requisition.expected.end;
  return find('unexpected', what, `no order, for the need was ${end}`, `${activeLines(order).length} lines`);
}

/** The ERP keeps the need as well as the order: one requisition for each order, none without one. */
function checkRequisitions(books: Books, expected: readonly ExpectedOrder[]): Finding[] {
  const live = books.requisitions.filter((each) => each.status !== 'Canceled');
  const counts = Map.groupBy(live, (each) => partIn(each.reference ?? ''));
  const parts = new Set(expected.map((each) => partOf(each.need, each.supplier)));
  return [
    ...[...counts].filter(([, own]) => own.length > 1).map(([reference, own]) => find('duplicated', `requisition ${reference}`, 'one requisition in the ERP', String(own.length))),
    ...[...counts.keys()].filter((reference) => !parts.has(reference)).map((reference) => find('unexpected', `requisition ${reference}`, 'nothing', 'a requisition that nobody asked for')),
    ...live.filter((each) => each.status === 'Incomplete').map((each) => find('stuck', `requisition ${each.reference}`, 'a submitted requisition', 'a draft')),
  ];
}
