import type { Queryable } from '../database.ts';
import type { Behaviour } from './behaviour.ts';
import { hoursUntil } from './delays.ts';
import type { Desk } from './desk.ts';
import type { SupplierOrder, SupplierOrderLine } from './order.ts';
import { schedule, type TaskKind } from './tasks.ts';

const ODDITIES = {
  'price-higher-said-twice': 'say-again',
  'reject-said-twice': 'say-again',
  'reject-but-ship': 'ship-anyway',
  'reject-but-bill': 'bill-anyway',
  'bill-then-reject': 'bill-ahead',
} as const satisfies Partial<Record<Behaviour, TaskKind>>;

/** What a supplier does beside what it has answered: once for an order. */
export async function scheduleOddities(tx: Queryable, desk: Desk, order: SupplierOrder, lines: readonly SupplierOrderLine[]): Promise<void> {
  const kind = lines.map(({ behaviour }) => (ODDITIES as Partial<Record<Behaviour, (typeof ODDITIES)[keyof typeof ODDITIES]>>)[behaviour]).find((each) => each !== undefined);
  if (!kind) return;
  const { rows } = await tx.query('select 1 from network.tasks where order_id = $1 and kind = $2', [order.id, kind]);
  if (rows.length === 0) await schedule(tx, desk, order, kind, {}, hoursUntil('resend', desk.seed, order.reference, kind));
}
