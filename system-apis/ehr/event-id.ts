import { createHash } from 'node:crypto';

/** Any fixed UUID: it sets the ids of this API apart from those that others derive from the same words. */
const NAMESPACE = Buffer.from('5e0f3a7c6f0d4b0e9a5b1f6c2d7e8a90', 'hex');

/**
 * The id of an event that follows from what it tells, so that telling it twice tells it once.
 *
 * @source RFC 9562 section 5.5, UUID version 5
 */
export function eventIdOf(...parts: readonly string[]): string {
  const digest = createHash('sha1').update(NAMESPACE).update(JSON.stringify(parts)).digest().subarray(0, 16);
  digest[6] = (digest[6]! & 0x0f) | 0x50;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
