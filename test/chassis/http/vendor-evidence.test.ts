import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import { evidenceOf } from '#chassis/errors/evidence.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createVendorEvidence } from '#chassis/http/vendor-evidence.ts';
import { createVendorHttp, type VendorAnswer, type VendorHttp, type VendorRequest } from '#chassis/http/vendor-http.ts';
import { forgetExpired } from '#chassis/payloads/upkeep.ts';
import { runInContext } from '#chassis/telemetry/context.ts';
import { createLog, describeError } from '#chassis/telemetry/logger.ts';
import { createMetrics, type Metrics } from '#chassis/telemetry/metrics.ts';
import { openStore, type Store } from '../payloads/store.ts';

interface Told {
  target: string;
  correlationId: string;
  failure: { kind: string; code?: string };
  request: { method: string; path: string; headers: Record<string, string>; body?: string };
  answer?: { status: number; headers: Record<string, string>; body: string };
}

const SECRET = 'opaque-token-of-this-test';

describe('an exchange with a vendor that goes wrong', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const server = createServer((request, response) => answer(request, response));
  const logged = new PassThrough();
  const log = createLog('test', 'debug', logged);
  let store: Store;
  let metrics: Metrics;
  let vendor: VendorHttp;
  let now = 0;

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    store = await openStore();
  });
  beforeEach(async () => {
    await vendor?.close();
    metrics = createMetrics('test');
    const evidence = createVendorEvidence({ ...store, log, metrics, now: () => now, limits: { perMinute: 3, perDay: 5 } });
    vendor = createVendorHttp({ adapter: 'test-vendor', baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log, metrics, timeoutMs: 5_000, maxAnswerBytes: 100_000, evidence });
  });
  after(async () => {
    await vendor.close();
    server.closeAllConnections();
    server.close();
    await store.leave();
  });

  const answering = (status: number, body = '', headers: Record<string, string> = {}) => { answer = (_request, response) => response.writeHead(status, headers).end(body); };
  const order: VendorRequest = { method: 'POST', path: '/orders?note=1', headers: { 'authorization': `Bearer ${SECRET}`, 'content-type': 'application/json' }, body: '{"order":"PO-1"}' };
  const refuse = ({ status }: VendorAnswer) => { throw new ApiError('refused', 'It will not do it.', { code: `vendor-refused-${status}` }); };

  async function failureOf(request: VendorRequest = order, read?: (answer: VendorAnswer) => unknown): Promise<Error> {
    return vendor.exchange(request, read).then(() => assert.fail('it went well'), (error: Error) => error);
  }

  async function told(failure: Error): Promise<Told> {
    const reference = evidenceOf(failure);
    assert.ok(reference, `nothing was kept of ${failure.message}`);
    const { body, purpose } = await store.payloads.get(store.database, reference);
    assert.equal(purpose, 'vendor-exchange');
    return JSON.parse(body.toString()) as Told;
  }

  test('is kept with what was asked and answered, and the failure and its log line say where', async () => {
    answering(503, '{"title":"Maintenance"}', { 'content-type': 'application/json', 'retry-after': '7', 'set-cookie': 'session=4711' });
    const failure = await runInContext({ correlationId: 'correlated-1', traceparent: '' }, () => failureOf());
    const { target, correlationId, failure: kind, request, answer: given } = await told(failure);
    assert.match(target, /^test-vendor@127\.0\.0\.1:\d+$/);
    assert.deepEqual([correlationId, kind], ['correlated-1', { kind: 'unavailable', code: 'vendor-unavailable' }]);
    assert.deepEqual(request, { method: 'POST', path: '/orders?note=1', headers: { 'content-type': 'application/json' }, body: '{"order":"PO-1"}' });
    assert.equal(given?.body, '{"title":"Maintenance"}');
    assert.deepEqual([given?.status, given?.headers['retry-after'], given?.headers['set-cookie']], [503, '7', undefined]);
    assert.equal(describeError(failure)['evidence'], evidenceOf(failure));
  });

  test('is kept when the adapter cannot read the answer or is refused', async () => {
    answering(200, '{"items":"not a list"}');
    assert.equal((await told(await failureOf(order, () => { throw new ApiError('upstream-broken', 'It is no list.'); }))).answer?.body, '{"items":"not a list"}');
    answering(422, 'Budget exceeded');
    const refused = await told(await failureOf(order, refuse));
    assert.deepEqual([refused.failure.code, refused.answer?.body], ['vendor-refused-422', 'Budget exceeded']);
  });

  test('is kept without an answer when none came', async () => {
    answer = () => undefined;
    const { failure, answer: none } = await told(await failureOf({ ...order, timeoutMs: 250 }));
    assert.deepEqual([failure.kind, none], ['upstream-timeout', undefined]);
    answer = (request) => request.socket.resetAndDestroy();
    assert.equal((await told(await failureOf())).failure.kind, 'unavailable');
  });

  test('is kept without secrets, also where the vendor repeats them', async () => {
    answer = (request, response) => response.writeHead(500).end(`headers: ${JSON.stringify(request.headers)}`);
    const failure = await failureOf({ ...order, headers: { ...order.headers, 'x-api-key': 'another-secret' } }, refuse);
    const kept = JSON.stringify(await told(failure));
    assert.doesNotMatch(kept, new RegExp(`${SECRET}|another-secret`));
    assert.match(kept, /\(removed\)/);

    answering(500, '{"access_token":"fresh-token"}');
    const signOn = JSON.stringify(await told(await failureOf({ method: 'POST', path: '/token', body: 'client_secret=hidden-secret', isSignOn: true }, refuse)));
    assert.doesNotMatch(signOn, /hidden-secret|fresh-token/);
  });

  test('is cut where it is long', async () => {
    answering(500, 'x'.repeat(90_000));
    const { answer: given } = await told(await failureOf({ ...order, body: 'y'.repeat(50_000) }, refuse));
    assert.match(given!.body, /^x{16384} \(cut: 90000 characters\)$/);
  });

  test('is no trouble when the vendor only says that there is none, or asks for patience', async () => {
    answering(404);
    assert.equal(evidenceOf(await failureOf(order, () => { throw new ApiError('not-found', 'There is none.'); })), undefined);
    answering(429);
    assert.equal(evidenceOf(await failureOf()), undefined);
  });

  test('is left out after so many in a minute and in a day, and that is counted', async () => {
    const storm = async () => {
      const failures: Error[] = [];
      for (let call = 0; call < 6; call += 1) failures.push(await failureOf(order, refuse));
      return failures.filter((failure) => evidenceOf(failure) !== undefined).length;
    };
    answering(500);
    assert.equal(await storm(), 3);
    answering(200);
    assert.ok(evidenceOf(await failureOf(order, () => { throw new ApiError('upstream-broken', 'It is no list.'); })), 'another kind of failure is kept');
    now += 60_001;
    assert.equal(await storm(), 2, 'no more than so many a day');
    now += 60_001;
    assert.equal(await storm(), 0);
    now += 86_400_000;
    assert.equal(await storm(), 3);
    const counts = (await metrics.vendorEvidence.get()).values.map(({ labels, value }) => [labels.outcome, value]);
    assert.deepEqual(Object.fromEntries(counts), { 'kept': 9, 'left-out': 16 });
  });

  test('is told all the same when it cannot be kept', async () => {
    const closed = createVendorEvidence({ ...store, log, metrics, payloads: { ...store.payloads, put: () => Promise.reject(new ApiError('unavailable', 'The database is not available at the moment.')) } });
    const other = createVendorHttp({ adapter: 'other-vendor', baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log, metrics, evidence: closed });
    answering(500);
    await assert.rejects(other.exchange(order, refuse), (error: Error) => error instanceof ApiError && error.code === 'vendor-refused-500' && evidenceOf(error) === undefined);
    await other.close();
  });

  test('appears in no log line and no table in the clear', async () => {
    answering(500, 'Jane Canary');
    await failureOf({ ...order, path: '/patients/Jane-Canary', body: 'Jane Canary' }, refuse);
    const rows = await store.database.query<{ text: string }>(`select p::text || encode(p.content, 'escape') as text from chassis.payloads p`);
    assert.deepEqual(await store.database.query(`select distinct encoding from chassis.payloads where purpose = 'vendor-exchange'`), [{ encoding: 'plain' }], 'two parties wrote it');
    assert.doesNotMatch(`${String(logged.read() ?? '')}${JSON.stringify(rows)}`, /Canary/);
  });

  test('stays for as long as a failed move or a dead letter refers to it', async () => {
    answering(500);
    const failed = async () => evidenceOf(await failureOf(order, refuse))!;
    const [needed, told, other] = [await failed(), await failed(), await failed()];
    await store.database.query(
      `insert into chassis.troubled_events (consumer, event_id, xid, seq, type, source, subject, data, correlation_id, traceparent, keys, at, status, failure)
       values ('group', gen_random_uuid(), '1', 1, 'told', 'test', 's', '{}', 'c', 't', '{}', now(), 'dead', $1)`, [JSON.stringify({ kind: 'refused', evidence: told })]);
    await store.database.query(
      `insert into chassis.moves (id, process, name, input, status, failure, correlation_id, traceparent) values (gen_random_uuid(), 'test', 'move', '{}', 'failed', $1, 'c', 't')`, [JSON.stringify({ kind: 'refused', evidence: needed })]);
    await store.database.query(`update chassis.payloads set expires_at = now() - interval '1 hour'`);
    await forgetExpired(store.database);
    assert.deepEqual([...(await store.payloads.getAll(store.database, [needed, told, other])).keys()].sort(), [needed, told].sort());
    await store.database.query('with letters as (delete from chassis.troubled_events) delete from chassis.moves');
    await forgetExpired(store.database);
    assert.equal((await store.payloads.getAll(store.database, [needed, told])).size, 0);
  });
});
