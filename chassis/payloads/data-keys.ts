import { createSecretKey, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import { ApiError, asApiError } from '../errors/failures.ts';
import type { Database } from '../storage/database.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { KeyManagement } from './key-management.ts';

/** A key for one body, and a nonce that the key was never used with before. */
export interface KeyForOne {
  id: string;
  key: KeyObject;
  nonce: Buffer;
}

/** A data key as it is stored. */
export interface WrappedKey {
  id: string;
  masterKey: string;
  wrapped: Buffer;
}

export interface DataKeys {
  /** Makes the first key of this process. Done before anybody waits for one inside of a transaction. */
  start(): Promise<void>;
  /** For a body of so many bytes that is to be encrypted now. */
  next(bytes: number): Promise<KeyForOne>;
  /** The key is not where it was stored: the next body gets another, if none has taken its place yet. */
  giveUp(id: string): void;
  unwrapped(key: WrappedKey): Promise<KeyObject>;
}

/**
 * How much one key encrypts before another takes its place: far below what AES-GCM allows (2^32 blocks keep the odds
 * against it below 2^-64), so that little is lost with one key.
 */
const LIMITS = { bodies: 1_000_000, bytes: 1024 ** 3, hours: 24 };
/** A key that could not be replaced in time, because database or key service are away, goes on until it has done twice as much. */
const PATIENCE = 2;
/** Keys kept unwrapped in memory for reading. */
const MOST_UNWRAPPED = 256;

interface OwnKey {
  id: string;
  key: KeyObject;
  bodies: number;
  bytes: number;
  madeAt: number;
}

/**
 * Keys that this process made, used by it alone: a counter is then a nonce that never comes twice, across crashes too,
 * because the next process makes keys of its own.
 *
 * @source NIST SP 800-38D section 8.2.1 (deterministic construction) and 8.3
 */
export function createDataKeys({ database, keys, log, limits = LIMITS }: { database: Database; keys: KeyManagement; log: Log; limits?: typeof LIMITS }): DataKeys {
  let current: OwnKey | undefined;
  let making: Promise<OwnKey> | undefined;
  const unwrapped = new Map<string, Promise<KeyObject>>();

  async function make(): Promise<OwnKey> {
    const id = randomUUID();
    const plain = randomBytes(32);
    const wrapped = await keys.wrap(keys.currentId, plain, id);
    const key = createSecretKey(plain);
    plain.fill(0);
    // On its own and not in anybody's transaction: others use the key meanwhile, and must not lose it to a rollback.
    await database.query('insert into chassis.data_keys (id, master_key, wrapped) values ($1, $2, $3)', [id, keys.currentId, wrapped]);
    current = { id, key, bodies: 0, bytes: 0, madeAt: performance.now() };
    remember(id, Promise.resolve(key));
    return current;
  }

  function makeOnce(): Promise<OwnKey> {
    making ??= make().finally(() => { making = undefined; });
    return making;
  }

  async function usable(): Promise<OwnKey> {
    if (!current) return makeOnce();
    if (isUsedUp(current, 1) && !making) makeOnce().catch((error: unknown) => log.warn('data key could not be replaced yet', describeError(error)));
    return isUsedUp(current, PATIENCE) ? makeOnce() : current;
  }

  function isUsedUp({ bodies, bytes, madeAt }: OwnKey, times: number): boolean {
    return bodies >= limits.bodies * times || bytes >= limits.bytes * times || performance.now() - madeAt >= limits.hours * 3_600_000 * times;
  }

  function remember(id: string, key: Promise<KeyObject>): void {
    unwrapped.delete(id);
    unwrapped.set(id, key);
    // The one that was not used for longest goes.
    if (unwrapped.size > MOST_UNWRAPPED) unwrapped.delete(unwrapped.keys().next().value!);
  }

  async function unwrap({ id, masterKey, wrapped }: WrappedKey): Promise<KeyObject> {
    try {
      const plain = await keys.unwrap(masterKey, wrapped, id);
      const key = createSecretKey(plain);
      plain.fill(0);
      return key;
    } catch (error) {
      if (asApiError(error).retryable) throw error;
      throw new ApiError('internal', 'A data key is not what was stored.', { code: 'data-key-altered', cause: error });
    }
  }

  return {
    async start() { await makeOnce(); },
    async next(bytes) {
      const own = await usable();
      own.bodies += 1;
      own.bytes += bytes;
      const nonce = Buffer.alloc(12);
      nonce.writeBigUInt64BE(BigInt(own.bodies), 4);
      return { id: own.id, key: own.key, nonce };
    },
    giveUp(id) { if (current?.id === id) current = undefined; },
    unwrapped(wrapped) {
      const key = unwrapped.get(wrapped.id) ?? unwrap(wrapped);
      remember(wrapped.id, key);
      key.catch(() => unwrapped.delete(wrapped.id));
      return key;
    },
  };
}
