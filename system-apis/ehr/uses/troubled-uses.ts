import { backoffMs } from '#chassis/resilience/backoff.ts';
import type { Queries } from '#chassis/storage/database.ts';

/** A use that could not be told, due for another try. */
export interface DueUse extends Record<string, unknown> {
  use_id: string;
  version: string;
  attempts: number;
}

/** With the waits between them about a day: a reference may lead nowhere only because something comes late. */
export const MOST_ATTEMPTS = 14;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 4 * 3_600_000;
const AT_ONCE = 20;

/** A new version of the use is a new beginning; the same one is tried a bounded number of times and then stays listed. */
export async function keepTrouble(tx: Queries, { useId, version }: { useId: string; version: string }, { code, detail }: { code: string; detail: string }): Promise<void> {
  const [known] = await tx.query<{ attempts: number }>('select attempts from ehr.troubled_uses where use_id = $1 and version = $2 for update', [useId, version]);
  const attempts = (known?.attempts ?? 0) + 1;
  await tx.query(
    `insert into ehr.troubled_uses (use_id, version, code, problem, attempts, status, next_at) values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond')
     on conflict (use_id) do update set version = excluded.version, code = excluded.code, problem = excluded.problem, attempts = excluded.attempts,
       status = excluded.status, next_at = excluded.next_at, last_tried_at = now()`,
    [useId, version, code, detail.slice(0, 500), attempts, attempts >= MOST_ATTEMPTS ? 'given-up' : 'retrying', backoffMs(attempts, { firstMs: FIRST_WAIT_MS, maxMs: LONGEST_WAIT_MS })]);
}

export async function forgetTrouble(tx: Queries, useId: string): Promise<void> {
  await tx.query('delete from ehr.troubled_uses where use_id = $1', [useId]);
}

export async function dueUses(database: Queries): Promise<DueUse[]> {
  return database.query<DueUse>(
    `select use_id, version, attempts from ehr.troubled_uses where status = 'retrying' and next_at <= now() order by next_at limit ${AT_ONCE}`);
}

export async function countTroubled(database: Queries): Promise<number> {
  const [row] = await database.query<{ count: number }>('select count(*) as count from ehr.troubled_uses');
  return row?.count ?? 0;
}
