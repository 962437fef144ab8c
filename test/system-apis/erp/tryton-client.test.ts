import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, beforeEach, describe, it } from 'node:test';

import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { tryton } from '../../../system-apis/erp/adapters/tryton/adapter.ts';
import { fails } from './conformance/harness.ts';

type Answer = { status?: number; body?: unknown };
interface Asked { method: string; params: unknown[]; authorization: string | undefined }

const MODULES = ['purchase', 'purchase_requisition', 'purchase_amendment', 'account_invoice_stock', 'analytic_purchase', 'analytic_invoice', 'stock_lot', 'stock_lot_sled', 'stock_lot_unit', 'stock_supply'];

/** What a healthy server answers; a test replaces what it is about. */
let script: Record<string, (asked: Asked, time: number) => Answer>;
let calls: Asked[];
let sessions: number;

const server = createServer(async (incoming, outgoing) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method, params } = JSON.parse(Buffer.concat(chunks).toString()) as { method: string; params: unknown[] };
  const asked = { method, params, authorization: incoming.headers.authorization };
  calls.push(asked);
  const { status = 200, body } = script[method]?.(asked, calls.filter((each) => each.method === method).length) ?? { body: { error: ["'unscripted'", method] } };
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(typeof body === 'string' ? body : JSON.stringify(body ?? null));
});
await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done); });

const deps = { log: createLog('tryton-client-test', 'error'), metrics: createMetrics('tryton-client-test'), clock: systemClock };
const open: { close(): Promise<void> }[] = [];

function connect() {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const port = tryton.create({ url, database: 'erp', user: 'integration', password: 'secret', timeoutMs: 2_000 }, deps);
  open.push(port);
  return port;
}

const call = { principal: { kind: 'service', subject: 't', service: 't', scopes: [], roles: [], facilities: [], bindings: {} }, repeated: false, idempotencyKey: undefined, signal: AbortSignal.timeout(60_000) } as const;
const account = { id: 4, code: '5110', name: 'Supplies', closed: false, 'type.': { name: 'Expense', statement: 'income', assets: false, revenue: false, expense: true, payable: false, receivable: false } };
const READ = 'model.account.account.search_read';
const getAccount = () => connect().getAccount({ account: '5110' }, call);

after(async () => {
  for (const port of open) await port.close();
  server.closeAllConnections();
  await new Promise((done) => { server.close(done); });
});

beforeEach(() => {
  calls = [];
  sessions = 0;
  script = {
    'common.db.login': () => ({ body: { result: [7, `session-${sessions += 1}`] } }),
    'model.res.user.get_preferences': () => ({ body: { result: { company: 1, employee: 2, language: 'de' } } }),
    'model.ir.module.search_read': () => ({ body: { result: MODULES.map((name, id) => ({ id, name })) } }),
    [READ]: () => ({ body: { result: [account] } }),
  };
});

describe('The sign-on to Tryton', () => {
  it('carries company and employee into every call, and asks for English', async () => {
    assert.equal((await getAccount()).type, 'expense');
    const read = calls.find((each) => each.method === READ);
    assert.deepEqual(read?.params.at(-1), { company: 1, employee: 2, language: 'en', active_test: false });
    assert.equal(read?.authorization, `Session ${Buffer.from('integration:7:session-1').toString('base64')}`);
  });

  it('is renewed once when the server has forgotten the session, however many calls notice', async () => {
    const port = connect();
    await port.getAccount({ account: '5110' }, call);
    script[READ] = ({ authorization }) => (authorization?.endsWith(Buffer.from('integration:7:session-1').toString('base64')) ? { status: 401, body: '' } : { body: { result: [account] } });
    await Promise.all([1, 2, 3].map(() => port.getAccount({ account: '5110' }, call)));
    assert.equal(sessions, 2);
  });

  it('that is refused is our own trouble, not the caller\'s', async () => {
    script['common.db.login'] = () => ({ status: 401, body: '<html>no</html>' });
    await fails(getAccount(), 'unavailable', 'vendor-sign-on-failed');
  });

  it('is tried anew after it failed', async () => {
    const port = connect();
    const works = script['common.db.login']!;
    script['common.db.login'] = () => ({ status: 503 });
    await fails(port.getAccount({ account: '5110' }, call), 'unavailable');
    script['common.db.login'] = works;
    assert.equal((await port.getAccount({ account: '5110' }, call)).code, '5110');
  });

  it('names the modules that the server lacks', async () => {
    script['model.ir.module.search_read'] = () => ({ body: { result: MODULES.filter((name) => name !== 'stock_lot').map((name, id) => ({ id, name })) } });
    const failure = await fails(getAccount(), 'unavailable', 'vendor-modules-missing');
    assert.match(failure.message, /stock_lot\b/);
  });

  it('needs a user with company and employee', async () => {
    script['model.res.user.get_preferences'] = () => ({ body: { result: { language: 'en' } } });
    await fails(getAccount(), 'unavailable', 'vendor-user-incomplete');
  });
});

describe('Answers of Tryton', () => {
  it('that lack a field are broken: the place is named and nothing is quoted', async () => {
    script[READ] = () => ({ body: { result: [{ ...account, name: { secret: 'Jane Doe' } }] } });
    const failure = await fails(getAccount(), 'upstream-broken', 'vendor-answer-invalid');
    assert.match(failure.message, /account\.account.*\/0\/name/);
    assert.ok(!failure.message.includes('Jane'));
  });

  for (const [what, answer] of Object.entries({ 'no JSON': { body: '<html>busy</html>' }, 'a bare text': { body: '"ok"' }, 'an object in place of a list': { body: { result: { a: 1 } } } })) {
    it(`that are ${what} are broken`, async () => {
      script[READ] = () => answer;
      await fails(getAccount(), 'upstream-broken', 'vendor-answer-invalid');
    });
  }

  it('are asked for again while somebody else writes the same records', async () => {
    script[READ] = (_asked, time) => ({ body: time < 3 ? { error: ['ConcurrencyException', 'Records were modified in the meanwhile'] } : { result: [account] } });
    assert.equal((await getAccount()).code, '5110');
    assert.equal(calls.filter((each) => each.method === READ).length, 3);
  });

  it('that are always in conflict end as a failure that may be tried later', async () => {
    script[READ] = () => ({ body: { error: ['could not obtain lock on row in relation "stock_move"\n', ''] } });
    const failure = await fails(getAccount(), 'unavailable', 'vendor-conflict');
    assert.equal(failure.retryable, true);
  });

  it('of a server in trouble are unavailable, and of one that is throttled are a matter of patience', async () => {
    script[READ] = () => ({ status: 500, body: 'Internal Server Error' });
    await fails(getAccount(), 'unavailable', 'vendor-failed');
    script[READ] = () => ({ status: 429 });
    await fails(getAccount(), 'rate-limited');
  });
});

describe('Text for Tryton', () => {
  it('that its database cannot hold is refused before anything is asked of it', async () => {
    const failure = await fails(connect().createJournal({ body: { reference: 'r', facility: 'MAIN', source: 'adjustment', postedOn: '2026-01-01', currency: 'USD', description: 'a\u0000b', lines: [] } }, call), 'invalid-request', 'text-not-storable');
    assert.equal(failure.errors?.[0]?.pointer, '/body/description');
    assert.equal(calls.length, 0);
  });
});
