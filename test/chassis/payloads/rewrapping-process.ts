import { keysFromFiles } from '#chassis/payloads/key-files.ts';
import { requireMasterKeys, wrapAnew } from '#chassis/payloads/master-keys.ts';
import type { PayloadSettings } from '#chassis/payloads/settings.ts';
import { openDatabase } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';

/** Wraps data keys anew, by a key service that stops answering in the second batch, for a test that kills it there. */
const { url, settings } = JSON.parse(process.argv[2] ?? '{}') as { url: string; settings: PayloadSettings };
const log = createLog('child', 'error');
const database = openDatabase({ url, log });
const files = await keysFromFiles(settings.masterKeys);
await requireMasterKeys(database, files);
let asked = 0;
const keys: typeof files = { ...files, wrap: (...what) => ((asked += 1) > 70 ? new Promise(() => undefined) : files.wrap(...what)) };
while (await wrapAnew({ database, keys, log }) > 0) process.send?.('some');
process.send?.('all');
process.on('disconnect', () => process.exit(1));
