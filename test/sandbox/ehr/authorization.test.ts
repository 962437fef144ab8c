import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import type { EhrClient } from '../../../sandbox/ehr/authorization.ts';
import { issuesOf, patient, PLATFORM, SECRET, tokenFor, withEhr } from './support.ts';

const signer: EhrClient = { clientId: 'signer', jwks: { keys: [] }, scopes: ['system/Patient.read', 'system/Communication.cu'] };
describe('sign-on to the simulated EHR', () => {
  const running = withEhr({ clients: [PLATFORM, signer] });
  let key: CryptoKey;
  let foreignKey: CryptoKey;

  before(async () => {
    const pair = await generateKeyPair('ES384', { extractable: true });
    key = pair.privateKey;
    foreignKey = (await generateKeyPair('ES384')).privateKey;
    signer.jwks?.keys.push({ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES384' });
  });

  function assertion(claims: JWTPayload = {}, signKey: CryptoKey = key): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: 'signer', sub: 'signer', aud: running.ehr.tokenUrl, jti: randomUUID(), exp: now + 300, ...claims })
      .setProtectedHeader({ alg: 'ES384', kid: 'one', typ: 'JWT' }).sign(signKey);
  }

  async function askToken(form: Record<string, string>, headers: Record<string, string> = {}) {
    const response = await fetch(running.ehr.tokenUrl, { method: 'POST', headers, body: new URLSearchParams(form) });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  function askWithAssertion(jwt: string, scope = '') {
    return askToken({
      grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: jwt, ...(scope ? { scope } : {}),
    });
  }

  test('a client signs in with its key and may do what its scopes allow, no more', async () => {
    const { status, body } = await askWithAssertion(await assertion());
    assert.equal(status, 200);
    const headers = { Authorization: `Bearer ${body.access_token}` };
    assert.equal((await running.send('GET', 'Patient', undefined, headers)).status, 200);
    const refused = await running.send('POST', 'Patient', patient('Refused'), headers);
    assert.equal(refused.status, 403);
    assert.equal(issuesOf(refused.body)[0]?.code, 'forbidden');
    assert.equal((await running.send('GET', 'Communication', undefined, headers)).status, 403);
    const batch = await running.send('POST', '', { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: 'Location/1' } }] }, headers);
    assert.equal((batch.body.entry as { response: { status: string } }[] | undefined)?.[0]?.response.status, '403');
  });

  test('an assertion is good once', async () => {
    const jwt = await assertion();
    const replies = await Promise.all(Array.from({ length: 6 }, () => askWithAssertion(jwt)));
    assert.deepEqual(replies.map((each) => each.status).sort(), [200, 401, 401, 401, 401, 401]);
  });

  const wrong: [title: string, make: () => Promise<string>][] = [
    ['by another key', () => assertion({}, foreignKey)],
    ['for another audience', () => assertion({ aud: 'https://other.example/token' })],
    ['that lives longer than five minutes', () => assertion({ exp: Math.floor(Date.now() / 1000) + 3600 })],
    ['that has expired', () => assertion({ exp: Math.floor(Date.now() / 1000) - 10 })],
    ['without a jti', () => assertion({ jti: undefined })],
    ['of another subject', () => assertion({ sub: 'platform' })],
    ['of an unknown client', () => assertion({ iss: 'nobody', sub: 'nobody' })],
    ['that is not a JWT', () => Promise.resolve('not-a-jwt')],
    ['without a signature', async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await assertion()).split('.')[1]}.`],
  ];
  for (const [title, make] of wrong) {
    test(`an assertion ${title} is refused as invalid_client`, async () => {
      const { status, body } = await askWithAssertion(await make());
      assert.equal(status, 401);
      assert.equal(body.error, 'invalid_client');
    });
  }

  test('a shared secret works by Basic and in the form; a wrong one does not', async () => {
    const basic = (secret: string) => ({ Authorization: `Basic ${Buffer.from(`platform:${secret}`).toString('base64')}` });
    assert.equal((await askToken({ grant_type: 'client_credentials' }, basic(SECRET))).status, 200);
    assert.equal((await askToken({ grant_type: 'client_credentials', client_id: 'platform', client_secret: SECRET })).status, 200);
    assert.equal((await askToken({ grant_type: 'client_credentials' }, basic('guess'))).body.error, 'invalid_client');
    assert.equal((await askToken({ grant_type: 'client_credentials', client_id: 'signer', client_secret: '' })).body.error, 'invalid_client');
  });

  test('other grants and unregistered scopes are refused', async () => {
    assert.equal((await askToken({ grant_type: 'password', username: 'a', password: 'b' })).body.error, 'unsupported_grant_type');
    assert.equal((await askWithAssertion(await assertion(), 'system/Patient.write')).body.error, 'invalid_scope');
  });

  for (const header of ['', 'Bearer wrong', 'Basic cGxhdGZvcm06eA==', 'Bearer ']) {
    test(`Authorization '${header}' is answered with 401 and a challenge`, async () => {
      const reply = await running.send('GET', 'Patient', undefined, { Authorization: header });
      assert.equal(reply.status, 401);
      assert.match(reply.headers.get('www-authenticate') ?? '', /^Bearer/);
      assert.equal(reply.body.resourceType, 'OperationOutcome');
    });
  }

  test('a token narrowed at the token endpoint stays narrow', async () => {
    const token = await tokenFor(running.ehr.tokenUrl, 'platform', SECRET, 'system/*.cruds');
    assert.equal((await running.send('GET', 'Patient', undefined, { Authorization: `Bearer ${token}` })).status, 200);
  });
});
