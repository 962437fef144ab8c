import { evidenceOf } from '../errors/evidence.ts';
import { asApiError, type ApiError } from '../errors/failures.ts';
import { backoffMs } from '../resilience/backoff.ts';
import { TIERS } from '../resilience/tiers.ts';
import { isForNewerVersion } from '../errors/newer-version.ts';
import { isDatabaseUnavailable, together, type Queries, type Transaction } from '../storage/database.ts';
import { describeError } from '../telemetry/logger.ts';
import { loop, type Background } from '../deployable/background.ts';
import { noteHosted } from './consumer-groups.ts';
import { RECORDED, type RecordedEvent } from './event-log.ts';
import { handleInTime } from './handle-in-time.ts';
import { HANDLE_WITHIN_MS, type ConsumerDeps, type Subscription } from './subscription.ts';

const POLL_MS = 2_000;
const NOTE_HOSTED_MS = 600_000;
/** How soon it is seen whether a process of a newer version has come. */
const NEWER_MS = 500;
/** Tried again beside one another. */
const AT_ONCE = 4;
/** What a try may need beyond its handler's time, before somebody else tries. */
const SETTLE_MS = 5_000;

interface TroubledEvent extends RecordedEvent {
  attempts: number;
  /** Of them those that say nothing about the event: made by an older version, which cannot read the life that it is for. */
  excused: number;
}

function channelOfTrouble(group: string): string {
  return `troubled:${group}`;
}

/** Subjects with an event in trouble: what follows for them waits, so that order per business key holds. */
export async function troubledSubjects(tx: Queries, consumer: string, events: readonly RecordedEvent[]): Promise<Set<string>> {
  const rows = await tx.query<{ subject: string }>(
    `select distinct subject from chassis.troubled_events where consumer = $1 and subject = any($2) and status in ('retrying', 'parked')`,
    [consumer, events.map((event) => event.subject)]);
  return new Set(rows.map((row) => row.subject));
}

/** Keeps a copy of the event until it is resolved, however long that takes: the log itself forgets whole partitions. Without an error it waits behind another one of its subject. */
export async function setAside(tx: Transaction, { group, tier = 'standard' }: Subscription, event: RecordedEvent, { signals }: ConsumerDeps, error?: unknown): Promise<void> {
  const replay = event.redelivery?.replay ?? null;
  await together(
    tx.query(
      `insert into chassis.troubled_events (consumer, event_id, xid, seq, type, source, subject, facility, data, correlation_id, traceparent, keys, at, attempts, status, next_at, failure, replay_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now() + $16 * interval '1 millisecond', $17, $18)`,
      [group, event.id, event.xid, event.seq, event.type, event.source, event.subject, event.facility, JSON.stringify(event.data), event.correlation_id, event.traceparent, event.keys, event.at,
        error === undefined || isForNewerVersion(error) ? 0 : 1, error === undefined ? 'parked' : 'retrying', backoffMs(1, TIERS[tier].events.retry), error === undefined ? null : JSON.stringify(failureOf(error)), replay]),
    ...(replay === null ? [] : [tx.query(`update chassis.replay_events set status = 'set-aside' where replay_id = $1 and event_id = $2`, [replay, event.id])]),
  );
  tx.afterCommit(() => signals.raise(channelOfTrouble(group)));
}

