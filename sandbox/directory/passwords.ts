import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

const SCHEME = '{SCRYPT}';

/** As it is kept: nobody can read it back. */
export function sealed(password: string, salt = randomBytes(12).toString('base64url')): string {
  return `${SCHEME}${salt}$${scryptSync(password, salt, 24, { N: 1024 }).toString('base64url')}`;
}

export function isPassword(kept: string, password: string): boolean {
  const salt = kept.slice(SCHEME.length, kept.indexOf('$'));
  const expected = Buffer.from(kept);
  const given = Buffer.from(sealed(password, salt));
  return expected.length === given.length && timingSafeEqual(expected, given);
}
