import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { demoAccounts } from '../../../sandbox/identity/accounts.ts';
import { demoClients } from '../../../sandbox/identity/clients.ts';
import { consentPage, errorPage, signInPage } from '../../../sandbox/identity/pages.ts';
import { createPasswords } from '../../../sandbox/identity/passwords.ts';
import { startIdentity } from '../../../sandbox/identity/start.ts';
import { openIdentityState } from '../../../sandbox/identity/state.ts';
import { REDIRECT_URI, withIdentity } from './support.ts';

describe('the pages of the identity provider', () => {
  const running = withIdentity();

  async function beginSignIn(): Promise<{ url: string; cookie: string }> {
    const response = await fetch(`${running.identity.issuer}/auth?${new URLSearchParams({
      response_type: 'code', client_id: 'portal', redirect_uri: REDIRECT_URI, scope: 'openid portal', code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update('x').digest('base64url'),
    })}`, { redirect: 'manual' });
    return { url: new URL(response.headers.get('location') ?? '', running.identity.issuer).href, cookie: response.headers.getSetCookie().map((each) => each.split(';')[0]).join('; ') };
  }

  test('allow no script and no frame, and are not kept by caches', async () => {
    const { url, cookie } = await beginSignIn();
    const response = await fetch(url, { headers: { Cookie: cookie } });
    assert.equal(response.status, 200);
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /script-src;/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(response.headers.get('referrer-policy'), 'same-origin');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const html = await response.text();
    assert.doesNotMatch(html, /<script|style=|\son\w+=/);
    for (const field of ['username', 'password']) assert.match(html, new RegExp(`<label for="${field}">[\\s\\S]*<input id="${field}"`));
    assert.equal((await fetch(`${running.identity.issuer}/sign-in.css`)).headers.get('content-type'), 'text/css; charset=utf-8');
  });

  test('are of no use without the cookie of the browser that began, or from another site', async () => {
    const { url, cookie } = await beginSignIn();
    const form = () => new URLSearchParams({ username: 'nina.alvarez', password: running.identity.passwordOf('nina.alvarez') });
    assert.equal((await fetch(url)).status, 400);
    assert.equal((await fetch(`${url}/sign-in`, { method: 'POST', body: form() })).status, 400);
    const foreign = await fetch(`${url}/sign-in`, { method: 'POST', body: form(), headers: { Cookie: cookie, Origin: 'https://evil.example' } });
    assert.equal(foreign.status, 403);
  });

  test('answer a right password with 303, a wrong one with the form and the reason', async () => {
    const { url, cookie } = await beginSignIn();
    const post = (password: string) => fetch(`${url}/sign-in`, { method: 'POST', body: new URLSearchParams({ username: 'nina.alvarez', password }), headers: { Cookie: cookie }, redirect: 'manual' });
    const wrong = await post('wrong');
    assert.equal(wrong.status, 422);
    assert.match(await wrong.text(), /role="alert"/);
    assert.equal((await post(running.identity.passwordOf('nina.alvarez'))).status, 303);
  });

  test('lead back to the application with access_denied when somebody cancels', async () => {
    const { url, cookie } = await beginSignIn();
    const aborted = await fetch(`${url}/abort`, { method: 'POST', headers: { Cookie: cookie }, redirect: 'manual' });
    assert.equal(aborted.status, 303);
    const resumed = await fetch(aborted.headers.get('location') ?? '', { headers: { Cookie: cookie }, redirect: 'manual' });
    assert.match(resumed.headers.get('location') ?? '', /^http:\/\/127\.0\.0\.1:9\/callback\?error=access_denied/);
  });

  test('show hostile text as text', () => {
    const hostile = `"><script>alert('x')</script>&`;
    const base = { action: hostile, abortAction: hostile, clientName: hostile };
    for (const html of [signInPage({ ...base, username: hostile, problem: hostile }), consentPage({ ...base, personName: hostile, grants: [hostile] }), errorPage(hostile)]) {
      assert.doesNotMatch(html, /<script|""><|'x'/);
    }
  });

  test('keep nothing readable for others in the state directory', async () => {
    for (const file of readdirSync(running.stateDirectory)) {
      assert.equal(statSync(join(running.stateDirectory, file)).mode & 0o777, 0o600, file);
    }
    assert.ok(existsSync(join(running.stateDirectory, 'signing-keys.json')));
    const { keys } = (await (await fetch(running.identity.jwksUrl)).json()) as { keys: Record<string, unknown>[] };
    assert.equal(keys[0]?.d, undefined);
  });
});

test('behind TLS the cookies are secure and bound to the host', async () => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'identity-'));
  const identity = await startIdentity({ port: 0, issuer: 'https://id.example', stateDirectory, accounts: demoAccounts, clients: demoClients(['https://portal.example/callback']) });
  const response = await fetch(`http://127.0.0.1:${identity.port}/auth?${new URLSearchParams({
    response_type: 'code', client_id: 'portal', redirect_uri: 'https://portal.example/callback', scope: 'openid portal', code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update('x').digest('base64url'),
  })}`, { redirect: 'manual', headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'id.example' } });
  const cookies = response.headers.getSetCookie();
  await identity.close();
  rmSync(stateDirectory, { recursive: true });
  assert.equal(response.status, 303);
  assert.ok(cookies.some((each) => each.startsWith('__Secure-interaction=')));
  for (const cookie of cookies) assert.match(cookie, /; secure/i);
  assert.match(response.headers.get('strict-transport-security') ?? '', /max-age=/);
});

test('two installations share no password, no secret and no key', () => {
  const directories = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'identity-')));
  const [one, other] = directories.map(openIdentityState);
  assert.notEqual(one?.passwordOf('nina.alvarez'), other?.passwordOf('nina.alvarez'));
  assert.notEqual(one?.secretOf('day-runner'), other?.secretOf('day-runner'));
  assert.notEqual(one?.signingKeys[0]?.kid, other?.signingKeys[0]?.kid);
  assert.equal(new Set(demoAccounts.map((each) => one?.passwordOf(each.username))).size, demoAccounts.length);
  assert.match(one?.passwordOf('nina.alvarez') ?? '', /^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
  assert.equal(openIdentityState(directories[0] ?? '').passwordOf('nina.alvarez'), one?.passwordOf('nina.alvarez'));
  assert.doesNotMatch(readFileSync(join(directories[0] ?? '', 'secret.json'), 'utf8'), /[a-z2-9]{4}-[a-z2-9]{4}-/);
  for (const directory of directories) rmSync(directory, { recursive: true });
});

test('the brake on guessing lets go after five minutes, and holds for one address only', () => {
  let now = 0;
  const passwords = createPasswords((name) => (name === 'nina' ? 'right' : undefined), () => now);
  for (let attempt = 0; attempt < 8; attempt += 1) assert.equal(passwords.check('nina', 'wrong', '10.0.0.1'), 'refused');
  assert.equal(passwords.check('nina', 'right', '10.0.0.1'), 'throttled');
  assert.equal(passwords.check('nina', 'right', '10.0.0.2'), 'accepted');
  now = 5 * 60_000;
  assert.equal(passwords.check('nina', 'right', '10.0.0.1'), 'accepted');
  assert.equal(passwords.check('nobody', 'no such account', '10.0.0.3'), 'refused');
});
