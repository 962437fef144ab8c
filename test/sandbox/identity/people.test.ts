import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { demoAccounts } from '../../../sandbox/identity/accounts.ts';
import { RESOURCE } from '../../../sandbox/identity/clients.ts';
import { signIn } from '../../../sandbox/identity/sign-in.ts';
import { REDIRECT_URI, withIdentity } from './support.ts';

describe('people sign in at the identity provider', () => {
  const running = withIdentity();
  let verifyKeys: ReturnType<typeof createRemoteJWKSet>;
  before(() => {
    verifyKeys = createRemoteJWKSet(new URL(running.identity.jwksUrl));
  });

  const enter = (username: string, scope?: string, password = running.identity.passwordOf(username)) =>
    signIn({ issuer: running.identity.issuer, clientId: 'portal', redirectUri: REDIRECT_URI, username, password, scope });
  const verify = async (token: string) =>
    (await jwtVerify(token, verifyKeys, { issuer: running.identity.issuer, audience: RESOURCE, typ: 'at+jwt', algorithms: ['ES256'] })).payload;

  for (const account of demoAccounts) {
    test(`${account.username} gets a token that says who they are and what they may do`, async () => {
      const { accessToken, expiresInSeconds } = await enter(account.username);
      const claims = await verify(accessToken);
      assert.equal(claims.sub, account.username);
      assert.equal(claims.client_id, 'portal');
      assert.equal(claims.name, account.name);
      assert.deepEqual(claims.roles, account.roles);
      assert.deepEqual(claims.facilities, account.facilities);
      assert.deepEqual(claims.cost_centers, account.costCenters);
      assert.equal(claims.scope, 'portal');
      assert.equal(expiresInSeconds, 600);
      assert.equal(Number(claims.exp) - Number(claims.iat), 600);
    });
  }

  test('the operations scope is granted to those who run the platform and silently left out for others', async () => {
    assert.equal((await enter('ivan.petrov', 'openid portal operations')).scope.includes('operations'), true);
    const refused = await enter('nina.alvarez', 'openid portal operations');
    assert.equal((await verify(refused.accessToken)).scope, 'portal');
  });

  test('nobody becomes a partner by signing in', async () => {
    await assert.rejects(enter('ben.turner', 'openid portal partner'), /invalid_scope/);
  });

  test('the id token is signed with ES256 and is not an access token', async () => {
    const { idToken = '' } = await enter('nina.alvarez');
    const { payload } = await jwtVerify(idToken, verifyKeys, { issuer: running.identity.issuer, audience: 'portal', algorithms: ['ES256'] });
    assert.equal(payload.name, 'Nina Alvarez');
    assert.notEqual(decodeProtectedHeader(idToken).typ, 'at+jwt');
  });

  test('a wrong password and an unknown name are refused in the same words', async () => {
    await assert.rejects(enter('nina.alvarez', undefined, 'wrong'), /The user name or the password is not right/);
    await assert.rejects(enter('nobody.here', undefined, 'wrong'), /The user name or the password is not right/);
  });

  test('guessing is braked, and other people still get in', async () => {
    for (let attempt = 0; attempt < 8; attempt += 1) await assert.rejects(enter('sofia.weber', undefined, `guess ${attempt}`), /is not right/);
    await assert.rejects(enter('sofia.weber'), /Too many wrong attempts/);
    assert.ok((await enter('carla.mendes')).accessToken);
  });

  const challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url');
  const good = { response_type: 'code', client_id: 'portal', redirect_uri: REDIRECT_URI, scope: 'openid portal', code_challenge: challenge, code_challenge_method: 'S256', state: 's' };
  const authorize = (changes: Record<string, string | undefined>) => {
    const parameters = Object.entries({ ...good, ...changes }).filter((each): each is [string, string] => each[1] !== undefined);
    return fetch(`${running.identity.issuer}/auth?${new URLSearchParams(parameters)}`, { redirect: 'manual' });
  };

  const refused: [title: string, changes: Record<string, string | undefined>][] = [
    ['no code challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['the plain challenge method', { code_challenge_method: 'plain' }],
    ['the implicit flow', { response_type: 'token' }],
    ['the hybrid flow', { response_type: 'code id_token' }],
    ['a fragment answer', { response_mode: 'fragment' }],
    ['another resource', { resource: 'https://other.example' }],
  ];
  for (const [title, changes] of refused) {
    test(`a request with ${title} ends in an error and never in a code`, async () => {
      const response = await authorize(changes);
      const location = response.headers.get('location') ?? '';
      assert.ok(response.status === 400 || /[?&#]error=/.test(location), `${response.status} ${location}`);
      assert.doesNotMatch(location, /\/interaction\/|[?&]code=/);
    });
  }

  for (const uri of ['http://127.0.0.1:9/callback/', 'http://127.0.0.1:9/callback?x=1', 'http://127.0.0.1:9.evil.example/callback', 'http://user@127.0.0.1:9/callback', 'http://127.0.0.1:10/callback', 'HTTP://127.0.0.1:9/Callback', 'http://127.0.0.1:9/callback#x', 'http://127.0.0.1:9%2fcallback', 'https://127.0.0.1:9/callback', 'http://[::1]:9/callback', 'http://localhost:9/callback']) {
    test(`the redirect address ${uri} is not taken and nobody is sent there`, async () => {
      const response = await authorize({ redirect_uri: uri });
      assert.equal(response.status, 400);
      assert.equal(response.headers.get('location'), null);
    });
  }

  test('cookies are hidden from scripts and from other sites', async () => {
    const cookies = (await authorize({})).headers.getSetCookie();
    assert.ok(cookies.length > 0);
    for (const cookie of cookies) assert.match(cookie, /httponly/i);
    for (const cookie of cookies) assert.match(cookie, /samesite=lax/i);
  });

  test('only the portal may ask for tokens from a browser, and nobody may at the authorization endpoint', async () => {
    const from = async (origin: string, path: string) =>
      (await fetch(running.identity.issuer + path, { method: path === '/token' ? 'POST' : 'GET', headers: { Origin: origin }, body: path === '/token' ? new URLSearchParams({ grant_type: 'authorization_code', client_id: 'portal', code: 'x', redirect_uri: REDIRECT_URI, code_verifier: 'x'.repeat(43) }) : undefined, redirect: 'manual' }))
        .headers.get('access-control-allow-origin');
    assert.equal(await from('http://127.0.0.1:9', '/token'), 'http://127.0.0.1:9');
    assert.equal(await from('https://evil.example', '/token'), null);
    assert.equal(await from('http://127.0.0.1:9', `/auth?${new URLSearchParams(good)}`), null);
  });

  test('password and device grants are not offered', async () => {
    for (const grant of ['password', 'urn:ietf:params:oauth:grant-type:device_code', 'implicit', 'refresh_token']) {
      const response = await fetch(`${running.identity.issuer}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: grant, client_id: 'portal', username: 'nina.alvarez', password: running.identity.passwordOf('nina.alvarez') }) });
      assert.equal(((await response.json()) as { error: string }).error, 'unsupported_grant_type');
    }
  });
});
