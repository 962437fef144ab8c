import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { exportSPKI, importJWK, type CryptoKey } from 'jose';
import { ApiError } from '#chassis/errors/failures.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import type { IssuerSettings } from '../../../gateway/config.ts';
import { createAccessTokens, type AccessTokens } from '../../../gateway/tokens/access-tokens.ts';
import { AUDIENCE, startIssuer, type TestIssuer } from '../issuer-of-tests.ts';

const quiet = createLog('gateway', 'silent');

function settingsOf(issuer: TestIssuer, more: Partial<IssuerSettings> = {}): IssuerSettings {
  return { issuer: issuer.issuer, audience: AUDIENCE, subjectPrefix: '', withoutFacilities: 'refuse', claims: { name: 'name', roles: 'roles', facilities: 'facilities', bindings: { supplier: 'supplier' } }, ...more };
}

async function refusal(verification: () => unknown): Promise<ApiError> {
  try {
    await verification();
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new Error('was not refused');
}

describe('an access token is refused when', () => {
  let issuer: TestIssuer;
  let stranger: TestIssuer;
  let tokens: AccessTokens;
  before(async () => {
    issuer = await startIssuer();
    stranger = await startIssuer();
    tokens = createAccessTokens({ issuers: [settingsOf(issuer)], log: quiet });
  });
  after(async () => {
    await issuer.close();
    await stranger.close();
  });

  const now = () => Math.floor(Date.now() / 1_000);
  const wrong: [title: string, claims: () => Record<string, unknown>, header?: Record<string, unknown>][] = [
    ['it is not valid yet', () => ({ nbf: now() + 120 })],
    ['it is from the future', () => ({ iat: now() + 120 })],
    ['it counts milliseconds', () => ({ exp: Date.now() + 600_000 })],
    ['it lives for a year', () => ({ exp: now() + 365 * 86_400 })],
    ['it has no expiry', () => ({ exp: undefined })],
    ['it has no subject', () => ({ sub: undefined })],
    ['it has no client', () => ({ client_id: undefined })],
    ['it has no id', () => ({ jti: undefined })],
    ['it does not say when it was issued', () => ({ iat: undefined })],
    ['it is for another audience', () => ({ aud: 'https://elsewhere.example' })],
    ['it is for no audience', () => ({ aud: undefined })],
    ['it is for us and others', () => ({ aud: [AUDIENCE, 'https://elsewhere.example'] })],
    ['it is from another issuer', () => ({ iss: 'https://elsewhere.example' })],
    ['its issuer has a slash more', () => ({ iss: `${issuer.issuer}/` })],
    ['it is an ID token', () => ({}), { typ: 'JWT' }],
    ['it has no type', () => ({}), { typ: undefined }],
    ['it wants something understood that is not', () => ({}), { crit: ['urn:odd'], 'urn:odd': true }],
    ['it is bound to a certificate that was not shown', () => ({ cnf: { 'x5t#S256': 'abc' } })],
    ['its subject has a line break', () => ({ sub: 'nina\nadmin' })],
    ['its subject is longer than a name', () => ({ sub: 'n'.repeat(200) })],
  ];
  for (const [title, claims, header] of wrong) {
    test(title, async () => {
      const failure = await refusal(async () => tokens.verify(await issuer.token(claims(), header)));
      assert.equal(failure.kind, 'unauthenticated');
      assert.equal(failure.message, 'The token is missing, not valid or expired.');
    });
  }

  test('it has expired, and its holder is told; a forger is not', async () => {
    const expired = await refusal(async () => tokens.verify(await issuer.token({ exp: now() - 60 })));
    assert.deepEqual([expired.kind, expired.code, expired.message], ['unauthenticated', 'token-expired', 'The token has expired.']);
    const forged = await stranger.token({ iss: issuer.issuer, exp: now() - 60 }, { kid: String(issuer.publicKey.kid) });
    assert.equal((await refusal(() => tokens.verify(forged))).code, 'invalid-token');
  });

  test('its key is that of somebody else', async () => {
    const foreign = await stranger.token({ iss: issuer.issuer }, { kid: String(issuer.publicKey.kid) });
    assert.equal((await refusal(() => tokens.verify(foreign))).kind, 'unauthenticated');
  });

  test('it is signed by nobody, or with our public key as a secret', async () => {
    const [, payload] = (await issuer.token()).split('.');
    const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    const unsigned = `${encode({ alg: 'none', typ: 'at+jwt', kid: issuer.publicKey.kid })}.${payload}.`;
    assert.equal((await refusal(() => tokens.verify(unsigned))).kind, 'unauthenticated');
    const pem = await exportSPKI(await importJWK(issuer.publicKey, 'ES256', { extractable: true }) as CryptoKey);
    for (const secret of [pem, JSON.stringify(issuer.publicKey)]) {
      const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: issuer.publicKey.kid })}.${payload}`;
      const forged = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      assert.equal((await refusal(() => tokens.verify(forged))).kind, 'unauthenticated');
    }
  });

  test('it is not a token at all, or was changed', async () => {
    const good = await issuer.token();
    for (const odd of ['', 'a', 'a.b.c', `${good}x`, good.slice(0, -4), good.split('.').slice(0, 2).join('.'), `${good}.${good}`, 'x'.repeat(10_000), good.replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"admin"}').toString('base64url')}.`)]) {
      assert.equal((await refusal(() => tokens.verify(odd))).kind, 'unauthenticated');
    }
  });

  test('it brings a key of its own, which nobody looks at', async () => {
    const before = stranger.fetches();
    for (const header of [{ jku: `${stranger.issuer}/jwks` }, { x5u: `${stranger.issuer}/jwks` }, { jwk: stranger.publicKey }]) {
      const token = await stranger.token({ iss: issuer.issuer }, { kid: String(stranger.publicKey.kid), ...header });
      assert.equal((await refusal(() => tokens.verify(token))).kind, 'unauthenticated');
    }
    assert.equal(stranger.fetches(), before);
  });

  test('its person belongs to no facility, unless the issuer is trusted with that', async () => {
    for (const facilities of [[], undefined, '', [1]]) {
      const token = await issuer.token({ facilities });
      const failure = await refusal(() => tokens.verify(token));
      assert.equal(failure.code, 'no-facility');
      const trusting = createAccessTokens({ issuers: [settingsOf(issuer, { withoutFacilities: 'everywhere' })], log: quiet });
      assert.deepEqual((await trusting.verify(token)).principal.facilities, []);
    }
  });
});

