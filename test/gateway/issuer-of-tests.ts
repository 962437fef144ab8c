import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

export const AUDIENCE = 'https://api.callosum.example';

/** An issuer whose every word a test can choose. */
export interface TestIssuer {
  issuer: string;
  /** How often the keys were asked for. */
  fetches(): number;
  /** Answers to requests for the keys; undefined is the truth. */
  says?: { status?: number; type?: string; body?: string } | undefined;
  publicKey: JWK;
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** Signs with a new key from now on, which is published beside the old one. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

interface Key { kid: string; privateKey: CryptoKey; jwk: JWK }

export async function startIssuer(): Promise<TestIssuer> {
  const keys: Key[] = [await newKey()];
  let asked = 0;
  const server = createServer((request, response) => {
    const json = (body: object) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.url === '/.well-known/openid-configuration') return json({ issuer: issuer.issuer, jwks_uri: `${issuer.issuer}/jwks` });
    asked += 1;
    const { status = 200, type = 'application/json', body } = issuer.says ?? {};
    if (issuer.says) return response.writeHead(status, { 'content-type': type }).end(body ?? '{}');
    return json({ keys: keys.map(({ jwk }) => jwk) });
  });
  const url = await listen(server);
  const issuer: TestIssuer = {
    issuer: url,
    fetches: () => asked,
    get publicKey() { return keys[0]!.jwk; },
    async token(claims = {}, header = {}) {
      const { kid, privateKey } = keys.at(-1)!;
      const now = Math.floor(Date.now() / 1_000);
      const all = { iss: url, aud: AUDIENCE, sub: 'nina.alvarez', client_id: 'portal', scope: 'openid portal', iat: now, exp: now + 600, jti: randomUUID(), name: 'Nina Alvarez', roles: ['requester'], facilities: ['MAIN'], cost_centers: ['7010', '7020'], ...claims };
      const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      return new SignJWT(given).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header }).sign(privateKey, { crit: { 'urn:odd': true } });
    },
    async rotate() { keys.push(await newKey()); },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}

async function newKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = randomUUID();
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
