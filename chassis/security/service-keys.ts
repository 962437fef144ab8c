import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';

export const SERVICE_ALG = 'ES256';

/** Keys with which deployables prove to each other who they are: `<service>.private.jwk` (0600) and `<service>.public.jwk`. */
export async function ensureServiceKeys(directory: string, services: readonly string[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const service of services) await ensureKey(directory, service);
}

/** Several processes may do this at once: the first private key to arrive stays, and every public key is made from it. */
async function ensureKey(directory: string, service: string): Promise<void> {
  const place = path.join(directory, `${service}.private.jwk`);
  const held = await readKey(place) ?? await createKey(place, service);
  const { kty, crv, x, y, kid } = held;
  const published = await readKey(path.join(directory, `${service}.public.jwk`));
  if (published?.kid !== kid) await replaceWhole(path.join(directory, `${service}.public.jwk`), { kty, crv, x, y, kid });
}

async function createKey(place: string, service: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(SERVICE_ALG, { extractable: true });
  const draft = await writeDraft(place, { ...(await exportJWK(privateKey)), kid: `${service}-${randomUUID().slice(0, 8)}` });
  try {
    await link(draft, place);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  return JSON.parse(await readFile(place, 'utf8')) as JWK;
}

async function readKey(place: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(place, 'utf8')) as JWK;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Renamed into place, so that a reader never sees half a key. */
async function replaceWhole(place: string, jwk: JWK): Promise<void> {
  await rename(await writeDraft(place, jwk), place);
}

async function writeDraft(place: string, jwk: JWK): Promise<string> {
  const draft = `${place}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(jwk), { mode: 0o600 });
  return draft;
}

export interface SigningKey {
  key: CryptoKey;
  kid: string;
}

export async function readPrivateKey(directory: string, service: string): Promise<SigningKey> {
  const jwk = JSON.parse(await readFile(path.join(directory, `${service}.private.jwk`), 'utf8')) as JWK;
  return { key: await importJWK(jwk, SERVICE_ALG) as CryptoKey, kid: String(jwk.kid) };
}

export type PublicKeys = (service: string, kid: string | undefined) => Promise<CryptoKey>;

interface HeldKey extends SigningKey {
  readAt: number;
}

/** At most so often is a key file read again for a key id that it did not hold. */
const REREAD_AFTER_MS = 1_000;

/** The public key of a service, read when first needed and again when a token names a newer one, as after a rotation. */
export function publicKeys(directory: string): PublicKeys {
  const held = new Map<string, Promise<HeldKey>>();

  function read(service: string): Promise<HeldKey> {
    const key = readPublicKey(directory, service);
    held.set(service, key);
    key.catch(() => held.delete(service));
    return key;
  }

  return async (service, kid) => {
    if (!/^[a-z][a-z0-9-]{1,40}$/.test(service)) throw new Error('not the name of a service');
    let found = await (held.get(service) ?? read(service));
    if (found.kid !== kid && found.readAt + REREAD_AFTER_MS < performance.now()) found = await read(service);
    if (found.kid !== kid) throw new Error('the service has no such key');
    return found.key;
  };
}

async function readPublicKey(directory: string, service: string): Promise<HeldKey> {
  const jwk = JSON.parse(await readFile(path.join(directory, `${service}.public.jwk`), 'utf8')) as JWK;
  return { key: await importJWK(jwk, SERVICE_ALG) as CryptoKey, kid: String(jwk.kid), readAt: performance.now() };
}
