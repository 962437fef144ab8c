import { ApiError } from '../errors/failures.ts';
import { pageOf, positionOf, type Page } from '../contract/page.ts';
import type { Queries, Row } from '../storage/database.ts';

/** An event that a consumer group gave up on. */
export interface DeadLetter {
  group: string;
  eventId: string;
  type: string;
  subject: string;
  attempts: number;
  failure: { kind: string; code?: string; detail: string };
  at: string;
}

interface DeadRow extends Row {
  consumer: string;
  event_id: string;
  type: string;
  subject: string;
  attempts: number;
  failure: DeadLetter['failure'];
  at: Date;
  seq: number;
}

export async function deadLetters(on: Queries, { group, cursor, limit = 50 }: { group?: string; cursor?: string; limit?: number }): Promise<Page<DeadLetter>> {
  const position = positionOf(cursor);
  const rows = await on.query<DeadRow>(
    `select t.consumer, t.event_id, t.type, t.subject, t.attempts, t.failure, t.at, t.seq from chassis.troubled_events t
     where t.status = 'dead' and ($1::text is null or t.consumer = $1) and ($2::text is null or (t.consumer, t.seq) > ($2, $3::bigint)) order by t.consumer, t.seq limit $4`,
    [group ?? null, position?.[0] ?? null, position?.[1] ?? null, limit + 1]);
  return pageOf(rows, limit, (row) => [row.consumer, String(row.seq)], (row) => ({
    group: row.consumer, eventId: row.event_id, type: row.type, subject: row.subject, attempts: row.attempts, failure: row.failure, at: row.at.toISOString(),
  }));
}

/** Lets the group try a dead letter again, from its first attempt on. */
export async function redrive(on: Queries, group: string, eventId: string): Promise<void> {
  const [found] = await on.query(
    `update chassis.troubled_events set status = 'retrying', attempts = 0, next_at = now() where consumer = $1 and event_id = $2 and status = 'dead' returning event_id`, [group, eventId]);
  if (!found) throw new ApiError('not-found', 'There is no such dead letter.');
}
