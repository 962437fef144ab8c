import { createHash } from 'node:crypto';

/** What the contracts allow for a reference. */
const LONGEST = 120;

/**
 * Our reference for a document in another system, made of what tells it from all others of its kind. Where the parts
 * would not fit, the end is a digest of them all.
 */
export function documentReference(...parts: readonly (string | number)[]): string {
  const whole = parts.join('/');
  if (whole.length <= LONGEST) return whole;
  const digest = createHash('sha256').update(whole).digest('base64url').slice(0, 24);
  return `${whole.slice(0, LONGEST - digest.length - 1)}/${digest}`;
}
