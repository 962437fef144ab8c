import { randomBytes } from 'node:crypto';
import { ConfigError } from '../config/config.ts';
import { asApiError } from '../errors/failures.ts';
import type { Database, Row } from '../storage/database.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { KeyManagement } from './key-management.ts';

const PROOF = 'proof of a master key';

/**
 * Refuses to go on when a master key is missing that data keys need, or when one is not the key it was: what would be
 * written then could not be read by others, and what is there could not be read at all.
 */
export async function requireMasterKeys(database: Database, keys: KeyManagement): Promise<void> {
  const mistakes: string[] = [];
  for (const id of keys.ids) if (!await isKnownKey(database, keys, id)) mistakes.push(`/payloads/masterKeys: the key ${id} is not the key that was used under this id before`);
  const missing = await database.query<{ master_key: string; count: number }>(
    'select master_key, count(*) as count from chassis.data_keys where master_key <> all($1) group by master_key order by master_key', [keys.ids]);
  for (const { master_key: id, count } of missing) mistakes.push(`/payloads/masterKeys: the key ${id} is missing, and ${count} data key${count === 1 ? ' needs' : 's need'} it`);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  await database.query('update chassis.master_keys set current_since = now() where id = $1 and current_since is null', [keys.currentId]);
}

/** What a key wrapped when it was first seen only that key unwraps. */
async function isKnownKey(database: Database, keys: KeyManagement, id: string): Promise<boolean> {
  const proof = () => database.query<{ proof: Buffer }>('select proof from chassis.master_keys where id = $1', [id]);
  let [row] = await proof();
  if (!row) {
    await database.query('insert into chassis.master_keys (id, proof) values ($1, $2) on conflict do nothing', [id, await keys.wrap(id, randomBytes(32), PROOF)]);
    [row] = await proof();
  }
  return keys.unwrap(id, row!.proof, PROOF).then(() => true, (error: unknown) => {
    // A service that is away says nothing about the key.
    if (asApiError(error).retryable) throw error;
    return false;
  });
}

interface OldKey extends Row {
  id: string;
  master_key: string;
  wrapped: Buffer;
}

const AT_ONCE = 50;

/**
 * Wraps data keys anew that an older master key wrapped; bodies stay as they are. Each key is replaced as a whole, so
 * that a crash leaves some done and the others for the next. A process that was not told yet of a newer master key than
 * its own leaves all as it is. A key that cannot be unwrapped is left, and with it the need for the older master key.
 *
 * @returns how many were wrapped anew
 */
export async function wrapAnew({ database, keys, log }: { database: Database; keys: KeyManagement; log: Log }): Promise<number> {
  const old = await database.query<OldKey>(
    `select id, master_key, wrapped from chassis.data_keys
     where master_key <> $1 and $1 = (select id from chassis.master_keys where current_since is not null order by current_since desc, id limit 1) order by made_at limit ${AT_ONCE}`, [keys.currentId]);
  const results = await Promise.allSettled(old.map((each) => anew(keys, each)));
  const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const result of results) if (result.status === 'rejected') log.error('a data key could not be wrapped anew', describeError(result.reason));
  if (done.length === 0) return 0;
  const rows = await database.query(
    `update chassis.data_keys k set master_key = $1, wrapped = anew.wrapped
     from unnest($2::uuid[], $3::text[], $4::bytea[]) as anew (id, was, wrapped) where k.id = anew.id and k.master_key = anew.was returning k.id`,
    [keys.currentId, done.map(({ id }) => id), done.map(({ was }) => was), done.map(({ wrapped }) => wrapped)]);
  return rows.length;
}

async function anew(keys: KeyManagement, { id, master_key: was, wrapped }: OldKey): Promise<{ id: string; was: string; wrapped: Buffer }> {
  const plain = await keys.unwrap(was, wrapped, id);
  const again = await keys.wrap(keys.currentId, plain, id).finally(() => plain.fill(0));
  return { id, was, wrapped: again };
}
