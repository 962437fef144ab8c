import { createIdempotency } from '#chassis/contract/idempotency.ts';
import { unconfiguredPayloads } from '#chassis/payloads/payloads.ts';
import { openDatabase } from '#chassis/storage/database.ts';
import { takeLease } from '#chassis/storage/lease.ts';
import { createLog } from '#chassis/telemetry/logger.ts';

/** A process that dies between an effect and the memory of it. */
export interface StoreOnceMessage {
  label: string;
}

const { url, label, key, client } = JSON.parse(process.argv[2]!) as { url: string; label: string; key: string; client: string };
const log = createLog('child', 'error');
const database = openDatabase({ url, log });
const idempotency = createIdempotency({ database, lease: await takeLease(url, log), payloads: unconfiguredPayloads, keepDays: 90 });
await idempotency.once({ api: 'depot', client, key, operation: 'storeBox', input: { body: { label, weight: 1 } }, isPersonal: false }, () => new Promise(() => {
  process.send?.({ label } satisfies StoreOnceMessage, () => { process.kill(process.pid, 'SIGKILL'); });
}));
