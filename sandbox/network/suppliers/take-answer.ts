import type { Queryable } from '../database.ts';
import { planShipping } from './acknowledge.ts';
import type { Desk } from './desk.ts';
import { ORDER_COLUMNS } from './order.ts';
import type { SupplierOrder, SupplierOrderLine } from './order.ts';
import { linesOf, saveLines } from './take-order.ts';

/**
 * The buyer says yes or no to all that the supplier proposed for an order, without a new version of it. A yes needs no
 * further acknowledgement: the supplier ships.
 *
 * @returns the lines that the answer settled
 */
export async function takeAnswer(
  tx: Queryable,
  desk: Desk,
  orderId: number,
  answer: 'accept' | 'reject',
): Promise<SupplierOrderLine[]> {
  const { rows } = await tx.query<SupplierOrder>(`select ${ORDER_COLUMNS} from network.orders o where o.id = $1 for no key update`, [orderId]);
  const order = rows[0];
  if (!order) throw new Error(`Order ${orderId} is not in the supplier's books`);
  const waiting = (await linesOf(tx, orderId)).filter(({ state }) => state === 'awaiting-buyer');
  const settled = waiting.map((line): SupplierOrderLine => ({
    ...line,
    state: answer === 'accept' ? 'accepted' : 'cancelled',
    settled: true,
    itemNumber: answer === 'accept' ? (line.proposedItem ?? line.itemNumber) : line.itemNumber,
    price: answer === 'accept' ? (line.proposedPrice ?? line.price) : line.price,
    proposedItem: null,
    proposedPrice: null,
  }));
  await saveLines(tx, orderId, settled);
  await tx.query('update network.orders set revision = revision + 1 where id = $1', [orderId]);
  await planShipping(tx, desk, order, settled);
  return settled;
}
