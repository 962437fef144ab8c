import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeJwt, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import type { Principal } from '#chassis/security/principal.ts';
import { hasScope } from '#chassis/security/principal.ts';
import { ensureServiceKeys, readPrivateKey, SERVICE_ALG } from '#chassis/security/service-keys.ts';
import { createServiceTokens, type ServiceTokens } from '#chassis/security/service-tokens.ts';
import { eventually } from '../../support/eventually.ts';

const person: Principal = { kind: 'user', subject: 'u-17', service: 'gateway', scopes: ['shop:read'], roles: ['clerk'], facilities: ['north'], bindings: { partner: 'p-1' }, name: 'Some Body' };

let keys: string;
let gateway: ServiceTokens;
let silent: ServiceTokens;
let shop: ServiceTokens;

before(async () => {
  keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  await ensureServiceKeys(keys, ['gateway', 'silent', 'shop', 'stranger']);
  gateway = await createServiceTokens({ service: 'gateway', keyDirectory: keys, grants: {} });
  silent = await createServiceTokens({ service: 'silent', keyDirectory: keys, grants: {} });
  shop = await createServiceTokens({ service: 'shop', keyDirectory: keys, grants: { gateway: { scopes: ['shop:*'], actsForOthers: true }, silent: { scopes: ['shop:read'] } } });
});
after(() => rm(keys, { recursive: true }));

async function forged(claims: JWTPayload, { signer = 'gateway', header = {}, expires = '300s' as string | number } = {}): Promise<string> {
  const signing = await readPrivateKey(keys, signer);
  return new SignJWT({ kind: 'service', iss: 'gateway', sub: 'gateway', aud: 'shop', ...claims })
    .setProtectedHeader({ alg: SERVICE_ALG, kid: signing.kid, typ: 'at+jwt', ...header }).setIssuedAt().setExpirationTime(expires).sign(signing.key);
}

const refused = (token: string | Promise<string>) => assert.rejects(async () => shop.verify(await token), { kind: 'unauthenticated', code: 'invalid-token', message: 'The token is missing, not valid or expired.' });

test('a service speaks for itself with the scopes it was granted', async () => {
  assert.deepEqual(await shop.verify(await silent.sign('shop')), { kind: 'service', subject: 'silent', service: 'silent', scopes: ['shop:read'], roles: [], facilities: [], bindings: {} });
});

test('a service that may speak for others carries the person along, with its own scopes', async () => {
  assert.deepEqual(await shop.verify(await gateway.sign('shop', person)), { ...person, scopes: ['shop:*'] });
});

test('a token is reused while it is fresh and never for somebody else', async () => {
  assert.equal(await gateway.sign('shop', person), await gateway.sign('shop', { ...person }));
  for (const other of [{ subject: 'u-18' }, { roles: [] }, { facilities: [] }, { bindings: {} }, { name: 'Any Body' }, { kind: 'client' as const }]) {
    const token = await gateway.sign('shop', { ...person, ...other });
    assert.notEqual(token, await gateway.sign('shop', person), JSON.stringify(other));
  }
  const token = await gateway.sign('shop', { ...person, subject: 'u\nshop:read', scopes: [] });
  assert.equal(decodeJwt(token).sub, 'u\nshop:read');
});

