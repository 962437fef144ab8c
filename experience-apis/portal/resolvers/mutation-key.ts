import { createHash } from 'node:crypto';
import type { Principal } from '#chassis/security/principal.ts';

/** The idempotency key of what a person wants: the same wish has the same key, whichever request carries it. */
export function keyOf(person: Principal, wish: string, ...about: string[]): string {
  return createHash('sha256').update(JSON.stringify([person.subject, wish, ...about])).digest('base64url');
}