describe('an access token', () => {
  let issuer: TestIssuer;
  before(async () => { issuer = await startIssuer(); });
  after(() => issuer.close());

  test('of a person says who they are, with claims where the issuer keeps them', async () => {
    const settings = settingsOf(issuer, { subjectPrefix: 'clinic/', claims: { name: 'name', roles: 'realm.roles', facilities: 'facilities', bindings: { costCenters: 'cost_centers', supplier: 'supplier' } } });
    const tokens = createAccessTokens({ issuers: [settings], log: quiet });
    const { principal, clientId, scopes } = await tokens.verify(await issuer.token({ 'roles': ['admin'], 'realm': { roles: ['buyer', 7] }, 'realm.roles': ['admin'], 'cost_centers': ['7010', '70,20', '7030'] }));
    assert.deepEqual(principal, { kind: 'user', subject: 'clinic/nina.alvarez', service: 'gateway', scopes: ['openid', 'portal'], roles: ['buyer'], facilities: ['MAIN'], name: 'Nina Alvarez', bindings: { costCenters: '7010,7030' } });
    assert.equal(clientId, 'portal');
    assert.deepEqual(scopes, ['openid', 'portal']);
  });

  test('is verified once and remembered until it expires, for a minute at most', async (context) => {
    const tokens = createAccessTokens({ issuers: [settingsOf(issuer)], log: quiet });
    const token = await issuer.token();
    const first = await tokens.verify(token);
    assert.equal(tokens.verify(token), first, 'the same caller, at once');
    context.mock.timers.enable({ apis: ['Date'], now: Date.now() + 61_000 });
    const again = tokens.verify(token);
    assert.ok(again instanceof Promise);
    await again;
    context.mock.timers.setTime(Date.now() + 3_600_000);
    assert.equal((await refusal(() => tokens.verify(token))).kind, 'unauthenticated');
  });
});

