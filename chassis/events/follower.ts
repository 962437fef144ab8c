import { asApiError } from '../errors/failures.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { runInContext } from '../telemetry/context.ts';
import type { Database, Queries, Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { backoffMs } from '../resilience/backoff.ts';
import { loop, type Background } from '../deployable/background.ts';
import { EVENTS_CHANNEL, type RecordedEvent } from './event-log.ts';

/** Handles one event inside the transaction that also moves the group on: effect and progress commit together. */
export type EventHandler = (tx: Transaction, event: RecordedEvent) => Promise<void>;

export interface Subscription {
  /** Name of the consumer group; members of a group share the events. */
  group: string;
  types: readonly string[];
  handle: EventHandler;
  /** Where a new group begins. */
  from?: 'start' | 'now';
  /** Attempts before an event becomes a dead letter. */
  maxAttempts?: number;
}

export interface FollowerDeps {
  database: Database;
  signals: Signals;
  log: Log;
  metrics: Metrics;
}

const BATCH = 100;
const POLL_MS = 2_000;

/** Reads the log for one group until stopped. */
export function follow(subscription: Subscription, deps: FollowerDeps): Background {
  const { database, signals, log } = deps;
  const work = loop({
    name: `events ${subscription.group}`,
    pollMs: POLL_MS,
    log,
    async turn() {
      const retried = await retryTroubled(subscription, deps);
      return (await takeBatch(subscription, deps)) || retried;
    },
  });
  const stopListening = signals.listen(EVENTS_CHANNEL, work.wake);
  return {
    async start() {
      await registerGroup(database, subscription);
      await work.start();
    },
    async stop() {
      stopListening();
      await work.stop();
    },
  };
}

async function registerGroup(database: Database, { group, from = 'start' }: Subscription): Promise<void> {
  const position = from === 'start' ? `'0'::xid8, 0` : `pg_snapshot_xmin(pg_current_snapshot()), 0`;
  await database.query(`insert into chassis.consumer_groups (name, xid, seq) select $1, ${position} on conflict do nothing`, [group]);
}

/** Takes events in one transaction; when one of them fails, takes them one by one, so that the failing one stands alone. */
async function takeBatch(subscription: Subscription, deps: FollowerDeps): Promise<boolean> {
  try {
    return await advance(subscription, deps, BATCH, handleAll);
  } catch (error) {
    deps.log.debug('batch failed, taking its events one by one', { group: subscription.group, ...describeError(error) });
    return await advance(subscription, deps, 1, handleOne);
  }
}

type HandleEvents = (tx: Transaction, subscription: Subscription, events: RecordedEvent[], deps: FollowerDeps) => Promise<void>;

/** Returns whether there may be more to read at once. */
async function advance(subscription: Subscription, deps: FollowerDeps, limit: number, handle: HandleEvents): Promise<boolean> {
  return deps.database.transaction(async (tx) => {
    const [group] = await tx.query<{ xid: string; seq: number }>(
      'select xid::text, seq from chassis.consumer_groups where name = $1 for update skip locked', [subscription.group]);
    if (!group) return false;
    // Only rows whose transaction is older than every running one: a lower number may still be about to commit.
    const events = await tx.query<RecordedEvent>(
      `select seq, xid::text, id, type, source, subject, facility, data, correlation_id, traceparent, at from chassis.events
       where (xid, seq) > ($1::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
       order by xid, seq limit $3`, [group.xid, group.seq, limit]);
    const last = events.at(-1);
    if (!last) return false;
    const wanted = events.filter((event) => subscription.types.includes(event.type));
    if (wanted.length > 0) await handle(tx, subscription, await notHandledYet(tx, subscription.group, wanted), deps);
    await tx.query('update chassis.consumer_groups set xid = $2::xid8, seq = $3, at = now() where name = $1', [subscription.group, last.xid, last.seq]);
    return events.length === limit;
  });
}

async function notHandledYet(tx: Queries, consumer: string, events: RecordedEvent[]): Promise<RecordedEvent[]> {
  const fresh = await tx.query<{ event_id: string }>(
    'insert into chassis.inbox (consumer, event_id) select $1, unnest($2::uuid[]) on conflict do nothing returning event_id',
    [consumer, events.map((event) => event.id)]);
  const ids = new Set(fresh.map((row) => row.event_id));
  return events.filter((event) => ids.has(event.id));
}

async function handleAll(tx: Transaction, subscription: Subscription, events: RecordedEvent[], deps: FollowerDeps): Promise<void> {
  const troubled = await troubledSubjects(tx, subscription.group, events);
  for (const event of events) {
    if (troubled.has(event.subject)) await setAside(tx, subscription, event, 'parked');
    else await handleInContext(tx, subscription, event, deps);
  }
}

async function handleOne(tx: Transaction, subscription: Subscription, events: RecordedEvent[], deps: FollowerDeps): Promise<void> {
  const troubled = await troubledSubjects(tx, subscription.group, events);
  for (const event of events) {
    if (troubled.has(event.subject)) {
      await setAside(tx, subscription, event, 'parked');
      continue;
    }
    try {
      await tx.attempt(() => handleInContext(tx, subscription, event, deps));
    } catch (error) {
      if (asApiError(error).code === 'database-unavailable') throw error;
      deps.log.warn('event could not be handled, will be tried again', { group: subscription.group, eventId: event.id, event: event.type, ...describeError(error) });
      await setAside(tx, subscription, event, 'retrying', error);
    }
  }
}

function handleInContext(tx: Transaction, subscription: Subscription, event: RecordedEvent, { metrics }: FollowerDeps): Promise<void> {
  return runInContext({ correlationId: event.correlation_id, traceparent: event.traceparent }, async () => {
    await subscription.handle(tx, event);
    metrics.consumed.inc({ group: subscription.group, outcome: 'handled' });
  });
}

/** Subjects with an event in trouble: what follows for them waits, so that order per business key holds. */
async function troubledSubjects(tx: Queries, consumer: string, events: RecordedEvent[]): Promise<Set<string>> {
  const rows = await tx.query<{ subject: string }>(
    `select distinct subject from chassis.troubled_events where consumer = $1 and subject = any($2) and status in ('retrying', 'parked')`,
    [consumer, events.map((event) => event.subject)]);
  return new Set(rows.map((row) => row.subject));
}

async function setAside(tx: Queries, subscription: Subscription, event: RecordedEvent, status: 'retrying' | 'parked', error?: unknown): Promise<void> {
  const failure = error === undefined ? null : JSON.stringify(failureOf(error));
  await tx.query(
    `insert into chassis.troubled_events (consumer, event_id, subject, seq, attempts, status, next_at, failure)
     values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond', $8)`,
    [subscription.group, event.id, event.subject, event.seq, error === undefined ? 0 : 1, status, backoffMs(1), failure]);
}

/** Tries due events again, each in a transaction of its own. Returns whether any was tried. */
async function retryTroubled(subscription: Subscription, deps: FollowerDeps): Promise<boolean> {
  const due = await deps.database.query<{ event_id: string }>(
    `select event_id from chassis.troubled_events where consumer = $1 and status = 'retrying' and next_at <= now() order by seq limit 20`, [subscription.group]);
  for (const row of due) await retryOne(subscription, row.event_id, deps);
  return due.length > 0;
}

async function retryOne(subscription: Subscription, eventId: string, deps: FollowerDeps): Promise<void> {
  const { group, maxAttempts = 10 } = subscription;
  await deps.database.transaction(async (tx) => {
    const [row] = await tx.query<{ attempts: number }>(
      `select attempts from chassis.troubled_events where consumer = $1 and event_id = $2 and status = 'retrying' for update skip locked`, [group, eventId]);
    if (!row) return;
    const [event] = await tx.query<RecordedEvent>(
      'select seq, xid::text, id, type, source, subject, facility, data, correlation_id, traceparent, at from chassis.events where id = $1', [eventId]);
    if (!event) throw new Error(`troubled event ${eventId} is no longer in the log`);
    try {
      await tx.attempt(() => handleInContext(tx, subscription, event, deps));
      await tx.query('delete from chassis.troubled_events where consumer = $1 and event_id = $2', [group, eventId]);
      await releaseNext(tx, group, event.subject);
    } catch (error) {
      const failure = asApiError(error);
      if (failure.code === 'database-unavailable') throw error;
      const attempts = row.attempts + 1;
      const dead = attempts >= maxAttempts || (!failure.retryable && failure.kind !== 'internal');
      await tx.query(
        `update chassis.troubled_events set attempts = $3, status = $4, next_at = now() + $5 * interval '1 millisecond', failure = $6 where consumer = $1 and event_id = $2`,
        [group, eventId, attempts, dead ? 'dead' : 'retrying', backoffMs(attempts), JSON.stringify(failureOf(error))]);
      if (dead) {
        deps.metrics.consumed.inc({ group, outcome: 'dead' });
        deps.log.error('event became a dead letter', { group, eventId, event: event.type, attempt: attempts, ...describeError(error) });
        await releaseNext(tx, group, event.subject);
      }
    }
  });
}

async function releaseNext(tx: Queries, consumer: string, subject: string): Promise<void> {
  await tx.query(
    `update chassis.troubled_events set status = 'retrying', next_at = now()
     where (consumer, event_id) in (
       select consumer, event_id from chassis.troubled_events where consumer = $1 and subject = $2 and status = 'parked' order by seq limit 1)`,
    [consumer, subject]);
}

function failureOf(error: unknown): object {
  const failure = asApiError(error);
  return { kind: failure.kind, code: failure.code, detail: failure.message };
}
