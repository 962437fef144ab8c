import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { importJWK, SignJWT, type JWK } from 'jose';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { frame } from '#formats/hl7v2/index.ts';
import type { RunningPlatform } from '../../commands/platform/platform.ts';
import { RESOURCE } from '../../sandbox/identity/clients.ts';
import { machineToken, signIn } from '../../sandbox/identity/sign-in.ts';
import { openIdentityState, type IdentityState } from '../../sandbox/identity/state.ts';
import { admission, openSender } from '../system-apis/ehr/messages/sender.ts';
import { startJourney, type Journey } from '../support/journey.ts';
import { startLiar, type Liar } from './liar.ts';

interface Problem {
  type?: string;
  status?: number;
  code?: string;
  detail?: string;
  errors?: { pointer: string; code?: string; detail: string }[];
}

interface GraphAnswer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions: { code: string; problem?: Problem } }[];
}

const SUBMIT = 'mutation($input: RequisitionInput!) { submitRequisition(input: $input) { number } }';

/** The whole platform, spoken to through its doors, with what nobody should send. */
describe('bad input gets an error that says what is wrong and where, and nothing is lost', () => {
  let journey: Journey;
  let platform: RunningPlatform;
  let state: IdentityState;
  let liar: Liar;
  let nurse: string;

  before(async () => {
    liar = await startLiar();
    journey = await startJourney({ ERP_URL: liar.url });
    platform = journey.platform;
    liar.forwardTo(platform.urls.erp);
    state = openIdentityState(path.join(journey.home, 'identity'));
    nurse = (await signIn({
      issuer: platform.urls.identity, clientId: 'portal', redirectUri: `${platform.urls.control}/signed-in`, username: 'nina.alvarez', password: state.passwordOf('nina.alvarez'), scope: 'openid portal',
    })).accessToken;
  });

  after(async () => {
    await journey?.end();
    await liar?.close();
  });

  const post = (body: string, token = nurse) => fetch(`${platform.urls.gateway}/portal/v1/graphql`, { method: 'POST', headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json' }, body });

  async function graph(query: string, variables: object = {}): Promise<GraphAnswer> {
    return await (await post(JSON.stringify({ query, variables }))).json() as GraphAnswer;
  }

  /** Asks for something and returns why it was refused; nothing may have come of it. */
  async function refusalOf(changes: { costCenter?: string; justification?: string; line?: object }): Promise<Problem & { graphqlCode: string }> {
    const reference = `bad-${crypto.randomUUID()}`;
    const { line, ...head } = changes;
    const answer = await graph(SUBMIT, { input: { reference, facility: 'MAIN', costCenter: '7010', lines: [{ itemNumber: 'IMP-1001', quantity: 1, unit: 'EA', ...line }], ...head } });
    const [error] = answer.errors ?? [];
    assert.ok(error, `was taken: ${JSON.stringify(answer)}`);
    const mine = await graph('{ requisitions(first: 50) { items { reference } } }') as { data: { requisitions: { items: { reference: string }[] } } };
    assert.equal(mine.data.requisitions.items.some((each) => each.reference === reference), false);
    return { ...error.extensions.problem, graphqlCode: error.extensions.code, detail: error.extensions.problem?.detail ?? error.message };
  }

  const REFUSALS: { name: string; asked: Parameters<typeof refusalOf>[0]; code: string; pointer: string }[] = [
    { name: 'an unknown item', asked: { line: { itemNumber: 'NO-SUCH-ITEM' } }, code: 'unknown-item', pointer: '/lines/0/itemNumber' },
    { name: 'a closed cost centre', asked: { costCenter: '7999' }, code: 'cost-center-closed', pointer: '/costCenter' },
    { name: 'an unknown unit', asked: { line: { unit: 'XX' } }, code: 'unknown-unit', pointer: '/lines/0/unit' },
    { name: 'more than the budget holds', asked: { line: { quantity: 90_000 } }, code: 'budget-exceeded', pointer: '/costCenter' },
  ];

  for (const { name, asked, code, pointer } of REFUSALS) {
    test(`${name} is refused by its code, at its place`, async () => {
      const problem = await refusalOf(asked);
      assert.deepEqual([problem.type, problem.code, problem.errors?.[0]?.pointer], ['/problems/refused', code, pointer]);
    });
  }

  test('a negative quantity and a text that is too long break the contract, at their places', async () => {
    const negative = await refusalOf({ line: { quantity: -1 } });
    assert.deepEqual([negative.type, negative.errors?.[0]?.pointer], ['/problems/invalid-request', '/lines/0/quantity']);
    const long = await refusalOf({ justification: 'x'.repeat(100_000) });
    assert.deepEqual([long.type, long.errors?.[0]?.pointer], ['/problems/invalid-request', '/justification']);
  });

  test('invalid JSON is a problem document with status 400', async () => {
    const response = await post('{"query": "{ me { id }');
    assert.deepEqual([response.status, response.headers.get('content-type')?.split(';')[0]], [400, 'application/problem+json']);
    assert.equal((await response.json() as Problem).code, 'invalid-json');
  });

  test('a query that is too deep is refused before it is run', async () => {
    const deep = `{ orders { items ${'{ requisition { orders '.repeat(12)} { id } ${'} }'.repeat(12)} } }`;
    const response = await post(JSON.stringify({ query: deep }));
    assert.equal(response.status, 400);
    const problem = await response.json() as Problem;
    assert.deepEqual([problem.type, problem.code], ['/problems/invalid-request', 'graph-request-invalid']);
    assert.match(problem.detail ?? '', /Query depth limit of 8 exceeded/);
  });

  test('an expired token is refused, and told so', async () => {
    const [key] = state.signingKeys;
    const expired = await new SignJWT({ scope: 'portal', client_id: 'portal', roles: ['requester'], facilities: ['MAIN'] })
      .setProtectedHeader({ alg: 'ES256', kid: key!.kid, typ: 'at+jwt' }).setIssuer(platform.urls.identity).setAudience(RESOURCE).setSubject('nina.alvarez').setJti(crypto.randomUUID())
      .setIssuedAt('-20 minutes').setExpirationTime('-10 minutes').sign(await importJWK(key as JWK, 'ES256'));
    const response = await post('{"query":"{ me { id } }"}', expired);
    assert.equal(response.status, 401);
    assert.match(response.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
    assert.equal((await response.json() as Problem).code, 'token-expired');
  });

  test('a token without the scope is forbidden, and the scope is named', async () => {
    const { accessToken } = await machineToken({ issuer: platform.urls.identity, clientId: 'operator', scope: 'operations', key: state.keyOf('operator') });
    const response = await post('{"query":"{ me { id } }"}', accessToken);
    assert.equal(response.status, 403);
    const problem = await response.json() as Problem;
    assert.deepEqual([problem.type, problem.code], ['/problems/forbidden', 'missing-scope']);
    assert.match(response.headers.get('www-authenticate') ?? '', /scope="portal"/);
  });

  async function kept(resource: string): Promise<{ items: Record<string, unknown>[] }> {
    const tokens = await createServiceTokens({ service: 'process-apis', keyDirectory: path.join(journey.home, 'keys'), grants: {} });
    const response = await fetch(`http://127.0.0.1:${platform.ports.SYSTEM_APIS_PORT}${resource}`, { headers: { authorization: `Bearer ${await tokens.sign('system-apis')}` } });
    assert.equal(response.status, 200);
    return await response.json() as { items: Record<string, unknown>[] };
  }

  test('an HL7 message without MSH is rejected, kept and listed; the next one is taken', async () => {
    const sender = await openSender(platform.ports.MLLP_PORT);
    try {
      const { code } = await sender.send('EVN|A01|20261120\rPID|1||4711\r');
      assert.equal(code, 'AR');
      const { items } = await kept('/ehr/v1/messages?status=rejected');
      assert.equal(items.length, 1);
      assert.equal((await sender.send(admission())).code, 'AA');
    } finally {
      sender.close();
    }
  });

  test('a truncated frame is rejected, kept and listed; its sender sends it again', async () => {
    const message = admission({ controlId: 'CUT-1' });
    const cut = await openSender(platform.ports.MLLP_PORT);
    cut.write(frame(message).subarray(0, 60));
    cut.socket.end();
    const { code, errors } = await cut.answer();
    assert.deepEqual([code, errors[0]?.text], ['AR', 'The block has no end']);
    await cut.closed();
    assert.equal((await kept('/ehr/v1/messages?status=rejected')).items.length, 2);
    const again = await openSender(platform.ports.MLLP_PORT);
    try {
      assert.equal((await again.send(message)).code, 'AA');
    } finally {
      again.close();
    }
  });

  test('an X12 interchange with a wrong control count is rejected by TA1, kept and listed', async () => {
    const { accessToken } = await machineToken({ issuer: platform.urls.identity, clientId: 'value-added-network', scope: 'partner', secret: state.secretOf('value-added-network') });
    const interchange = [
      'ISA*00*          *00*          *12*5550130130     *ZZ*LAKESIDE       *261120*1200*^*00501*000000901*0*T*>', 'GS*PR*5550130130*LAKESIDE*20261120*1200*901*X*005010',
      'ST*855*0001', 'BAK*00*AC*1001*20261120', 'SE*3*0001', 'GE*1*901', 'IEA*2*000000901', '',
    ].join('~');
    const response = await fetch(`${platform.urls.gateway}/partner/v1/interchanges`, { method: 'POST', headers: { 'authorization': `Bearer ${accessToken}`, 'content-type': 'application/edi-x12' }, body: interchange });
    assert.equal(response.status, 200);
    // TA104 R: rejected; TA105 021: wrong number of included groups.
    assert.match(await response.text(), /TA1\*000000901\*261120\*1200\*R\*021/);
    const { items } = await kept('/procurement-network/v1/documents?status=rejected');
    assert.equal(items.length, 1);
  });

  test('an answer of the ERP that breaks its contract is named as such, and nothing of it is shown', async () => {
    liar.lie('budgetaryControlBalances', '{"items":"secret-of-the-vendor"}');
    const problem = await refusalOf({});
    assert.equal(problem.type, '/problems/upstream-broken');
    assert.doesNotMatch(JSON.stringify(problem), /secret-of-the-vendor/);
    liar.lie('budgetaryControlBalances', undefined);
    const { data } = await graph(SUBMIT, { input: { reference: 'good-at-last', facility: 'MAIN', costCenter: '7010', lines: [{ itemNumber: 'IMP-1001', quantity: 1, unit: 'EA' }] } });
    assert.ok(data);
  });
});
