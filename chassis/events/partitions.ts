import type { Database, Queries, Transaction } from '../storage/database.ts';
import { describeError, type Log } from '../telemetry/logger.ts';

/**
 * The log and the notes of what was handled are cut into the same stretches of time, so that forgetting is dropping a
 * table. A row for which there is no stretch yet goes to the default partition and is moved when the stretch is made.
 */

const TABLES = ['events', 'inbox'];
const DAY_MS = 86_400_000;
/** Every query over all of the log opens each partition: there are about so many, however long events are kept. */
const PARTITIONS = 30;
const AHEAD_DAYS = 3;
/** No transaction writes for so long, so that an older stretch is complete. */
const SEALED_AFTER = `interval '1 day'`;
/** Whoever changes partitions stands in the way of everybody who publishes: it is rather tried again. */
const LOCK_TIMEOUT = '800ms';
// Any fixed number: of all processes one changes partitions at a time.
const PARTITIONS_LOCK = 4_042_313;

export interface KeepEvents {
  /** Days for which events are kept. */
  eventsDays: number;
  /** Days after which a group that no process has hosted is waited for no longer. */
  groupsDays: number;
}

/** Makes partitions ahead of time, and drops those that are older than they have to be and that every group has handled. */
export async function keepPartitions(database: Database, keep: KeepEvents, log: Log): Promise<void> {
  await makePartitions(database, keep, log);
  await database.query(
    `update chassis.event_partitions set
       last_xid = coalesce((select xid from chassis.events where at >= from_at and at < to_at order by xid desc, seq desc limit 1), '0'),
       last_seq = coalesce((select seq from chassis.events where at >= from_at and at < to_at order by xid desc, seq desc limit 1), 0)
     where last_xid is null and to_at < now() - ${SEALED_AFTER}`);
  await tellOfAbandonedGroups(database, keep, log);
  for (const name of await droppable(database, keep)) {
    await changing(database, log, async (tx) => {
      const [found] = await tx.query('delete from chassis.event_partitions where name = $1 returning name', [name]);
      if (found) for (const table of TABLES) await tx.query(`drop table chassis.${table}_${name}`);
      return true;
    });
  }
}

export async function makePartitions(database: Database, { eventsDays }: Pick<KeepEvents, 'eventsDays'>, log: Log): Promise<void> {
  const days = Math.max(1, Math.round(eventsDays / PARTITIONS));
  while (await changing(database, log, (tx) => makeNext(tx, days)));
}

interface Stretch {
  from: Date;
  to: Date;
}

/** One for rows that have none, else the one after the last, until there are enough. */
async function makeNext(tx: Transaction, days: number): Promise<boolean> {
  const stretches = await tx.query<Stretch & Record<string, unknown>>('select from_at as from, to_at as to from chassis.event_partitions order by from_at');
  const [moments] = await tx.query<{ stray: Date | null; now: Date }>(
    'select least((select min(at) from chassis.events_default), (select min(at) from chassis.inbox_default)) as stray, now() as now');
  const { stray, now } = moments!;
  const end = stretches.at(-1)?.to ?? midnight(now);
  const moment = stray ?? (end.getTime() < now.getTime() + AHEAD_DAYS * DAY_MS ? new Date(Math.max(end.getTime(), midnight(now).getTime())) : undefined);
  if (moment === undefined) return false;
  const before = stretches.findLast(({ to }) => to <= moment)?.to;
  const after = stretches.find(({ from }) => from > moment)?.from;
  const from = before && moment.getTime() - before.getTime() < days * DAY_MS ? before : midnight(moment);
  const to = new Date(Math.min(from.getTime() + days * DAY_MS, after?.getTime() ?? Infinity));
  // Whoever has planned a query already and then waits for the default partition would look for the rows where they were.
  if (stray) for (const table of TABLES) await tx.query(`lock table chassis.${table} in access exclusive mode`);
  await makePartition(tx, { from, to });
  return true;
}

async function makePartition(tx: Transaction, { from, to }: Stretch): Promise<void> {
  const name = from.toISOString().slice(0, 10).replaceAll('-', '');
  const range = `'${from.toISOString()}'`;
  const end = `'${to.toISOString()}'`;
  for (const table of TABLES) {
    const partition = `chassis.${table}_${name}`;
    // Attached, because to make it as a partition would lock out everybody who publishes.
    await tx.query(`create table ${partition} (like chassis.${table} including defaults including constraints)`);
    await tx.query(`lock table chassis.${table}_default in access exclusive mode`);
    await tx.query(`with strays as (delete from chassis.${table}_default where at >= ${range} and at < ${end} returning *) insert into ${partition} select * from strays`);
    await tx.query(`alter table chassis.${table} attach partition ${partition} for values from (${range}) to (${end})`);
  }
  await tx.query('insert into chassis.event_partitions (name, from_at, to_at) values ($1, $2, $3)', [name, from, to]);
}

/** The oldest that are past their time, up to the first with something that a group has yet to read. Troubled events have copies of their own. */
async function droppable(on: Queries, { eventsDays, groupsDays }: KeepEvents): Promise<string[]> {
  const rows = await on.query<{ name: string }>(
    `select name from chassis.event_partitions p
     where to_at < now() - $1 * interval '1 day' and last_xid is not null
       and not exists (
         select 1 from chassis.event_partitions q, chassis.consumer_groups g
         where q.to_at <= p.to_at and (g.xid, g.seq) < (q.last_xid, q.last_seq) and g.seen_at > now() - $2 * interval '1 day')
     order by from_at`, [eventsDays, groupsDays]);
  return rows.map((row) => row.name);
}

async function tellOfAbandonedGroups(on: Queries, { eventsDays, groupsDays }: KeepEvents, log: Log): Promise<void> {
  const groups = await on.query<{ name: string }>(
    `select distinct g.name from chassis.consumer_groups g, chassis.event_partitions p
     where g.seen_at <= now() - $2 * interval '1 day' and p.to_at < now() - $1 * interval '1 day' and (g.xid, g.seq) < (p.last_xid, p.last_seq)`, [eventsDays, groupsDays]);
  for (const { name } of groups) log.warn('events are forgotten that a consumer group has not read, since no process has hosted it for long', { group: name });
}

/** Changes partitions under `lock`, which one process at a time has. Returns false as well when the locks could not be had at once: then later. */
export async function changing(database: Database, log: Log, change: (tx: Transaction) => Promise<boolean>, lock = PARTITIONS_LOCK): Promise<boolean> {
  try {
    return await database.transaction(async (tx) => {
      await tx.query(`select set_config('lock_timeout', '${LOCK_TIMEOUT}', true)`);
      await tx.query('select pg_advisory_xact_lock($1)', [lock]);
      return change(tx);
    });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE)) throw error;
    log.info('partitions are in use and will be changed later', describeError(error));
    return false;
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

function midnight(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / DAY_MS) * DAY_MS);
}
