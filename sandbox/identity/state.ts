import { createHmac, generateKeyPairSync, randomBytes, randomUUID, type JsonWebKey } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SigningKey extends JsonWebKey {
  kid: string;
  alg: 'ES256';
  use: 'sig';
}

/** What one installation keeps for itself. Nothing of it is in the repository, and two installations share none of it. */
export interface IdentityState {
  directory: string;
  signingKeys: readonly SigningKey[];
  cookieKeys: readonly string[];
  passwordOf(username: string): string;
  secretOf(clientId: string): string;
  /** Private key with which a client signs its assertions. */
  keyOf(clientId: string): SigningKey;
}

/** Opens the state directory, and fills it at the first start. Only its owner can read what lies there. */
export function openIdentityState(directory: string): IdentityState {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const secret = keep(directory, 'secret.json', () => randomBytes(32).toString('base64url'));
  const derive = (purpose: string) => createHmac('sha256', Buffer.from(secret, 'base64url')).update(purpose).digest();
  return {
    directory,
    signingKeys: keep(directory, 'signing-keys.json', () => [newKey()]),
    cookieKeys: [derive('cookies').toString('base64url')],
    passwordOf: (username) => legible(derive(`password of ${username}`)),
    secretOf: (clientId) => derive(`secret of ${clientId}`).toString('base64url'),
    keyOf: (clientId) => keep(directory, `client-${clientId}.json`, newKey),
  };
}

export function publicKeyOf({ kty, crv, x, y, kid, alg, use }: SigningKey): Omit<SigningKey, 'd'> {
  return { kty, crv, x, y, kid, alg, use };
}

/** Reads the file; the process that comes first makes it. */
function keep<T>(directory: string, file: string, make: () => T): T {
  const path = join(directory, file);
  try {
    writeFileSync(path, `${JSON.stringify(make())}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

function newKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' };
}

/** About 79 bits as four groups of letters and digits that cannot be mistaken for one another. */
function legible(bytes: Buffer): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const characters = Array.from(bytes.subarray(0, 16), (byte) => alphabet.charAt(byte % alphabet.length));
  return [0, 4, 8, 12].map((from) => characters.slice(from, from + 4).join('')).join('-');
}
