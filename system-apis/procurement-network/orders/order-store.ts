import { contextFrom, currentContext, type WorkContext } from '#chassis/telemetry/context.ts';
import type { Queries, Transaction } from '#chassis/storage/database.ts';
import type { DispatchedOrder, OrderDispatch } from '#contracts/generated/system/procurement-network/v1.ts';
import { LOCKS } from '../locks.ts';
import { fingerprintOf } from '../values.ts';
import type { KnownOrder } from './known-order.ts';

/** An order from the moment on at which we mean to send it. */
export interface OrderRow extends Record<string, unknown> {
  order_number: string;
  supplier_number: string;
  channel: string;
  status: 'sending' | 'sent' | 'withdrawn';
  /** Of the version that was sent last. */
  revision: number;
  body: OrderDispatch;
  sent_at: Date | null;
  correlation_id: string;
  traceparent: string;
}

export const ORDER_COLUMNS = 'order_number, supplier_number, channel, status, revision, body, sent_at, correlation_id, traceparent';

export async function findOrder(on: Queries, orderNumber: string): Promise<OrderRow | undefined> {
  const [row] = await on.query<OrderRow>(`select ${ORDER_COLUMNS} from procurement_network.dispatched_orders where order_number = $1`, [orderNumber]);
  return row;
}

/**
 * Writes down that an order is about to be sent, before anybody else can know of it: the supplier's answer may be here
 * sooner than we know that the order arrived.
 *
 * @returns undefined when there is an order of this number already
 */
export async function openOrder(tx: Transaction, order: OrderDispatch, channel: string): Promise<OrderRow | undefined> {
  const { correlationId, traceparent } = currentContext() ?? contextFrom(undefined, undefined);
  const [row] = await tx.query<OrderRow>(
    `insert into procurement_network.dispatched_orders (order_number, supplier_number, channel, status, body, correlation_id, traceparent)
     values ($1, $2, $3, 'sending', $4, $5, $6) on conflict do nothing returning ${ORDER_COLUMNS}`,
    [order.orderNumber, order.supplierNumber, channel, JSON.stringify(order), correlationId, traceparent]);
  if (row) await addVersion(tx, order, 0);
  return row;
}

/** The supplier would not have it: the number is free again. */
export async function forgetOrder(tx: Transaction, orderNumber: string): Promise<void> {
  await tx.query(`delete from procurement_network.dispatched_orders where order_number = $1 and status = 'sending'`, [orderNumber]);
  await giveUpMessages(tx, orderNumber, 0);
}

/** A message that was prepared for what is no more must not be sent for what takes its number. */
async function giveUpMessages(tx: Transaction, orderNumber: string, revision: number): Promise<void> {
  await tx.query(
    `update procurement_network.sent_interchanges set outcome = 'rejected', answer = 'not taken', answered_at = now()
     where order_number = $1 and revision = $2 and purpose <> 'cancellation' and outcome = 'prepared'`, [orderNumber, revision]);
}

/** @returns whether it was written; somebody else may have been first */
export async function addVersion(on: Queries, order: OrderDispatch, revision: number): Promise<boolean> {
  const rows = await on.query(
    'insert into procurement_network.order_versions (order_number, revision, body) values ($1, $2, $3) on conflict do nothing returning revision',
    [order.orderNumber, revision, JSON.stringify(order)]);
  return rows.length > 0;
}

export async function dropVersion(tx: Transaction, orderNumber: string, revision: number): Promise<void> {
  await tx.query('delete from procurement_network.order_versions where order_number = $1 and revision = $2', [orderNumber, revision]);
  await giveUpMessages(tx, orderNumber, revision);
}

export interface Version extends Record<string, unknown> {
  revision: number;
  body: OrderDispatch;
}

/** All versions, newest first; those above the order's own revision may not have reached the supplier. */
export function versionsOf(on: Queries, orderNumber: string): Promise<Version[]> {
  return on.query<Version>('select revision, body from procurement_network.order_versions where order_number = $1 order by revision desc', [orderNumber]);
}

/**
 * The supplier has it. Moments of sending are given one after the other, a millisecond apart at least, and seen in the
 * order in which they were given: whoever reads on from the last moment it saw misses nothing.
 */
export async function settleOrder(tx: Transaction, { order, revision, status }: { order: OrderDispatch; revision: number; status: 'sent' | 'withdrawn' }): Promise<OrderRow> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCKS.sentMoment, order.supplierNumber]);
  const [row] = await tx.query<OrderRow>(
    `update procurement_network.dispatched_orders set status = $2, revision = $3, body = $4,
       sent_at = greatest(date_trunc('milliseconds', clock_timestamp()),
         (select max(sent_at) + interval '1 millisecond' from procurement_network.dispatched_orders where supplier_number = $5))
     where order_number = $1 returning ${ORDER_COLUMNS}`,
    [order.orderNumber, status, revision, JSON.stringify(order), order.supplierNumber]);
  if (!row) throw new Error(`order ${order.orderNumber} was sent and is not in the table`);
  return row;
}

/** An order as a document about it needs it; undefined when no such order ever left. */
export async function knownOrder(on: Queries, orderNumber: string): Promise<{ known: KnownOrder; row: OrderRow; context: WorkContext } | undefined> {
  const row = await findOrder(on, orderNumber);
  if (!row) return undefined;
  const versions = await versionsOf(on, orderNumber);
  const known = { order: versions[0]?.body ?? row.body, lines: versions.flatMap(({ body }) => body.lines), isWithdrawn: row.status === 'withdrawn' };
  return { known, row, context: { correlationId: row.correlation_id, traceparent: row.traceparent } };
}

/** Whether two versions ask for the same. The day of writing is no part of what is asked for. */
export function isSameOrder(left: OrderDispatch, right: OrderDispatch): boolean {
  const asked = ({ orderedOn: _, ...rest }: OrderDispatch) => fingerprintOf(rest);
  return asked(left) === asked(right);
}

export function asDispatched({ body, revision, status, channel, sent_at: sentAt }: OrderRow): DispatchedOrder {
  if (status === 'sending' || sentAt === null) throw new Error(`order ${body.orderNumber} has not been sent`);
  return { ...body, revision, status, channel, sentAt: sentAt.toISOString() };
}