describe('the keys of an issuer', () => {
  let issuer: TestIssuer;
  let clock: number;
  let tokens: AccessTokens;
  beforeEach(async () => {
    issuer = await startIssuer();
    clock = 1_000;
    tokens = createAccessTokens({ issuers: [settingsOf(issuer)], log: quiet, now: () => clock });
  });
  const close = () => issuer.close();

  test('are fetched once, however many tokens name keys that nobody has', async () => {
    await tokens.verify(await issuer.token());
    const floods = Array.from({ length: 300 }, async (_, index) => refusal(async () => tokens.verify(await issuer.token({}, { kid: `unknown-${index}` }))));
    assert.ok((await Promise.all(floods)).every((failure) => failure.kind === 'unauthenticated'));
    assert.equal(issuer.fetches(), 1);
    await tokens.verify(await issuer.token({ sub: 'omar.reyes' }));
    clock += 61_000;
    await refusal(async () => tokens.verify(await issuer.token({}, { kid: 'unknown' })));
    assert.equal(issuer.fetches(), 2);
    await close();
  });

  test('may change: a new one is found when a token names it, the old one still counts', async () => {
    const old = await issuer.token({ sub: 'omar.reyes' });
    await tokens.verify(await issuer.token());
    await issuer.rotate();
    clock += 61_000;
    await tokens.verify(await issuer.token());
    await tokens.verify(old);
    assert.equal(issuer.fetches(), 2);
    await close();
  });

  test('are trusted for hours while the issuer is away, and then no longer', async () => {
    await tokens.verify(await issuer.token());
    for (const says of [{ status: 503 }, { type: 'text/html', body: '<html>' }, { body: 'not json' }, { body: `{"keys":[],"padding":"${'x'.repeat(300_000)}"}` }]) {
      issuer.says = says;
      clock += 3_000_000;
      await tokens.verify(await issuer.token());
    }
    assert.ok(tokens.ready());
    clock += 4 * 3_600_000;
    assert.ok(!tokens.ready());
    const failure = await refusal(async () => tokens.verify(await issuer.token()));
    assert.equal(failure.kind, 'unavailable');
    assert.equal(failure.code, 'issuer-unavailable');
    issuer.says = undefined;
    clock += 2_000;
    await tokens.verify(await issuer.token());
    await close();
  });

  test('are asked for again when the issuer starts later than the gateway', async () => {
    issuer.says = { status: 503 };
    assert.equal((await refusal(async () => tokens.verify(await issuer.token()))).kind, 'unavailable');
    assert.equal((await refusal(async () => tokens.verify(await issuer.token()))).kind, 'unavailable');
    assert.equal(issuer.fetches(), 1, 'not more than once a second');
    issuer.says = undefined;
    clock += 1_500;
    await tokens.warmUp();
    assert.ok(tokens.ready());
    await close();
  });

  test('are not taken from who claims to be another issuer', async () => {
    const liar = await startIssuer();
    const trusting = createAccessTokens({ issuers: [{ ...settingsOf(issuer), issuer: `${issuer.issuer}/tenant` }, settingsOf(liar)], log: quiet });
    const failure = await refusal(async () => trusting.verify(await issuer.token({ iss: `${issuer.issuer}/tenant` })));
    assert.equal(failure.kind, 'unavailable');
    await liar.close();
    await close();
  });
});
