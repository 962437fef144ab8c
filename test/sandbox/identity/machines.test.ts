import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createRemoteJWKSet, importJWK, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { RESOURCE, partnerClientId } from '../../../sandbox/identity/clients.ts';
import { clientAssertion, machineToken } from '../../../sandbox/identity/sign-in.ts';
import { openIdentityState, publicKeyOf } from '../../../sandbox/identity/state.ts';
import { withIdentity } from './support.ts';

describe('machines ask the identity provider for tokens', () => {
  const running = withIdentity();
  const key = () => openIdentityState(running.stateDirectory).keyOf('operator');
  const claimsOf = async (token: string) =>
    (await jwtVerify(token, createRemoteJWKSet(new URL(running.identity.jwksUrl)), { issuer: running.identity.issuer, audience: RESOURCE, typ: 'at+jwt', algorithms: ['ES256'] })).payload;
  const machine = (clientId: string, scope: string, secret = running.identity.secretOf(clientId)) => machineToken({ issuer: running.identity.issuer, clientId, scope, secret });

  async function present(assertion: string): Promise<{ status: number; error?: string }> {
    const response = await fetch(`${running.identity.issuer}/token`, {
      method: 'POST',
      // A connection kept from before a restart would be dead.
      headers: { Connection: 'close' },
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'operator', scope: 'operations', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion }),
    });
    return { status: response.status, ...((await response.json()) as { error?: string }) };
  }

  async function assertion(changes: JWTPayload = {}, header: Record<string, unknown> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: 'operator', sub: 'operator', aud: running.identity.issuer, jti: randomUUID(), iat: now, exp: now + 60, ...changes })
      .setProtectedHeader({ alg: 'ES256', kid: key().kid, ...header }).sign(await importJWK(key(), 'ES256'));
  }

  test('a partner gets a token that names its supplier and has no roles', async () => {
    const { accessToken, expiresInSeconds } = await machine(partnerClientId('SUP-150'), 'partner');
    const claims = await claimsOf(accessToken);
    assert.equal(claims.supplier, 'SUP-150');
    assert.equal(claims.sub, 'partner-sup-150');
    assert.equal(claims.client_id, 'partner-sup-150');
    assert.equal(claims.scope, 'partner');
    assert.equal(claims.roles, undefined);
    assert.equal(expiresInSeconds, 600);
  });

  test('a machine gets no scope that is not registered for it', async () => {
    await assert.rejects(machine(partnerClientId('SUP-150'), 'operations'), /invalid_scope/);
    await assert.rejects(machine('day-runner', 'portal'), /invalid_scope/);
    assert.equal((await claimsOf((await machine('day-runner', 'operations')).accessToken)).scope, 'operations');
  });

  test('a wrong secret, an unknown client and a client without a secret are refused alike', async () => {
    for (const [clientId, secret] of [['day-runner', 'guess'], ['nobody', 'guess'], ['operator', running.identity.secretOf('operator')]] as const) {
      await assert.rejects(machine(clientId, 'operations', secret), /invalid_client/);
    }
  });

  test('an operator signs in with its key, and each assertion is good once, at one moment and after a restart', async () => {
    const { accessToken } = await machineToken({ issuer: running.identity.issuer, clientId: 'operator', scope: 'operations', key: key() });
    assert.equal((await claimsOf(accessToken)).scope, 'operations');
    const jwt = await clientAssertion(running.identity.issuer, 'operator', key());
    const replies = await Promise.all(Array.from({ length: 20 }, () => present(jwt)));
    assert.equal(replies.filter((each) => each.status === 200).length, 1);
    assert.ok(replies.every((each) => each.status === 200 || each.error === 'invalid_client'));
    await running.restart();
    assert.equal((await present(jwt)).error, 'invalid_client');
  });

  const now = () => Math.floor(Date.now() / 1000);
  const wrong: [title: string, make: () => Promise<string>, expected?: { status: number; error: string }][] = [
    ['for another server', () => assertion({ aud: 'https://other.example' })],
    ['for us among others', () => assertion({ aud: [running.identity.issuer, 'https://other.example'] })],
    ['without an audience', () => assertion({ aud: undefined })],
    ['that lives longer than five minutes', () => assertion({ exp: now() + 3600 })],
    ['that expired a minute ago', () => assertion({ exp: now() - 61 })],
    ['from a minute in the future', () => assertion({ nbf: now() + 61 })],
    ['without an end', () => assertion({ exp: undefined })],
    ['without an id', () => assertion({ jti: undefined })],
    ['of another client', () => assertion({ iss: 'day-runner', sub: 'day-runner' }), { status: 400, error: 'invalid_request' }],
    ['that brings its own key', () => assertion({}, { jwk: { kty: 'EC', crv: 'P-256', x: key().x, y: key().y } })],
    ['that points to a key elsewhere', () => assertion({}, { jku: 'http://127.0.0.1:9/keys' })],
    ['signed with our public key as a shared secret', () => new SignJWT({ iss: 'operator', sub: 'operator', aud: running.identity.issuer, jti: randomUUID(), exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: key().kid }).sign(Buffer.from(JSON.stringify(publicKeyOf(key()))))],
    ['without a signature', async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await assertion()).split('.')[1]}.`],
    ['that is no JWT', () => Promise.resolve('x.y.z'), { status: 400, error: 'invalid_request' }],
  ];
  for (const [title, make, expected = { status: 401, error: 'invalid_client' }] of wrong) {
    test(`an assertion ${title} is refused as ${expected.error}`, async () => {
      assert.deepEqual(await present(await make()).then(({ status, error }) => ({ status, error })), expected);
    });
  }

  test('a clock ten seconds ahead is forgiven', async () => {
    assert.equal((await present(await assertion({ nbf: now() + 10, iat: now() + 10 }))).status, 200);
  });
});
