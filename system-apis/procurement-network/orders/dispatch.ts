import type { Call, Implementation } from '#chassis/contract/serve.ts';
import { ApiError, asApiError } from '#chassis/errors/failures.ts';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { OrderDispatch, ProcurementNetworkOperations } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Channels } from '../channels.ts';
import {
  addVersion, asDispatched, dropVersion, findOrder, forgetOrder, isSameOrder, openOrder, settleOrder, versionsOf, type OrderRow,
} from './order-store.ts';
import { sendingOf, type Purpose } from './sending.ts';

export type DispatchOperations = Pick<Implementation<ProcurementNetworkOperations>, 'sendOrder' | 'reviseOrder' | 'withdrawOrder'>;

/** Orders out. What is meant to leave is written down first, and what left afterwards; between the two a repeat looks at the supplier's side. */
export function dispatchOperations({ database, payloads, channels }: { database: Database; payloads: Payloads; channels: Channels }): DispatchOperations {
  const keeping = { database, payloads };

  async function sendOrder({ body }: { body: OrderDispatch }, call: Call) {
    const channel = channels.to(body.supplierNumber).name;
    const opened = await database.transaction((tx) => openOrder(tx, body, channel));
    const row = opened ?? await findOrder(database, body.orderNumber);
    if (!row) throw new ApiError('in-progress', 'The same order is just being given up.', { code: 'order-in-progress', retryAfterMs: 250 });
    if (row.supplier_number !== body.supplierNumber || !opened && !await isFirstVersion(row, body)) {
      throw new ApiError('conflict', 'There is another order of this number.', { code: 'order-number-taken' });
    }
    if (row.status !== 'sending') return asDispatched(row);
    const sending = sendingOf(keeping, row, { revision: 0, purpose: 'original' }, call.repeated || !opened);
    await orUndo(channels.named(row.channel).port.sendOrder(row.body, sending), () => database.transaction((tx) => forgetOrder(tx, row.order_number)));
    return asDispatched(await database.transaction((tx) => settleOrder(tx, { order: row.body, revision: 0, status: 'sent' })));
  }

  /** A repeat of the sending may come after the order was changed. */
  async function isFirstVersion(row: OrderRow, body: OrderDispatch): Promise<boolean> {
    const first = (await versionsOf(database, row.order_number)).at(-1)?.body ?? row.body;
    return isSameOrder(first, body);
  }

  async function reviseOrder({ orderNumber, body }: { orderNumber: string; body: OrderDispatch }, call: Call) {
    if (body.orderNumber !== orderNumber) throw misfit('invalid-request', 'The body is about another order.', '/orderNumber', 'is not the number in the path');
    const row = await sentOrder(orderNumber);
    if (row.supplier_number !== body.supplierNumber) throw misfit('refused', 'The order belongs to another supplier.', '/supplierNumber', 'is not the supplier of the order');
    if (row.status === 'withdrawn') throw new ApiError('refused', 'The order was withdrawn.', { code: 'order-withdrawn' });
    const [newest] = await versionsOf(database, orderNumber);
    const last = newest ?? { revision: row.revision, body: row.body };
    // The same order once more, and not as the repeat of a call: the buyer holds to it, and the supplier has to hear so.
    const isHeldTo = isSameOrder(last.body, body) && last.revision === row.revision && !call.repeated;
    const isLast = isSameOrder(last.body, body) && !isHeldTo;
    if (isLast && last.revision === row.revision) return asDispatched(row);
    const revision = isLast ? last.revision : last.revision + 1;
    if (!isLast && !await addVersion(database, body, revision)) throw new ApiError('in-progress', 'The order is being changed.', { code: 'order-in-progress', retryAfterMs: 250 });
    const order = isLast ? last.body : body;
    const sending = sendingOf(keeping, row, { revision, purpose: 'replacement' }, call.repeated || isLast);
    await orUndo(channels.named(row.channel).port.reviseOrder(order, sending), () => database.transaction((tx) => dropVersion(tx, orderNumber, revision)));
    return asDispatched(await database.transaction((tx) => settleOrder(tx, { order, revision, status: 'sent' })));
  }

  async function withdrawOrder({ orderNumber }: { orderNumber: string }, call: Call) {
    const row = await findOrder(database, orderNumber);
    if (!row) throw unknownOrder();
    if (row.status === 'withdrawn') return asDispatched(row);
    const version: { revision: number; purpose: Purpose } = { revision: row.revision, purpose: 'cancellation' };
    const { port } = channels.named(row.channel);
    const sending = sendingOf(keeping, row, version, call.repeated || row.status === 'sending');
    await port.withdrawOrder(row.body, sending);
    return asDispatched(await database.transaction((tx) => settleOrder(tx, { order: row.body, revision: row.revision, status: 'withdrawn' })));
  }

  async function sentOrder(orderNumber: string): Promise<OrderRow> {
    const row = await findOrder(database, orderNumber);
    if (!row || row.status === 'sending') throw unknownOrder();
    return row;
  }

  return { sendOrder, reviseOrder, withdrawOrder };
}

export function unknownOrder(): ApiError {
  return new ApiError('not-found', 'There is no such order.', { code: 'unknown-order' });
}

function misfit(kind: 'invalid-request' | 'refused', detail: string, pointer: string, fault: string): ApiError {
  return new ApiError(kind, detail, { code: 'order-differs', errors: [{ pointer, detail: fault }] });
}

/** What was refused had no effect and is taken back; of all other failures nobody knows how far they got. */
async function orUndo(work: Promise<void>, undo: () => Promise<void>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    const failure = asApiError(thrown);
    if (!failure.retryable && (failure.status < 500 || failure.kind === 'not-supported')) await undo();
    throw failure;
  }
}
