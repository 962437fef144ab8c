import { pageOf, positionOf, type Page } from '../contract/page.ts';
import { seenFrom } from '../security/facilities.ts';
import type { Queries, Row } from '../storage/database.ts';
import type { EventFailure } from './troubled-events.ts';

/** An event that a consumer group gave up on. It stays until a replay lets the group handle it. */
export interface DeadLetter {
  group: string;
  eventId: string;
  type: string;
  subject: string;
  keys: string[];
  correlationId: string;
  attempts: number;
  failure: EventFailure;
  /** When the event was told. */
  at: string;
}

export interface DeadLetterQuery {
  group?: string;
  types?: readonly string[];
  /** Code or kind of the failure. */
  failure?: string;
  from?: Date;
  to?: Date;
  cursor?: string;
  limit?: number;
}

interface DeadRow extends Row {
  consumer: string;
  event_id: string;
  type: string;
  subject: string;
  keys: string[];
  correlation_id: string;
  attempts: number;
  failure: DeadLetter['failure'];
  at: Date;
  seq: number;
}

/** Those of the facilities that may be seen; all when `facilities` is empty. */
export async function deadLetters(on: Queries, { group, types, failure, from, to, cursor, limit = 50 }: DeadLetterQuery, facilities: readonly string[]): Promise<Page<DeadLetter>> {
  const position = positionOf(cursor, [/^[^\0]{1,120}$/, /^\d{1,18}$/]);
  const rows = await on.query<DeadRow>(
    `select consumer, event_id, type, subject, keys, correlation_id, attempts, failure, at, seq from chassis.troubled_events
     where status = 'dead' and ($1::text is null or consumer = $1) and ($2::text is null or (consumer, seq) > ($2, $3::bigint))
       and ($4::text[] is null or type = any($4)) and ($5::text is null or $5 in (failure->>'code', failure->>'kind')) and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
       and ${seenFrom('$8')} order by consumer, seq limit $9`,
    [group ?? null, position?.[0] ?? null, position?.[1] ?? null, types ?? null, failure ?? null, from ?? null, to ?? null, facilities, limit + 1]);
  return pageOf(rows, limit, (row) => [row.consumer, String(row.seq)], (row) => ({
    group: row.consumer, eventId: row.event_id, type: row.type, subject: row.subject, keys: row.keys, correlationId: row.correlation_id, attempts: row.attempts, failure: row.failure, at: row.at.toISOString(),
  }));
}

/**
 * Lets go of dead letters that nobody will have handled, such as those of a test that went astray. Who did it and why is
 * kept each time. As long as the log has the events they can be delivered again, but only to be handled once more.
 *
 * @returns how many there were
 */
export async function dismissDeadLetters(on: Queries, { group, eventIds }: { group: string; eventIds: readonly string[] }, { by, reason }: { by: string; reason: string }, facilities: readonly string[]): Promise<number> {
  const rows = await on.query(
    `with gone as (
       delete from chassis.troubled_events where consumer = $1 and event_id = any($2::uuid[]) and status = 'dead' and ${seenFrom('$3')}
       returning consumer, event_id, type, subject, facility, keys, correlation_id, failure, at)
     insert into chassis.dismissed_events (consumer, event_id, type, subject, facility, keys, correlation_id, failure, at, dismissed_by, reason)
     select gone.*, $4, $5 from gone returning event_id`,
    [group, eventIds, facilities, by, reason]);
  return rows.length;
}
