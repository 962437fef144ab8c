import { describeError, type Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { isDatabaseUnavailable, type Database, type Queries, type Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { loop, type Background } from '../deployable/background.ts';
import { EVENTS_CHANNEL, type RecordedEvent } from './event-log.ts';
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

/** Reads the log for one group until stopped. */
export function follow(subscription: Subscription, deps: FollowerDeps): Background {
  const { database, signals, log } = deps;
  let alarm: NodeJS.Timeout | undefined;
  const work = loop({ name: `events ${subscription.group}`, pollMs: POLL_MS, log, turn });

  async function turn(): Promise<boolean> {
    clearTimeout(alarm);
    const { tried, nextInMs } = await retryTroubled(subscription, deps);
    const more = await takeBatch(subscription, deps);
    if (nextInMs < POLL_MS) alarm = setTimeout(work.wake, nextInMs);
    return more || tried;
  }

  const stopListening = signals.listen(EVENTS_CHANNEL, work.wake);
  return {
    async start() {
      await registerGroup(database, subscription);
      await work.start();
    },
    async stop() {
      stopListening();
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
async function takeBatch(subscription: Subscription, deps: FollowerDeps): Promise<boolean> {
  try {
    return await advance(subscription, deps, handleAll);
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    deps.log.debug('batch failed, taking its events one by one', { group: subscription.group, ...describeError(error) });
    return await advance(subscription, deps, handleEach);
  }
}

type HandleEvents = (tx: Transaction, subscription: Subscription, events: RecordedEvent[], deps: FollowerDeps) => Promise<void>;

/** Returns whether there may be more to read at once. */
async function advance(subscription: Subscription, deps: FollowerDeps, handle: HandleEvents): Promise<boolean> {
  return deps.database.transaction(async (tx) => {
    const [group] = await tx.query<{ xid: string; seq: number }>(
      'select xid::text, seq from chassis.consumer_groups where name = $1 for update skip locked', [subscription.group]);
    if (!group) return false;
    // Only rows whose transaction is older than every running one: a lower number may still be about to commit.
    const events = await tx.query<RecordedEvent>(
      // The order names the table's column: the name alone would mean the text in the answer, where 10000 comes before 9999.
      `select e.seq, e.xid::text, e.id, e.type, e.source, e.subject, e.facility, e.data, e.correlation_id, e.traceparent, e.at from chassis.events e
       where (e.xid, e.seq) > ($1::xid8, $2) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
       order by e.xid, e.seq limit $3`, [group.xid, group.seq, BATCH]);
    const last = events.at(-1);
    if (!last) return false;
    const wanted = events.filter((event) => subscription.types.includes(event.type));
    if (wanted.length > 0) await handle(tx, subscription, await notHandledYet(tx, subscription.group, wanted), deps);
    await tx.query('update chassis.consumer_groups set xid = $2::xid8, seq = $3, at = now() where name = $1', [subscription.group, last.xid, last.seq]);
    return events.length === BATCH;
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
