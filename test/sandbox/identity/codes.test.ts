import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { RESOURCE } from '../../../sandbox/identity/clients.ts';
import { REDIRECT_URI, withIdentity } from './support.ts';

describe('an authorization code', () => {
  const running = withIdentity();

  /** A browser driven by hand, to stop between the code and its redemption. No connection outlives a restart. */
  async function obtainCode(): Promise<{ code: string; verifier: string }> {
    const verifier = randomBytes(32).toString('base64url');
    const jar = new Map<string, string>();
    const open = async (url: string, form?: Record<string, string>): Promise<Response> => {
      const response = await fetch(new URL(url, running.identity.issuer), {
        method: form ? 'POST' : 'GET', body: form && new URLSearchParams(form), redirect: 'manual', headers: { Connection: 'close', Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      });
      for (const line of response.headers.getSetCookie()) jar.set(line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).split(';')[0] ?? '');
      return response;
    };
    let response = await open(`/auth?${new URLSearchParams({
      response_type: 'code', client_id: 'portal', redirect_uri: REDIRECT_URI, scope: 'openid portal', state: 's', resource: RESOURCE,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
    })}`);
    for (let step = 0; step < 10; step += 1) {
      const location = response.headers.get('location');
      if (location?.startsWith(REDIRECT_URI)) return { code: new URL(location).searchParams.get('code') ?? '', verifier };
      if (location) response = await open(location);
      else {
        const [, action = ''] = /action="([^"]*)"/.exec(await response.text()) ?? [];
        response = await open(action, { username: 'nina.alvarez', password: running.identity.passwordOf('nina.alvarez') });
      }
    }
    throw new Error('no code');
  }

  async function redeem(code: string, verifier: string, changes: Record<string, string> = {}): Promise<{ status: number; error?: string }> {
    const response = await fetch(`${running.identity.issuer}/token`, {
      method: 'POST', headers: { Connection: 'close' }, body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'portal', redirect_uri: REDIRECT_URI, code, code_verifier: verifier, ...changes }),
    });
    return { status: response.status, ...((await response.json()) as { error?: string }) };
  }

  test('is worth one token however many redeem it at the same moment', async () => {
    const { code, verifier } = await obtainCode();
    const replies = await Promise.all(Array.from({ length: 20 }, () => redeem(code, verifier)));
    assert.equal(replies.filter((each) => each.status === 200).length, 1);
    for (const reply of replies.filter((each) => each.status !== 200)) assert.equal(reply.error, 'invalid_grant');
  });

  test('is worth nothing with another verifier or redirect address', async () => {
    const first = await obtainCode();
    assert.equal((await redeem(first.code, randomBytes(32).toString('base64url'))).error, 'invalid_grant');
    const second = await obtainCode();
    assert.equal((await redeem(second.code, second.verifier, { redirect_uri: 'http://127.0.0.1:9/other' })).error, 'invalid_grant');
  });

  test('survives a restart of the provider once, as do its keys', async () => {
    const publishedKeys = async () => (await fetch(running.identity.jwksUrl, { headers: { Connection: 'close' } })).json();
    const keys = await publishedKeys();
    const { code, verifier } = await obtainCode();
    await running.restart();
    assert.equal((await redeem(code, verifier)).status, 200);
    await running.restart();
    assert.equal((await redeem(code, verifier)).error, 'invalid_grant');
    assert.deepEqual(await publishedKeys(), keys);
  });
});