/** Tries troubled events of one group again when they are due, until stopped; beside the reading of new ones, which they do not hold up. */
export function tendTroubled(subscription: Subscription, deps: ConsumerDeps): Background {
  const { database, signals, log } = deps;
  const { group, handleWithinMs = HANDLE_WITHIN_MS } = subscription;
  let alarm: NodeJS.Timeout | undefined;
  let noteHostedAt = 0;
  const work = loop({ name: `troubled events ${group}`, pollMs: POLL_MS, log, turn });
  const stopListening = signals.listen(channelOfTrouble(group), work.wake);

  async function turn(): Promise<boolean> {
    clearTimeout(alarm);
    if (performance.now() >= noteHostedAt) {
      await noteHosted(database, subscription);
      noteHostedAt = performance.now() + NOTE_HOSTED_MS;
    }
    const [look] = await database.query<{ due_in_ms: number | null; parked: boolean }>(
      `select (select extract(epoch from next_at - clock_timestamp())::float8 * 1000 from chassis.troubled_events where consumer = $1 and status = 'retrying' order by next_at limit 1) as due_in_ms,
         exists (select 1 from chassis.troubled_events where consumer = $1 and status = 'parked') as parked`, [group]);
    if (look?.parked) await promoteFirst(database, group);
    if ((look?.due_in_ms ?? 1) <= 0) {
      const claimed = await claim(database, group, handleWithinMs + SETTLE_MS);
      const ended = await Promise.allSettled(claimed.map((event) => retry(subscription, event, deps)));
      for (const each of ended) if (each.status === 'rejected') throw each.reason;
      return true;
    }
    if (typeof look?.due_in_ms === 'number' && look.due_in_ms < POLL_MS) alarm = setTimeout(work.wake, Math.ceil(look.due_in_ms));
    return false;
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

/**
 * Takes due events by counting an attempt, which is also the fence: whoever settles has to be at the attempt it took. No row
 * stays locked meanwhile, since a transaction that has written holds back the readers of all groups.
 */
function claim(on: Queries, group: string, forMs: number): Promise<TroubledEvent[]> {
  return on.query<TroubledEvent>(
    `update chassis.troubled_events set attempts = attempts + 1, next_at = clock_timestamp() + $2 * interval '1 millisecond'
     where (consumer, event_id) in (
       select consumer, event_id from chassis.troubled_events where consumer = $1 and status = 'retrying' and next_at <= clock_timestamp()
       order by next_at, xid, seq limit $3 for update skip locked)
     returning event_id as id, ${RECORDED}, attempts, excused,
       (select json_build_object('replay', r.id, 'by', r.asked_by, 'reason', r.reason) from chassis.replays r where r.id = replay_id) as redelivery`, [group, forMs, AT_ONCE]);
}

async function retry(subscription: Subscription, event: TroubledEvent, deps: ConsumerDeps): Promise<void> {
  const { group } = subscription;
  try {
    await deps.database.transaction(async (tx) => {
      await handleInTime(tx, subscription, event, deps);
      const settled = await tx.query('delete from chassis.troubled_events where consumer = $1 and event_id = $2 and attempts = $3 returning 1', [group, event.id, event.attempts]);
      if (settled.length === 0) throw new Error('somebody else has tried the event meanwhile');
      await releaseNext(tx, group, event.subject);
      if (event.redelivery) await tx.query(`update chassis.replay_events set status = 'handled', done_at = now() where replay_id = $1 and event_id = $2`, [event.redelivery.replay, event.id]);
    });
  } catch (error) {
    await noteFailure(subscription, event, error, deps);
  }
}

async function noteFailure(subscription: Subscription, event: TroubledEvent, error: unknown, { database, log, metrics }: ConsumerDeps): Promise<void> {
  const { group, tier = 'standard' } = subscription;
  const policy = TIERS[tier].events;
  const failure = asApiError(error);
  const excused = event.excused + (isForNewerVersion(error) ? 1 : 0);
  const attempts = event.attempts - excused;
  const dead = isDead(failure, attempts, subscription.maxAttempts ?? policy.attempts, policy.patience);
  await database.transaction(async (tx) => {
    const noted = await tx.query(
      `update chassis.troubled_events set status = $4, next_at = now() + $5 * interval '1 millisecond', failure = $6, excused = $7 where consumer = $1 and event_id = $2 and attempts = $3 returning 1`,
      [group, event.id, event.attempts, dead ? 'dead' : 'retrying', isForNewerVersion(error) ? backoffMs(1, { firstMs: NEWER_MS }) : backoffMs(attempts, failure.retryable ? policy.retry : policy.surprise), JSON.stringify(failureOf(error)), excused]);
    if (noted.length === 0 || !dead) return;
    await releaseNext(tx, group, event.subject);
    tx.afterCommit(() => {
      metrics.consumed.inc({ group, outcome: 'dead' });
      log.error('event became a dead letter', { group, eventId: event.id, event: event.type, attempt: attempts, ...describeError(error) });
    });
  });
}

/** A lost connection is the database's failure, but not for ever the same one over the same event. */
function isDead(failure: ApiError, attempts: number, maxAttempts: number, patience: number): boolean {
  if (failure.retryable || isDatabaseUnavailable(failure)) return attempts >= maxAttempts * patience;
  return failure.kind !== 'internal' || attempts >= maxAttempts;
}

/** The next event of the subject, in the order of the log. */
async function releaseNext(tx: Queries, consumer: string, subject: string): Promise<void> {
  await tx.query(
    `update chassis.troubled_events set status = 'retrying', next_at = now()
     where (consumer, event_id) in (
       select consumer, event_id from chassis.troubled_events where consumer = $1 and subject = $2 and status = 'parked' order by xid, seq limit 1)`,
    [consumer, subject]);
}

/** An event that was parked while the one before it was just being settled has nobody left who would release it. */
async function promoteFirst(on: Queries, group: string): Promise<void> {
  await on.query(
    `update chassis.troubled_events set status = 'retrying', next_at = now()
     where status = 'parked' and (consumer, event_id) in (
       select distinct on (t.subject) t.consumer, t.event_id from chassis.troubled_events t
       where t.consumer = $1 and t.status = 'parked'
         and not exists (select 1 from chassis.troubled_events r where r.consumer = t.consumer and r.subject = t.subject and r.status = 'retrying')
       order by t.subject, t.xid, t.seq)`, [group]);
}

export interface EventFailure {
  kind: string;
  code?: string | undefined;
  detail: string;
  /** Under which reference the exchange is kept in which it began. */
  evidence?: string | undefined;
}

export function failureOf(error: unknown): EventFailure {
  const failure = asApiError(error);
  return { kind: failure.kind, code: failure.code, detail: failure.message, evidence: evidenceOf(failure) };
}
