import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRaw } from 'node:zlib';
import { ApiError } from '../errors/failures.ts';
import type { KeyForOne } from './data-keys.ts';

/** A body as it lies in the store. Everything but the content is bound to it: none of it can be exchanged unnoticed. */
export interface Sealed {
  reference: string;
  purpose: string;
  mediaType: string;
  encoding: 'plain' | 'deflate';
  dataKey: string;
  nonce: Buffer;
  /** Ciphertext with its tag. */
  content: Buffer;
}

const TAG_BYTES = 16;
/** Below it there is little to save. */
const COMPRESSED_FROM_BYTES = 400;
/** What takes longer than a moment is not done between two others' requests. */
const AT_ONCE_BYTES = 64 * 1024;
export const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Each body is compressed by itself, at rest, with nothing of ours beside what its sender wrote: to learn from its length
 * one would have to put guesses into the very same body, again and again. Where two parties write into one body it is
 * left as it is.
 *
 * @source RFC 7525 section 3.3 on compression before encryption (CRIME)
 */
export async function compressed(body: Buffer): Promise<{ encoding: Sealed['encoding']; bytes: Buffer }> {
  if (body.length < COMPRESSED_FROM_BYTES) return { encoding: 'plain', bytes: body };
  const smaller = body.length <= AT_ONCE_BYTES ? deflateRawSync(body, { level: 3 }) : await promisify(deflateRaw)(body);
  return smaller.length < body.length * 0.9 ? { encoding: 'deflate', bytes: smaller } : { encoding: 'plain', bytes: body };
}

export function encrypt(named: Pick<Sealed, 'reference' | 'purpose' | 'mediaType' | 'encoding'>, bytes: Buffer, { id, key, nonce }: KeyForOne): Sealed {
  const sealed = { ...named, dataKey: id, nonce };
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(sealed));
  return { ...sealed, content: Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]) };
}

/** @throws ApiError when anything about the body is not as it was stored; then nothing of it is given out */
export async function opened(sealed: Sealed, key: KeyObject): Promise<Buffer> {
  const bytes = decrypted(sealed, key);
  return sealed.encoding === 'deflate' ? await promisify(inflateRaw)(bytes, { maxOutputLength: MOST_BYTES }) : bytes;
}

function decrypted(sealed: Sealed, key: KeyObject): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(sealed)).setAuthTag(sealed.content.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.content.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new ApiError('internal', 'A body that was kept is not what was stored.', { code: 'payload-altered', cause });
  }
}

function boundTo({ reference, purpose, mediaType, encoding, dataKey }: Omit<Sealed, 'nonce' | 'content'>): Buffer {
  return Buffer.from(JSON.stringify(['callosum payload 1', reference, purpose, mediaType, encoding, dataKey]));
}
