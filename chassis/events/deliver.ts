import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../resilience/backoff.ts';
import { isForNewerVersion } from '../errors/newer-version.ts';
import { describeError } from '../telemetry/logger.ts';
import { isDatabaseUnavailable, type Queries, type Transaction } from '../storage/database.ts';
import type { RecordedEvent } from './event-log.ts';
import { handleInTime, Overdue } from './handle-in-time.ts';
import type { ConsumerDeps, Subscription } from './subscription.ts';
import { setAside, troubledSubjects } from './troubled-events.ts';

/** From how many events on a batch is dealt among several transactions. */
export const LARGE_BATCH = 100;
const LOTS = 4;
/** A connection may be lost so often over one lot before it is suspected that an event is to blame. */
const LOST_CONNECTIONS = 3;

/** Which of the events are to be handled in the transaction, and the subjects with an event in trouble. */
export type LookUp = (tx: Queries, subscription: Subscription, events: readonly RecordedEvent[]) => Promise<{ fresh: RecordedEvent[]; troubled: Set<string> }>;

export interface DeliverOptions {
  /** Of a first try with all of them together, when there was one. */
  failure?: unknown;
  lookUp?: LookUp;
}

/**
 * Hands events to a group, wherever they come from: each once, those of one subject in the order given, different subjects
 * beside one another when there are many. What fails is set aside and holds back nothing but its own subject. Ends when
 * every event is handled or set aside; may be called with the same events again at any time, also by other processes.
 */
export async function deliver(subscription: Subscription, events: readonly RecordedEvent[], deps: ConsumerDeps, { failure, lookUp = notHandledYet }: DeliverOptions = {}): Promise<void> {
  const ended = await Promise.allSettled(dealt(events).map((lot) => deliverLot({ subscription, events: lot, deps, lookUp }, failure)));
  for (const lot of ended) if (lot.status === 'rejected') throw lot.reason;
}

/** Handles all in the caller's transaction, or throws when one of them cannot be. */
export function handleTogether(tx: Transaction, subscription: Subscription, events: readonly RecordedEvent[], deps: ConsumerDeps): Promise<void> {
  return handleAll(tx, { subscription, events, deps, lookUp: notHandledYet });
}

interface Lot {
  subscription: Subscription;
  events: readonly RecordedEvent[];
  deps: ConsumerDeps;
  lookUp: LookUp;
}

async function handleAll(tx: Transaction, { subscription, events, deps, lookUp }: Lot): Promise<void> {
  const { fresh, troubled } = await lookUp(tx, subscription, events);
  for (const event of fresh) {
    if (troubled.has(event.subject)) await setAside(tx, subscription, event, deps);
    else await handleInTime(tx, subscription, event, deps);
  }
}

/** One subject is always in one lot. */
function dealt(events: readonly RecordedEvent[]): RecordedEvent[][] {
  if (events.length < LARGE_BATCH) return [[...events]];
  const lots = Array.from({ length: LOTS }, (): RecordedEvent[] => []);
  for (const event of events) lots[createHash('sha1').update(event.subject).digest().readUInt32BE() % LOTS]!.push(event);
  return lots.filter((lot) => lot.length > 0);
}

async function deliverLot(lot: Lot, failure: unknown): Promise<void> {
  const { subscription, deps } = lot;
  if (failure !== undefined && !isDatabaseUnavailable(failure)) return deliverApart(lot, failure);
  for (let lost = 1; ; lost += 1) {
    let hasBegun = false;
    try {
      return await deps.database.transaction((tx) => {
        hasBegun = true;
        return handleAll(tx, lot);
      });
    } catch (error) {
      // That there is no connection to be had is the fault of no event.
      if (!hasBegun) throw error;
      deps.log.debug('batch failed, taking its events one by one', { group: subscription.group, ...describeError(error) });
      if (!isDatabaseUnavailable(error)) return deliverApart(lot, error);
      if (lost === LOST_CONNECTIONS) return deliverOneByOne(lot);
      await sleep(backoffMs(lost));
    }
  }
}

/** Each under a savepoint, so that one that fails stands alone. An overdue one takes the transaction with it: the rest is done again without it. */
async function deliverApart(lot: Lot, failure: unknown): Promise<void> {
  const failed = new Map<string, unknown>();
  for (let error = failure; ;) {
    if (error instanceof Overdue) failed.set(error.eventId, error);
    try {
      return await lot.deps.database.transaction((tx) => handleEach(tx, lot, failed));
    } catch (again) {
      if (isDatabaseUnavailable(again)) throw again;
      if (!(again instanceof Overdue)) return deliverOneByOne(lot);
      error = again;
    }
  }
}

/** For an event that takes its whole transaction with it, by its connection or at the commit. */
async function deliverOneByOne(lot: Lot): Promise<void> {
  const { database } = lot.deps;
  for (const event of lot.events) {
    const alone = { ...lot, events: [event] };
    let hasBegun = false;
    try {
      await database.transaction((tx) => {
        hasBegun = true;
        return handleAll(tx, alone);
      });
    } catch (error) {
      if (!hasBegun) throw error;
      // Throws what is the database's own failure; what then remains is the event's.
      await database.transaction((tx) => handleEach(tx, alone, new Map([[event.id, error]])));
    }
  }
}

/** What is known to have `failed` is not tried again but set aside. */
async function handleEach(tx: Transaction, { subscription, events, deps, lookUp }: Lot, failed: ReadonlyMap<string, unknown>): Promise<void> {
  const { fresh, troubled } = await lookUp(tx, subscription, events);
  for (const event of fresh) {
    if (troubled.has(event.subject)) {
      await setAside(tx, subscription, event, deps);
      continue;
    }
    const failure = failed.has(event.id) ? failed.get(event.id) : await failureOfHandling(tx, subscription, event, deps);
    if (failure === undefined) continue;
    deps.log[isForNewerVersion(failure) ? 'debug' : 'warn']('event could not be handled, will be tried again', { group: subscription.group, eventId: event.id, event: event.type, ...describeError(failure) });
    await setAside(tx, subscription, event, deps, failure);
    troubled.add(event.subject);
  }
}

async function failureOfHandling(tx: Transaction, subscription: Subscription, event: RecordedEvent, deps: ConsumerDeps): Promise<unknown> {
  try {
    await tx.attempt(() => handleInTime(tx, subscription, event, deps));
    return undefined;
  } catch (error) {
    if (isDatabaseUnavailable(error) || error instanceof Overdue) throw error;
    return error ?? new Error('the handler threw nothing');
  }
}

/** Whoever delivers the same events at the same time waits here; what was set aside meanwhile is seen by the second statement. */
async function notHandledYet(tx: Queries, { group }: Subscription, events: readonly RecordedEvent[]): ReturnType<LookUp> {
  const [rows, troubled] = await Promise.all([
    tx.query<{ event_id: string }>(
      'insert into chassis.inbox (consumer, event_id, at) select $1, * from unnest($2::uuid[], $3::timestamptz[]) on conflict do nothing returning event_id',
      [group, events.map((event) => event.id), events.map((event) => event.at)]),
    troubledSubjects(tx, group, events),
  ]);
  const ids = new Set(rows.map((row) => row.event_id));
  // The same event twice in one batch is one.
  return { fresh: events.filter((event) => ids.delete(event.id)), troubled };
}
