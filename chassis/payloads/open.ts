import type { Background } from '../deployable/background.ts';
import type { Database } from '../storage/database.ts';
import type { Log } from '../telemetry/logger.ts';
import { createDataKeys } from './data-keys.ts';
import { keysFromFiles } from './key-files.ts';
import type { KeyManagement } from './key-management.ts';
import { requireMasterKeys } from './master-keys.ts';
import { createPayloads, type Payloads } from './payloads.ts';
import type { PayloadSettings } from './settings.ts';
import { keepPayloads } from './upkeep.ts';

const KEEP_DAYS = 365;

/** Opens the store of bodies over keys in files, or over a service that holds them. @throws ConfigError for a key that is missing or wrong */
export async function openPayloads(settings: PayloadSettings, { database, log }: { database: Database; log: Log }, held?: KeyManagement): Promise<{ payloads: Payloads; upkeep: Background }> {
  const keys = held ?? await keysFromFiles(settings.masterKeys);
  await requireMasterKeys(database, keys);
  const dataKeys = createDataKeys({ database, keys, log });
  await dataKeys.start();
  return { payloads: createPayloads(dataKeys, { keepDays: settings.keepDays ?? KEEP_DAYS }), upkeep: keepPayloads({ database, keys, log }) };
}
