import { loop, type Background } from '#chassis/deployable/background.ts';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { Log } from '#chassis/telemetry/logger.ts';

const AT_ONCE = 1_000;
const POLL_MS = 600_000;

export interface Retention {
  /** Days after which messages that were processed or refused are forgotten. */
  keepDays: number;
  /** Days for which a control id belongs to the message that first had it; many senders count anew after a while. */
  controlIdDays: number;
}

interface RetentionDeps {
  database: Database;
  payloads: Payloads;
}

/**
 * Forgets old messages, with them that they were seen before. Those that failed are kept until somebody has dealt with
 * them, and those that nobody has processed yet.
 */
export function forgetMessages(retention: Retention, { log, ...deps }: RetentionDeps & { log: Log }): Background {
  return loop({ name: 'messages retention', pollMs: POLL_MS, log, turn: () => forgetSome(deps, retention) });
}

/** @returns whether there may be more */
export async function forgetSome({ database, payloads }: RetentionDeps, { keepDays, controlIdDays }: Retention): Promise<boolean> {
  const released = await database.query(
    `update ehr.messages set owns_control_id = false where id in (
       select id from ehr.messages where owns_control_id and received_at < now() - $1 * interval '1 day' order by received_at limit ${AT_ONCE})
     returning id`, [controlIdDays]);
  const gone = await database.transaction(async (tx) => {
    const rows = await tx.query<{ body: string }>(
      `delete from ehr.messages where id in (
         select id from ehr.messages where received_at < now() - $1 * interval '1 day' and status in ('processed', 'rejected') order by received_at limit ${AT_ONCE})
       returning body`, [keepDays]);
    await payloads.remove(tx, rows.map(({ body }) => body));
    return rows;
  });
  return released.length === AT_ONCE || gone.length === AT_ONCE;
}
