import Big from 'big.js';
import type { Queryable } from '../database.ts';
import { acknowledge } from './acknowledge.ts';
import type { Desk } from './desk.ts';
import type { SupplierOrder } from './order.ts';
import { ship } from './ship.ts';
import { linesOf } from './take-order.ts';

/** The same answer under another number. */
export async function sayAgain(tx: Queryable, desk: Desk, order: SupplierOrder): Promise<void> {
  await tx.query(`update network.order_lines set to_acknowledge = true where order_id = $1 and state in ('awaiting-buyer', 'rejected')`, [order.id]);
  await acknowledge(tx, desk, order);
}

/** The warehouse has not heard that the order was rejected; it hears of a cancellation. */
export async function shipAnyway(tx: Queryable, desk: Desk, order: SupplierOrder): Promise<void> {
  const { rows } = await tx.query(`select 1 from network.orders where id = $1 and state = 'cancelled'`, [order.id]);
  if (rows.length > 0) return;
  const lines = (await linesOf(tx, order.id)).filter(({ state }) => state === 'rejected');
  const part = (quantity: string) => Math.max(1, Math.floor(new Big(quantity).div(2).toNumber()));
  await ship(tx, desk, order, lines.map(({ lineNumber, quantity }) => ({ lineNumber, quantity: String(part(quantity)), surplus: 0 })), ['rejected']);
}
