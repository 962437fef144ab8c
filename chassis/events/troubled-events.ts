import { asApiError, type ApiError } from '../errors/failures.ts';
import { backoffMs } from '../resilience/backoff.ts';
import { isDatabaseUnavailable, type Queries, type Transaction } from '../storage/database.ts';
import { runInContext } from '../telemetry/context.ts';
import { describeError } from '../telemetry/logger.ts';
import type { RecordedEvent } from './event-log.ts';
import type { FollowerDeps, Subscription } from './follower.ts';

/** A system behind that is away for a while is no fault of the event. */
const PATIENCE = 20;

export function handleInContext(tx: Transaction, subscription: Subscription, event: RecordedEvent, { metrics }: FollowerDeps): Promise<void> {
  return runInContext({ correlationId: event.correlation_id, traceparent: event.traceparent }, async () => {
    await subscription.handle(tx, event);
    metrics.consumed.inc({ group: subscription.group, outcome: 'handled' });
  });
}

/** Subjects with an event in trouble: what follows for them waits, so that order per business key holds. */
export async function troubledSubjects(tx: Queries, consumer: string, events: RecordedEvent[]): Promise<Set<string>> {
  const rows = await tx.query<{ subject: string }>(
    `select distinct subject from chassis.troubled_events where consumer = $1 and subject = any($2) and status in ('retrying', 'parked')`,
    [consumer, events.map((event) => event.subject)]);
  return new Set(rows.map((row) => row.subject));
}

export async function setAside(tx: Queries, subscription: Subscription, event: RecordedEvent, status: 'retrying' | 'parked', error?: unknown): Promise<void> {
  const failure = error === undefined ? null : JSON.stringify(failureOf(error));
  await tx.query(
    `insert into chassis.troubled_events (consumer, event_id, subject, seq, attempts, status, next_at, failure)
     values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond', $8)`,
    [subscription.group, event.id, event.subject, event.seq, error === undefined ? 0 : 1, status, backoffMs(1), failure]);
}

/** Tries due events again, each in a transaction of its own; tells whether any was tried and when the next one is due. */
export async function retryTroubled(subscription: Subscription, deps: FollowerDeps): Promise<{ tried: boolean; nextInMs: number }> {
  const rows = await deps.database.query<{ event_id: string; in_ms: number }>(
    `select event_id, extract(epoch from next_at - now())::float8 * 1000 as in_ms from chassis.troubled_events
     where consumer = $1 and status = 'retrying' order by next_at limit 20`, [subscription.group]);
  const due = rows.filter((row) => row.in_ms <= 0);
  for (const row of due) await retryOne(subscription, row.event_id, deps);
  const next = rows.find((row) => row.in_ms > 0);
  return { tried: due.length > 0, nextInMs: next ? Math.ceil(next.in_ms) : Infinity };
}

async function retryOne(subscription: Subscription, eventId: string, deps: FollowerDeps): Promise<void> {
  const { group } = subscription;
  await deps.database.transaction(async (tx) => {
    // Whoever takes a batch for the group sets events aside behind this one: not while this one is being settled.
    await tx.query('select 1 from chassis.consumer_groups where name = $1 for update', [group]);
    const [row] = await tx.query<{ attempts: number }>(
      `select attempts from chassis.troubled_events where consumer = $1 and event_id = $2 and status = 'retrying' and next_at <= now() for update`, [group, eventId]);
    if (!row) return;
    const [event] = await tx.query<RecordedEvent>(
      'select seq, xid::text, id, type, source, subject, facility, data, correlation_id, traceparent, at from chassis.events where id = $1', [eventId]);
    if (!event) throw new Error(`troubled event ${eventId} is no longer in the log`);
    try {
      await tx.attempt(() => handleInContext(tx, subscription, event, deps));
      await tx.query('delete from chassis.troubled_events where consumer = $1 and event_id = $2', [group, eventId]);
      await releaseNext(tx, group, event.subject);
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      await noteFailure(tx, subscription, event, row.attempts + 1, error, deps);
    }
  });
}

async function noteFailure(tx: Queries, subscription: Subscription, event: RecordedEvent, attempts: number, error: unknown, { log, metrics }: FollowerDeps): Promise<void> {
  const { group } = subscription;
  const failure = asApiError(error);
  const dead = isDead(failure, attempts, subscription.maxAttempts ?? 10);
  await tx.query(
    `update chassis.troubled_events set attempts = $3, status = $4, next_at = now() + $5 * interval '1 millisecond', failure = $6 where consumer = $1 and event_id = $2`,
    [group, event.id, attempts, dead ? 'dead' : 'retrying', backoffMs(attempts, { maxMs: failure.retryable ? 60_000 : 5_000 }), JSON.stringify(failureOf(error))]);
  if (!dead) return;
  metrics.consumed.inc({ group, outcome: 'dead' });
  log.error('event became a dead letter', { group, eventId: event.id, event: event.type, attempt: attempts, ...describeError(error) });
  await releaseNext(tx, group, event.subject);
}

function isDead(failure: ApiError, attempts: number, maxAttempts: number): boolean {
  if (failure.retryable) return attempts >= maxAttempts * PATIENCE;
  return failure.kind !== 'internal' || attempts >= maxAttempts;
}

/** The next event of the subject, in the order of the log. */
async function releaseNext(tx: Queries, consumer: string, subject: string): Promise<void> {
  await tx.query(
    `update chassis.troubled_events set status = 'retrying', next_at = now()
     where (consumer, event_id) in (
       select t.consumer, t.event_id from chassis.troubled_events t join chassis.events e on e.id = t.event_id
       where t.consumer = $1 and t.subject = $2 and t.status = 'parked' order by e.xid, e.seq limit 1)`,
    [consumer, subject]);
}

function failureOf(error: unknown): object {
  const failure = asApiError(error);
  return { kind: failure.kind, code: failure.code, detail: failure.message };
}
