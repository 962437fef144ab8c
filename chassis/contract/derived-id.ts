import { createHash } from 'node:crypto';

/**
 * An id that follows from the words it is made of, so that the same told twice has one id.
 *
 * @param namespace any fixed UUID: it sets these ids apart from those that others derive from the same words
 * @source RFC 9562 section 5.5, UUID version 5
 */
export function derivedId(namespace: string, ...words: readonly string[]): string {
  const digest = createHash('sha1').update(Buffer.from(namespace.replaceAll('-', ''), 'hex')).update(JSON.stringify(words)).digest().subarray(0, 16);
  digest[6] = (digest[6]! & 0x0f) | 0x50;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
