import { inTransaction } from '../database.ts';
import type { Database, Queryable } from '../database.ts';
import { acknowledge } from './acknowledge.ts';
import type { Desk } from './desk.ts';
import { billAll, invoice, resendInvoice } from './invoice.ts';
import { sayAgain, shipAnyway } from './odd-tasks.ts';
import { ORDER_COLUMNS } from './order.ts';
import { arrive, ship } from './ship.ts';
import type { Task } from './tasks.ts';
import { startWorker } from './worker.ts';
import type { Worker } from './worker.ts';

const BATCH = 50;

interface TaskRow {
  id: string;
  kind: string;
  details: unknown;
  order: unknown;
}

/**
 * Does what suppliers have set themselves to do, when it is due. The list is a table: after a restart the agent simply
 * goes on with it.
 *
 * @param afterwards called when a pass may have left documents to send
 */
export function startAgent(database: Database, desk: Desk, afterwards: () => void): Worker {
  return startWorker('the suppliers\' agent', async () => {
    let done = 0;
    try {
      done = await inTransaction(database, (tx) => workOff(tx, desk, BATCH));
    } catch (error) {
      // One task of the batch cannot be done. Alone, each of the others can.
      console.error('network: a batch of supplier tasks failed, they are tried one by one', error);
      done = await workOffSingly(database, desk);
    }
    if (done > 0) afterwards();
    return untilNextTask(database, desk);
  });
}

async function workOff(tx: Queryable, desk: Desk, limit: number, only?: string): Promise<number> {
  const { rows } = await tx.query<TaskRow>({
    name: 'network-due-tasks',
    text: `select t.id, t.kind, t.details, (select to_jsonb(each) from (select ${ORDER_COLUMNS}) each) as "order"
      from network.tasks t join network.orders o on o.id = t.order_id
      where t.done_at is null and t.due_at <= clock_timestamp() and t.supplier_number <> all($1)
        and ($3::bigint is null or t.id = $3)
      order by t.due_at, t.id limit $2
      for no key update`,
    values: [desk.settings.pausedSuppliers, limit, only ?? null],
  });
  for (const row of rows) await perform(tx, desk, row as Task);
  if (rows.length > 0) {
    await tx.query({
      name: 'network-done-tasks',
      text: 'update network.tasks set done_at = clock_timestamp() where id = any($1)',
      values: [rows.map(({ id }) => id)],
    });
  }
  return rows.length;
}

function perform(tx: Queryable, desk: Desk, task: Task): Promise<void> {
  switch (task.kind) {
    case 'acknowledge':
      return acknowledge(tx, desk, task.order);
    case 'ship':
      return ship(tx, desk, task.order, task.details.lines);
    case 'arrive':
      return arrive(tx, task.order, task.details.shipmentId);
    case 'invoice':
      return invoice(tx, desk, task.order, task.details.shipmentId);
    case 'resend-invoice':
      return resendInvoice(tx, desk, task.order, task.details);
    case 'say-again':
      return sayAgain(tx, desk, task.order);
    case 'ship-anyway':
      return shipAnyway(tx, desk, task.order);
    case 'bill-anyway':
      return billAll(tx, desk, task.order, 'unowed');
    case 'bill-ahead':
      return billAll(tx, desk, task.order, 'original');
  }
}

async function workOffSingly(database: Database, desk: Desk): Promise<number> {
  const { rows } = await database.query<{ id: string }>(
    'select id from network.tasks where done_at is null and due_at <= clock_timestamp() order by due_at, id limit $1',
    [BATCH],
  );
  let done = 0;
  for (const { id } of rows) {
    try {
      done += await inTransaction(database, (tx) => workOff(tx, desk, 1, id));
    } catch (error) {
      await database.query(
        `update network.tasks set attempts = attempts + 1, last_error = $2,
           due_at = clock_timestamp() + least(30000, 200 * 2 ^ least(attempts, 10)) * interval '1 millisecond' where id = $1`,
        [id, error instanceof Error ? error.message : String(error)],
      );
    }
  }
  return done;
}

async function untilNextTask(database: Database, desk: Desk): Promise<number | undefined> {
  const { rows } = await database.query<{ wait: number | null }>({
    name: 'network-next-task',
    text: `select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as wait
      from network.tasks where done_at is null and supplier_number <> all($1)`,
    values: [desk.settings.pausedSuppliers],
  });
  const wait = rows[0]?.wait;
  return wait === null || wait === undefined ? undefined : Math.max(0, wait);
}
