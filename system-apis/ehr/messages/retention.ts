import { loop, type Background } from '#chassis/deployable/background.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { Log } from '#chassis/telemetry/logger.ts';

const AT_ONCE = 1_000;
const POLL_MS = 600_000;

/**
 * Forgets messages after so many days, with them that they were seen before. Those that failed are kept until somebody
 * has dealt with them, and those that nobody has processed yet.
 */
export function forgetMessages(keepDays: number, { database, log }: { database: Database; log: Log }): Background {
  return loop({ name: 'messages retention', pollMs: POLL_MS, log, turn: () => forgetSome(database, keepDays) });
}

/** @returns whether there may be more */
export async function forgetSome(database: Database, keepDays: number): Promise<boolean> {
  const gone = await database.query(
    `delete from ehr.messages where id in (
       select id from ehr.messages where received_at < now() - $1 * interval '1 day' and status in ('processed', 'rejected') order by received_at limit ${AT_ONCE})
     returning id`, [keepDays]);
  return gone.length === AT_ONCE;
}
