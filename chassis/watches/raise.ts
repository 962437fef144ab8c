import { randomUUID } from 'node:crypto';
import { loop, type Background } from '../deployable/background.ts';
import type { EventLog } from '../events/event-log.ts';
import type { TierName } from '../resilience/tiers.ts';
import type { Database, Row, Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { contextFrom, runInContext } from '../telemetry/context.ts';
import type { Log } from '../telemetry/logger.ts';
import { WATCHES_CHANNEL, WATCHES_POLL_MS } from './observe.ts';
import { MISSED, type Watch } from './watch.ts';

export interface RaiseDeps {
  database: Database;
  signals: Signals;
  events: EventLog;
  log: Log;
}

interface DueRow extends Row {
  key: string;
  watch: string;
  begun_at: Date;
  due_at: Date;
  keys: string[];
  facility: string | null;
  correlation_id: string;
}

const BATCH = 50;

const SEVERITIES: Record<TierName, 'high' | 'medium' | 'low'> = { critical: 'high', standard: 'medium', deferrable: 'low' };

/** Raises a business exception for every expectation that is due and was not met. What waits is a row and costs nothing. */
export function raiseMissed(watches: readonly Watch[], { database, signals, events, log }: RaiseDeps): Background {
  const byName = new Map(watches.map((watch) => [watch.name, watch]));
  const names = [...byName.keys()];
  let alarm: NodeJS.Timeout | undefined;
  const work = loop({ name: 'watches', pollMs: WATCHES_POLL_MS, log, turn });
  const stopListening = signals.listen(WATCHES_CHANNEL, work.wake);

  async function turn(): Promise<boolean> {
    clearTimeout(alarm);
    // By the database's clock, as all that is due was counted. One watch at a time, for which the index gives the next.
    const [next] = await database.query<{ in_ms: number | null }>(
      `select (extract(epoch from min(due_at) - now()) * 1000)::float8 as in_ms from unnest($1::text[]) as w (watch)
       cross join lateral (select due_at from chassis.expectations where watch = w.watch and state = 'waiting' order by due_at limit 1) as due`, [names]);
    const inMs = next?.in_ms ?? Infinity;
    if (inMs <= 0) return (await database.transaction(takeDue)) > 0;
    if (inMs < WATCHES_POLL_MS) alarm = setTimeout(work.wake, Math.ceil(inMs));
    return false;
  }

  /** Rows that another process is looking at are left to it. */
  async function takeDue(tx: Transaction): Promise<number> {
    const due = await tx.query<DueRow>(
      `select key, watch, begun_at, due_at, keys, facility, correlation_id from chassis.expectations
       where watch = any($1) and state = 'waiting' and due_at <= now() order by due_at limit ${BATCH} for update skip locked`, [names]);
    for (const row of due) await runInContext(contextFrom(row.correlation_id, undefined), () => judge(tx, row, byName.get(row.watch)!));
    return due.length;
  }

  /** Whoever reads events may be behind: what ended it is looked for in the log itself before anybody is called. */
  async function judge(tx: Transaction, row: DueRow, watch: Watch): Promise<void> {
    const [end] = await tx.query<{ type: string; at: Date }>(
      'select type, at from chassis.events where keys @> array[$1::text] and type = any($2) order by at limit 1', [row.key, [...watch.ends, ...(watch.callsOff ?? [])]]);
    const settled = end && watch.ends.includes(end.type) ? 'met' : 'called-off';
    await tx.query('update chassis.expectations set state = $3, ended_at = $4 where key = $1 and watch = $2', [row.key, row.watch, end ? settled : 'missed', end?.at ?? null]);
    if (!end) await raise(tx, row, watch);
  }

  async function raise(tx: Transaction, row: DueRow, { name, owner, ends, title, tier }: Watch): Promise<void> {
    const id = randomUUID();
    const { keys, facility } = row;
    const severity = SEVERITIES[tier];
    const about = title.replaceAll('{key}', row.key.slice(row.key.indexOf(':') + 1)).slice(0, 240);
    await tx.query(
      `insert into chassis.business_exceptions (id, watch, key, title, owner, severity, expected, keys, facility, since, due_at, state, correlation_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open', $12)`,
      [id, name, row.key, about, owner, severity, ends, keys, facility, row.begun_at, row.due_at, row.correlation_id]);
    await events.publish(tx, {
      type: MISSED, id, subject: id, facility: facility ?? undefined,
      data: { exceptionId: id, watch: name, title: about, owner, severity, keys, since: row.begun_at.toISOString(), dueAt: row.due_at.toISOString(), expected: [...ends] },
    });
    log.warn('what was expected did not come about', { name, eventId: id });
  }

  return {
    start: work.start,
    async stop() {
      stopListening();
      await work.stop();
      clearTimeout(alarm);
    },
  };
}
