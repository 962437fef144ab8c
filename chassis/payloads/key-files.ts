import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import { link, mkdir, open, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../config/config.ts';
import { ApiError } from '../errors/failures.ts';
import type { KeyManagement } from './key-management.ts';

/** A master key under the name by which wrapped keys refer to it. The name is never used again for another key. */
export interface KeyFile {
  id: string;
  file: string;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Master keys from files, the first of them current. Reports all mistakes together. */
export async function keysFromFiles(files: readonly KeyFile[]): Promise<KeyManagement> {
  const mistakes: string[] = [];
  const keys = new Map<string, KeyObject>();
  for (const { id, file } of files) {
    if (keys.has(id)) mistakes.push(`/payloads/masterKeys: the id ${id} is given twice`);
    try {
      keys.set(id, await readKey(file));
    } catch (error) {
      mistakes.push(`/payloads/masterKeys: the key ${id} ${error instanceof UnusableKey ? error.message : 'cannot be read from its file'}`);
    }
  }
  const [current] = keys.keys();
  if (!current && mistakes.length === 0) mistakes.push('/payloads/masterKeys: at least one key is needed');
  if (mistakes.length > 0) throw new ConfigError(mistakes);

  function keyOf(id: string): KeyObject {
    const key = keys.get(id);
    if (!key) throw new ApiError('unavailable', `The master key ${id} is not configured here.`, { code: 'master-key-missing' });
    return key;
  }

  return {
    currentId: current!,
    ids: [...keys.keys()],
    async wrap(id, plain, context) {
      // A master key wraps some thousands of data keys in its life, so that random nonces do not meet.
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyOf(id), nonce).setAAD(boundTo(id, context));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    async unwrap(id, wrapped, context) {
      const nonce = wrapped.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', keyOf(id), nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(id, context)).setAuthTag(wrapped.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    },
  };
}

function boundTo(id: string, context: string): Buffer {
  return Buffer.from(JSON.stringify(['callosum wrapped key 1', id, context]));
}

/** Says what is wrong with a key's file, and nothing of what stands in it. */
class UnusableKey extends Error {}

async function readKey(file: string): Promise<KeyObject> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => { throw new UnusableKey(`cannot be read from ${file} (${error.code})`); });
  try {
    const { mode } = await handle.stat();
    // The group may read: that is how orchestrators hand secrets to a process that is not root.
    if (process.platform !== 'win32' && (mode & 0o027) !== 0) throw new UnusableKey(`stands in ${file}, which others may read or the group may change (mode ${(mode & 0o777).toString(8)})`);
    const content = await handle.readFile();
    const key = content.length === KEY_BYTES ? content : Buffer.from(content.toString('latin1').trim(), 'base64');
    if (key.length !== KEY_BYTES) throw new UnusableKey(`in ${file} is not 32 bytes, as they are or in base64`);
    return createSecretKey(key);
  } finally {
    await handle.close();
  }
}

/** Makes the file of a master key unless it is there. Several processes may do this at once: the first to arrive stays. */
export async function ensureKeyFile(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  if (await readFile(file).then(() => true, () => false)) return;
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
}
