import { backoffMs } from '../resilience/backoff.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { isDatabaseUnavailable, type Database, type Queries, type Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { loop, type Background } from '../deployable/background.ts';
import { channelOf, type RecordedEvent } from './event-log.ts';
import { handleInContext, retryTroubled, setAside, troubledSubjects } from './troubled-events.ts';

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
/** An event that is committed but stands behind a running transaction is looked for again soon, then less often. */
const HIDDEN_MS = { firstMs: 4, maxMs: 250 };

/** Reads the log for one group until stopped. */
export function follow(subscription: Subscription, deps: FollowerDeps): Background {
  const { database, signals, log } = deps;
  let alarm: NodeJS.Timeout | undefined;
  let lookAtTroubleAt = 0;
  let hiddenLooks = 0;
  const work = loop({ name: `events ${subscription.group}`, pollMs: POLL_MS, log, turn });

  async function turn(): Promise<boolean> {
    clearTimeout(alarm);
    if (performance.now() >= lookAtTroubleAt) {
      const { tried, nextInMs } = await retryTroubled(subscription, deps);
      lookAtTroubleAt = tried ? 0 : performance.now() + Math.min(nextInMs, POLL_MS);
    }
    const batch = await takeBatch(subscription, deps);
    if (batch.troubled) lookAtTroubleAt = 0;
    hiddenLooks = batch.hidden ? hiddenLooks + 1 : 0;
    const pauseMs = Math.min(lookAtTroubleAt - performance.now(), batch.hidden ? backoffMs(hiddenLooks, HIDDEN_MS) : POLL_MS);
    if (pauseMs < POLL_MS) alarm = setTimeout(work.wake, Math.max(0, pauseMs));
    return batch.more;
  }

  const stopListening = subscription.types.map((type) => signals.listen(channelOf(type), work.wake));
  return {
    async start() {
      await registerGroup(database, subscription);
      await work.start();
    },
    async stop() {
      for (const stop of stopListening) stop();
      await work.stop();
      clearTimeout(alarm);
    },
  };
}

async function registerGroup(database: Database, { group, from = 'start' }: Subscription): Promise<void> {
  const position = from === 'start' ? `'0'::xid8, 0` : `pg_snapshot_xmin(pg_current_snapshot()), 0`;
  await database.query(`insert into chassis.consumer_groups (name, xid, seq) select $1, ${position} on conflict do nothing`, [group]);
}

/** Takes events in one transaction; when one of them fails, each under a savepoint, so that the failing one stands alone. */
async function takeBatch(subscription: Subscription, deps: FollowerDeps): Promise<Batch> {
  try {
    return await advance(subscription, deps, handleAll);
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    deps.log.debug('batch failed, taking its events one by one', { group: subscription.group, ...describeError(error) });
    return { ...await advance(subscription, deps, handleEach), troubled: true };
  }
}

interface Batch {
  /** There may be more to read at once. */
  more: boolean;
  /** There is more, but not to be read yet. */
  hidden: boolean;
  /** Events may have been set aside. */
  troubled: boolean;
}

type HandleEvents = (tx: Transaction, subscription: Subscription, events: RecordedEvent[], deps: FollowerDeps) => Promise<void>;

async function advance(subscription: Subscription, deps: FollowerDeps, handle: HandleEvents): Promise<Batch> {
  return deps.database.transaction(async (tx) => {
    const found = await tx.query<RecordedEvent & { settled: boolean }>(
      // Settled are rows whose transaction is older than every running one: before others a lower number may still be about
      // to commit. The order names the table's column: the name alone would mean the text in the answer, where 10000 comes
      // before 9999. Nothing is found while another member of the group reads.
      `with place as (select xid, seq from chassis.consumer_groups where name = $1 for update skip locked)
       select e.seq, e.xid::text, e.id, e.type, e.source, e.subject, e.facility, e.data, e.correlation_id, e.traceparent, e.at, e.xid < pg_snapshot_xmin(pg_current_snapshot()) as settled
       from place cross join lateral (
         select * from chassis.events e where (e.xid, e.seq) > (place.xid, place.seq) order by e.xid, e.seq limit $2) as e
       order by e.xid, e.seq`, [subscription.group, BATCH]);
    const events = found.filter((event) => event.settled);
    const hidden = found.length > events.length;
    const last = events.at(-1);
    if (!last) return { more: false, hidden, troubled: false };
    const wanted = events.filter((event) => subscription.types.includes(event.type));
    if (wanted.length > 0) await handle(tx, subscription, await notHandledYet(tx, subscription.group, wanted), deps);
    await tx.query('update chassis.consumer_groups set xid = $2::xid8, seq = $3, at = now() where name = $1', [subscription.group, last.xid, last.seq]);
    return { more: events.length === BATCH, hidden, troubled: false };
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

async function handleEach(tx: Transaction, subscription: Subscription, events: RecordedEvent[], deps: FollowerDeps): Promise<void> {
  const troubled = await troubledSubjects(tx, subscription.group, events);
  for (const event of events) {
    if (troubled.has(event.subject)) {
      await setAside(tx, subscription, event, 'parked');
      continue;
    }
    try {
      await tx.attempt(() => handleInContext(tx, subscription, event, deps));
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      deps.log.warn('event could not be handled, will be tried again', { group: subscription.group, eventId: event.id, event: event.type, ...describeError(error) });
      await setAside(tx, subscription, event, 'retrying', error);
      troubled.add(event.subject);
    }
  }
}

/** Events that the group has not handled yet, counted no further than is of interest to an alarm. */
export async function lagOf({ group, types }: Pick<Subscription, 'group' | 'types'>, on: Queries): Promise<number> {
  const [lag] = await on.query<{ lag: number }>(
    `select (select count(*) from (
        select 1 from chassis.events e, chassis.consumer_groups g where g.name = $1 and (e.xid, e.seq) > (g.xid, g.seq) and e.type = any($2) limit 100000) as behind)
      + (select count(*) from chassis.troubled_events where consumer = $1 and status in ('retrying', 'parked')) as lag`, [group, [...types]]);
  return lag?.lag ?? 0;
}
