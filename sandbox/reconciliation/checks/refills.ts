import type { BookedMovement } from '../../erp/books.ts';
import type { Books } from '../books.ts';
import { plainReference, total } from '../documents.ts';
import { expectedLots, TRANSFER, type ExpectedLot } from '../expected-orders.ts';
import { finderFor, type Finding } from '../findings.ts';
import type { Sent } from '../sent.ts';

const find = finderFor('refills');

/** Every lot that a shelf's rule asked the stores for was carried there once. */
export function checkRefills(books: Books, sent: Sent): Finding[] {
  const transfers = Map.groupBy(books.movements.filter((each) => each.type === TRANSFER), (each) => plainReference(each.reference));
  const expected = expectedLots(books.movements, sent).filter(({ rule }) => rule.replenishFrom === 'central stores');
  const known = new Set(expected.map((each) => each.reference));
  return [
    ...expected.flatMap((lot) => checkRefill(lot, transfers.get(lot.reference) ?? [])),
    ...[...transfers.keys()].filter((reference) => !known.has(reference)).map((reference) => find('unexpected', `refill ${reference}`, 'nothing, for the shelf holds enough', 'a transfer')),
  ];
}

function checkRefill({ reference, rule, quantity }: ExpectedLot, movements: readonly BookedMovement[]): Finding[] {
  const what = `refill ${reference}`;
  const came = total(movements.filter((each) => each.subinventory === rule.location).map((each) => each.quantity));
  const went = total(movements.filter((each) => each.subinventory === 'STORES').map((each) => each.quantity)).neg();
  if (!came.eq(went)) return [find('unbalanced', what, `${went.toFixed()} out of the stores as much as into ${rule.location}`, came.toFixed())];
  if (came.eq(quantity)) return [];
  return [find(came.lt(quantity) ? 'lost' : 'duplicated', what, `${quantity} pieces`, came.toFixed())];
}
