import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';

export const SERVICE_ALG = 'ES256';

/** Keys with which deployables prove to each other who they are: `<service>.private.jwk` (0600) and `<service>.public.jwk`. */
export async function ensureServiceKeys(directory: string, services: readonly string[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const present = new Set(await readdir(directory));
  for (const service of services) {
    if (present.has(`${service}.public.jwk`)) continue;
    const { privateKey, publicKey } = await generateKeyPair(SERVICE_ALG, { extractable: true });
    const kid = `${service}-${Date.now().toString(36)}`;
    await writeWhole(path.join(directory, `${service}.private.jwk`), { ...(await exportJWK(privateKey)), kid });
    await writeWhole(path.join(directory, `${service}.public.jwk`), { ...(await exportJWK(publicKey)), kid });
  }
}

/** Renamed into place, so that a reader never sees half a key. */
async function writeWhole(file: string, jwk: JWK): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(jwk), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export interface SigningKey {
  key: CryptoKey;
  kid: string;
}

export async function readPrivateKey(directory: string, service: string): Promise<SigningKey> {
  const jwk = JSON.parse(await readFile(path.join(directory, `${service}.private.jwk`), 'utf8')) as JWK;
  return { key: await importJWK(jwk, SERVICE_ALG) as CryptoKey, kid: String(jwk.kid) };
}

/** The public key of a service, read when first needed. */
export function publicKeys(directory: string): (service: string) => Promise<CryptoKey> {
  const keys = new Map<string, Promise<CryptoKey>>();
  return (service) => {
    if (!/^[a-z][a-z0-9-]{1,40}$/.test(service)) return Promise.reject(new Error('not the name of a service'));
    let key = keys.get(service);
    if (!key) {
      key = readFile(path.join(directory, `${service}.public.jwk`), 'utf8').then(async (text) => await importJWK(JSON.parse(text) as JWK, SERVICE_ALG) as CryptoKey);
      keys.set(service, key);
      key.catch(() => keys.delete(service));
    }
    return key;
  };
}
