import { loop, type Background } from '../deployable/background.ts';
import type { Database } from '../storage/database.ts';
import type { Log } from '../telemetry/logger.ts';
import type { KeyManagement } from './key-management.ts';
import { wrapAnew } from './master-keys.ts';

const EVERY_MS = 600_000;
const AT_ONCE = 1_000;
/** No process encrypts with a key that is so old (data-keys.ts), so that nothing can come to need it any more. */
const KEY_IS_OUT_OF_USE_DAYS = 7;

/** Brings data keys under the current master key, and forgets bodies whose time is over and keys that nothing needs. */
export function keepPayloads({ database, keys, log }: { database: Database; keys: KeyManagement; log: Log }): Background {
  return loop({
    name: 'payloads', pollMs: EVERY_MS, log,
    async turn() {
      const anew = await wrapAnew({ database, keys, log });
      if (anew > 0) log.info('data keys were wrapped by the current master key', { count: anew });
      const gone = await forgetExpired(database);
      if (gone > 0) log.debug('bodies were forgotten', { count: gone });
      await forgetUnusedKeys(database);
      return anew > 0 || gone === AT_ONCE;
    },
  });
}

/**
 * Some of those whose time is over and that nobody needs, the oldest first. What a move or an event in trouble refers to
 * is needed for as long as that is there. Several processes share the work.
 */
export async function forgetExpired(database: Database): Promise<number> {
  const rows = await database.query(
    `delete from chassis.payloads where reference in (
       select reference from chassis.payloads where expires_at < now() and expires_at < 'infinity'
         and reference::text not in (select failure ->> 'evidence' from chassis.moves where status in ('waiting', 'undoing', 'failed') and failure ->> 'evidence' is not null
           union all select failure ->> 'evidence' from chassis.troubled_events where failure ->> 'evidence' is not null) order by expires_at limit ${AT_ONCE} for update skip locked)
     returning reference`);
  return rows.length;
}

export async function forgetUnusedKeys(database: Database): Promise<number> {
  const rows = await database.query(
    `delete from chassis.data_keys k where made_at < now() - interval '${KEY_IS_OUT_OF_USE_DAYS} days'
       and not exists (select 1 from chassis.payloads p where p.data_key = k.id) returning id`);
  return rows.length;
}
