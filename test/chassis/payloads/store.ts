import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CHASSIS_SCHEMA } from '#chassis/deployable/schema.ts';
import { openPayloads } from '#chassis/payloads/open.ts';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import type { PayloadSettings } from '#chassis/payloads/settings.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { createLog, type Log } from '#chassis/telemetry/logger.ts';
import { createTestDatabase } from '../../support/database.ts';
import { payloadKeysIn } from '../../support/payload-keys.ts';

/** A store over a database and a directory of keys of its own. */
export interface Store {
  url: string;
  directory: string;
  database: Database;
  log: Log;
  payloads: Payloads;
  /** The store as another process opens it, with these keys. */
  openWith(settings: PayloadSettings): Promise<Payloads>;
  keys(...ids: string[]): Promise<PayloadSettings>;
  leave(): Promise<void>;
}

export async function openStore(): Promise<Store> {
  const { url, drop } = await createTestDatabase();
  const directory = await mkdtemp(path.join(tmpdir(), 'callosum-payload-keys-'));
  const log = createLog('test', 'error');
  const database = openDatabase({ url, log });
  await migrate(database, 'chassis', CHASSIS_SCHEMA);
  const keys = (...ids: string[]) => payloadKeysIn(directory, ...ids);
  const openWith = async (settings: PayloadSettings) => (await openPayloads(settings, { database, log })).payloads;
  return {
    url, directory, database, log, openWith, keys, payloads: await openWith(await keys('first')),
    async leave() {
      await database.close();
      await drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