describe('a token is refused', () => {
  test('when it has expired', () => refused(forged({}, { expires: Math.floor(Date.now() / 1_000) - 10 })));
  test('when it is made out to another audience', () => refused(gateway.sign('depot')));
  test('when its issuer has no business here', () => refused(forged({ iss: 'stranger', sub: 'stranger' }, { signer: 'stranger' })));
  test('when another service signed it', () => refused(forged({}, { signer: 'silent' })));
  test('when it is not signed', () => refused(new UnsecuredJWT({ kind: 'service' }).setIssuer('gateway').setSubject('gateway').setAudience('shop').setIssuedAt().setExpirationTime('300s').encode()));
  test('when it is signed with the public key as if that were a secret', async () => {
    const known = await readFile(path.join(keys, 'gateway.public.jwk'));
    await refused(new SignJWT({ kind: 'service' }).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: (JSON.parse(known.toString()) as { kid: string }).kid })
      .setIssuer('gateway').setSubject('gateway').setAudience('shop').setIssuedAt().setExpirationTime('300s').sign(known));
  });
  test('when it is of another type', () => refused(forged({}, { header: { typ: 'JWT' } })));
  test('when its key is not known', () => refused(forged({}, { header: { kid: 'gateway-older' } })));
  test('when its issuer may not speak for others', () => refused(silent.sign('shop', person)));
  test('when a service claims to be another', () => refused(forged({ iss: 'silent', sub: 'gateway' }, { signer: 'silent' })));
  test('when its kind is not known', () => refused(forged({ kind: 'administrator' })));
  test('when its issuer has the name of something built in', () => refused(forged({ iss: 'constructor', sub: 'constructor' })));
  test('when its issuer is a path', () => refused(forged({ iss: '../gateway', sub: '../gateway' })));
  test('when one character of it was changed', async () => {
    const [head, body, signature] = (await gateway.sign('shop')).split('.');
    await refused(`${head}.${body}.${signature!.startsWith('A') ? 'B' : 'A'}${signature!.slice(1)}`);
  });
  test('when it is no token at all', async () => { for (const text of ['', 'x', 'a.b.c', 'é'.repeat(20)]) await refused(text); });
  test('when it is longer than any of ours', () => assert.rejects(shop.verify('x'.repeat(9_000)), { kind: 'unauthenticated' }));
});

test('a rotated key is taken up without a restart', async () => {
  const own = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  try {
    await ensureServiceKeys(own, ['gateway', 'shop']);
    const verifier = await createServiceTokens({ service: 'shop', keyDirectory: own, grants: { gateway: { scopes: [] } } });
    const before = await createServiceTokens({ service: 'gateway', keyDirectory: own, grants: {} });
    await verifier.verify(await before.sign('shop'));
    await Promise.all([rm(path.join(own, 'gateway.private.jwk')), rm(path.join(own, 'gateway.public.jwk'))]);
    await ensureServiceKeys(own, ['gateway']);
    const rotated = await createServiceTokens({ service: 'gateway', keyDirectory: own, grants: {} });
    // A key file is read again at most once a second.
    assert.equal((await eventually(async () => verifier.verify(await rotated.sign('shop')))).subject, 'gateway');
  } finally {
    await rm(own, { recursive: true });
  }
});

test('many processes that start at once agree on one key, which only its owner can read', async () => {
  const own = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  try {
    await Promise.all(Array.from({ length: 12 }, () => ensureServiceKeys(own, ['one', 'two'])));
    const signer = await createServiceTokens({ service: 'one', keyDirectory: own, grants: {} });
    const verifier = await createServiceTokens({ service: 'two', keyDirectory: own, grants: { one: { scopes: [] } } });
    assert.equal((await verifier.verify(await signer.sign('two'))).subject, 'one');
    assert.deepEqual((await readdir(own)).toSorted(), ['one.private.jwk', 'one.public.jwk', 'two.private.jwk', 'two.public.jwk']);
    assert.equal((await stat(path.join(own, 'one.private.jwk'))).mode & 0o777, 0o600);
    assert.ok(!(await readFile(path.join(own, 'one.public.jwk'), 'utf8')).includes('"d"'));
  } finally {
    await rm(own, { recursive: true });
  }
});

test('a scope of an area covers that area and no other', () => {
  assert.ok(hasScope(['shop:*'], 'shop:write') && hasScope(['shop:write'], 'shop:write'));
  assert.ok(!hasScope(['shop:*'], 'shopping:write') && !hasScope(['shop:read'], 'shop:write') && !hasScope([], 'shop:read') && !hasScope(['*'], 'shop:read'));
});
