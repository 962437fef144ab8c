import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setup } from 'xstate';
import { routeOf } from '#chassis/history/route-of.ts';
import { createVendorCalls } from '#chassis/history/vendor-calls.ts';
import { createVendorHttp, type VendorHttp } from '#chassis/http/vendor-http.ts';
import { bind, effects } from '#chassis/lifecycle/life.ts';
import { move } from '#chassis/moves/move.ts';
import { openDatabase } from '#chassis/storage/database.ts';
import { contextFrom, runInContext } from '#chassis/telemetry/context.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { startProbe, type Probe } from '../../support/probe.ts';

interface CallRow extends Record<string, unknown> {
  adapter: string;
  route: string;
  outcome: string;
  status: number | null;
  move_id: string | null;
  step: string | null;
  correlation_id: string;
  ms: number;
  at: Date;
}

describe('calls to vendors', () => {
  let file: TestDatabase;
  let probe: Probe;
  let vendor: Server;
  let http: VendorHttp;
  before(async () => {
    file = await createTestDatabase();
    vendor = createServer((request, response) => {
      response.statusCode = request.url?.includes('broken') ? 503 : 200;
      response.end('{}');
    });
    await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
    probe = await startProbe(file.url, ({ lives, moves, log, metrics, calls }) => {
      http = createVendorHttp({ adapter: 'some-vendor', baseUrl: `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`, log, metrics, calls });
      const deliver = move('deliver', async (run, { path }: { path: string }) => {
        await run.step('look it up', () => http.exchange({ method: 'GET', path }));
        await run.step('book it', () => http.exchange({ method: 'POST', path: '/bookings', operation: 'book' }));
        return { type: 'delivered' };
      });
      lives.register<{ path: string }>({
        process: 'delivery', version: 1, tier: 'standard', keys: () => ({}), facility: () => undefined, announcements: {}, workItems: {},
        machine: setup({ types: { context: {} as { path: string }, input: {} as { path: string }, events: {} as { type: 'delivered' } }, actions: effects('deliver') }).createMachine({
          context: ({ input }) => input, initial: 'open', states: { open: { entry: 'deliver', on: { delivered: 'done' } }, done: { type: 'final' } },
        }),
        moves: { deliver: bind(deliver, (context: { path: string }) => context) },
      });
      moves.register('delivery', 'standard', [deliver], async (tx, lifeId, outcome) => { await lives.apply(tx, lifeId, outcome); });
    });
  });
  after(async () => {
    await http.close();
    await probe.stop();
    vendor.close();
    await file.drop();
  });

  const callsOf = (correlationId: string, count: number) => eventually(async () => {
    const rows = await probe.platform.database.query<CallRow>('select adapter, route, outcome, status, move_id, step, correlation_id, ms, at from chassis.vendor_calls where correlation_id = $1 order by at', [correlationId]);
    return rows.length >= count && rows;
  });
  const inRun = <T>(run: string, work: () => Promise<T>) => runInContext({ ...contextFrom(undefined, undefined), correlationId: run }, work);

  test('are noted with the move and the step for which they are made, and without whom they are about', async () => {
    await inRun('run-in-a-move', () => probe.tx((tx) => probe.platform.lives.start(tx, 'delivery', { path: '/people/jane-canary/parcels?name=Canary' }, { identity: '1' })));
    const calls = await callsOf('run-in-a-move', 2);
    assert.deepEqual(calls.map(({ adapter, route, outcome, status, step }) => ({ adapter, route, outcome, status, step })), [
      { adapter: 'some-vendor', route: 'GET /people/{}/{}', outcome: 'ok', status: 200, step: 'look-it-up' },
      { adapter: 'some-vendor', route: 'book', outcome: 'ok', status: 200, step: 'book-it' },
    ]);
    const [asked] = await probe.platform.database.query<{ id: string }>('select id from chassis.moves');
    assert.deepEqual(calls.map((call) => call.move_id), [asked!.id, asked!.id]);
  });

  test('that fail say how, and those that belong to no work are not noted', async () => {
    await http.exchange({ method: 'GET', path: '/parcels' });
    await inRun('run-that-fails', () => assert.rejects(http.exchange({ method: 'GET', path: '/broken/42' }), { kind: 'unavailable' }));
    const [call] = await callsOf('run-that-fails', 1);
    assert.deepEqual([call!.route, call!.outcome, call!.status, call!.move_id], ['GET /broken/{}', 'unavailable', 503, null]);
    assert.deepEqual(await probe.platform.database.query(`select from chassis.vendor_calls where route = 'GET /parcels'`), []);
  });

  test('name no more of an address than the sort of thing', () => {
    assert.deepEqual([routeOf('GET', '/Patient/1/x'), routeOf('GET', '/?page=jane'), routeOf('POST', '/'), routeOf('GET', '/100200^^^HOSP'), routeOf('GET', '/Patient?name=jane')],
      ['GET /Patient/{}/{}', 'GET /', 'POST /', 'GET /{}', 'GET /Patient']);
  });

  test('are cut by day, and old days are dropped', async () => {
    const { database } = probe.platform;
    for (const day of ['2020-01-01', '2020-01-02']) await database.query(`create table chassis.vendor_calls_${day.replaceAll('-', '')} partition of chassis.vendor_calls for values from ('${day}T00:00:00Z') to ('${day}T24:00:00Z')`);
    const log = createLog('test', 'error');
    const calls = createVendorCalls({ service: 'test', database, keepDays: 30, log, metrics: createMetrics('test') });
    await calls.start();
    await eventually(async () => (await database.query(`select from pg_class where relname like 'vendor_calls_2020%'`)).length === 0);
    await calls.stop();
    assert.ok((await database.query('select from chassis.vendor_calls')).length > 0);
  });

  test('wait while the table of their day cannot be made, and a day that is in use is dropped later', async () => {
    const { database } = probe.platform;
    await database.query(`create table chassis.vendor_calls_20200103 partition of chassis.vendor_calls for values from ('2020-01-03T00:00:00Z') to ('2020-01-04T00:00:00Z')`);
    const [log, metrics] = [createLog('test', 'error'), createMetrics('test')];
    const start = async () => {
      const calls = createVendorCalls({ service: 'test', database, keepDays: 30, log, metrics });
      await calls.start();
      return calls;
    };
    const waiters = async () => (await database.query(`select from pg_locks where relation = 'chassis.vendor_calls'::regclass and not granted`)).length;
    const isThere = async () => (await database.query(`select from pg_class where relname = 'vendor_calls_20200103'`)).length === 1;
    const user = await database.pool.connect();
    await user.query('begin');
    await user.query('lock table chassis.vendor_calls in share update exclusive mode');
    const calls = await start();
    try {
      await eventually(async () => await waiters() > 0);
      await eventually(async () => await waiters() === 0);
      assert.ok(await isThere());
      // Two days ago has no table yet.
      await inRun('run-of-old', async () => calls.note({ adapter: 'a', route: 'GET /', outcome: 'ok', status: 200, durationMs: 2 * 86_400_000, evidence: undefined }));
      await eventually(async () => await waiters() > 0);
      await eventually(async () => await waiters() === 0);
    } finally {
      await user.query('rollback');
      user.release();
    }
    await callsOf('run-of-old', 1);
    await calls.stop();
    await (await start()).stop();
    assert.ok(!await isThere());
    assert.equal((await metrics.vendorCallsForgotten.get()).values[0]?.value ?? 0, 0);
  });

  test('are forgotten and counted, and nothing waits for them, while the database is away', async () => {
    const log = createLog('test', 'error');
    const database = openDatabase({ url: `postgres://nobody@127.0.0.1:${await freePort()}/nothing`, log });
    const metrics = createMetrics('test');
    const calls = createVendorCalls({ service: 'test', database, keepDays: 30, log, metrics });
    await inRun('run-without-database', async () => {
      for (let index = 0; index < 5_010; index += 1) calls.note({ adapter: 'a', route: 'GET /', outcome: 'ok', status: 200, durationMs: 1, evidence: undefined });
    });
    assert.equal((await metrics.vendorCallsForgotten.get()).values[0]?.value, 10);
    await calls.stop();
    assert.equal((await metrics.vendorCallsForgotten.get()).values[0]?.value, 5_010);
    await database.close();
  });
});
