import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { Agent, request } from 'undici';
import type { ConfigError, PlatformConfig } from '#chassis/config/config.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { childDiedAt, startChild } from '../../support/child-process.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { startProbe } from '../../support/probe.ts';
import { depotApi, newShelves, sampleEventSchemas, shopApi } from '../../support/sample-apis.ts';
import { startSamplePlatform } from '../../support/sample-platform.ts';

describe('a deployable in operation', () => {
  let server: TestDatabase;
  let keys: string;
  before(async () => {
    server = await createTestDatabase();
    keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
    await ensureServiceKeys(keys, ['lower', 'tester']);
  });
  after(async () => {
    await server.drop();
    await rm(keys, { recursive: true });
  });

  const configOf = (port: number, more: object = {}): PlatformConfig => ({
    environment: 'test', log: { level: 'error' }, database: { url: server.url }, keys: { directory: keys }, apis: {},
    deployables: { lower: { port, apis: ['depot'], grants: { tester: { scopes: ['depot:*'] } }, ...more } },
  });

  test('says that it lives, that it is ready, and what it does', async (t) => {
    const platform = await startSamplePlatform('together');
    t.after(() => platform.stop());
    const base = platform.url('shop');
    assert.deepEqual(await (await fetch(`${base}/health`)).json(), { status: 'alive' });
    assert.deepEqual(await (await fetch(`${base}/ready`)).json(), { ready: true, database: true });
    await platform.request('depot', 'GET', '/depot/v1/boxes/absent');
    const figures = await (await fetch(`${base}/metrics`)).text();
    const lines = figures.split('\n');
    const served = lines.find((line) => line.startsWith('callosum_served_seconds_count') && ['api="depot"', 'operation="readBox"', 'outcome="not-found"', 'service="upper"'].every((label) => line.includes(label)));
    assert.ok(served?.endsWith(' 1'), served);
    assert.ok(lines.some((line) => line.startsWith('callosum_event_lag') && line.includes('group="shop"') && line.endsWith(' 0')));
    assert.ok(!figures.includes('absent'));
  });

  test('is not ready while its database is away, and ready again when it is back', async () => {
    const probe = await startProbe(server.url, () => undefined);
    const ready = async () => (await fetch(`${probe.url}/ready`)).status;
    assert.equal(await ready(), 200);
    const { pool } = probe.platform.database;
    const away = pool.query.bind(pool);
    pool.query = (() => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }))) as typeof pool.query;
    assert.equal(await ready(), 503);
    assert.equal((await fetch(`${probe.url}/health`)).status, 200);
    pool.query = away as typeof pool.query;
    assert.equal(await ready(), 200);
    await probe.stop();
  });

  test('that cannot be started says why and keeps nothing open', async (t) => {
    const asking = new pg.Client({ connectionString: server.url });
    await asking.connect();
    t.after(() => asking.end());
    const sessions = async () => (await asking.query<{ query: string }>(
      `select query from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`)).rows.map((row) => row.query);
    // A session ends a moment after its connection; a pool that was forgotten lets go of its own after a minute only.
    const nobody = () => eventually(async () => {
      const open = await sessions();
      if (open.length > 0) throw new Error(`still open: ${open.join('; ')}`);
      return true;
    }, 20_000);
    await nobody();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await assert.rejects(startDeployable({ name: 'lower', config: configOf(port), modules: [depotApi(newShelves())], eventSchemas: sampleEventSchemas }), { code: 'EADDRINUSE' });
    taken.close();
    await nobody();
  });

  test('reports all that is wrong with it before it begins anything', async () => {
    const config = { ...configOf(await freePort(), { apis: ['depot', 'shop', 'nothing'] }), apis: { shop: { limitMs: 'soon' }, depot: { colour: 'red' } } };
    await assert.rejects(startDeployable({ name: 'lower', config, modules: [depotApi(newShelves()), shopApi], eventSchemas: sampleEventSchemas }), (error: ConfigError) => {
      assert.deepEqual(error.mistakes, ['/deployables/lower/apis: nothing is not an API of this layer', '/apis/depot/colour: is not known here', '/apis/shop/limitMs: must be integer']);
      return true;
    });
  });

  test('many start at once on an empty database', async () => {
    const empty = await createTestDatabase();
    const probes = await Promise.all(['one', 'two', 'three', 'four'].map((name) => startProbe(empty.url, () => undefined, { name })));
    for (const probe of probes) assert.equal((await fetch(`${probe.url}/ready`)).status, 200);
    for (const probe of probes) await probe.stop();
    await empty.drop();
  });

  test('asked to stop under load it answers every request that it has taken, and ends', async (t) => {
    const port = await freePort();
    const child = startChild('sample-server.ts', { config: configOf(port), readMs: 30 });
    t.after(() => child.end());
    await child.message();
    const tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
    const authorization = `Bearer ${await tokens.sign('lower')}`;
    const agent = new Agent({ connections: 20, pipelining: 1 });
    const outcomes = new Map<string, number>();
    let stopping = false;
    // A request that never left, because nobody listens any more, was not taken.
    const nobodyThere = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT']);
    const caller = async () => {
      for (;;) {
        try {
          const answer = await request(`http://127.0.0.1:${port}/depot/v1/boxes/known`, { dispatcher: agent, headers: { authorization } });
          await answer.body.text();
          outcomes.set(String(answer.statusCode), (outcomes.get(String(answer.statusCode)) ?? 0) + 1);
        } catch (error) {
          const code = String((error as { code?: string }).code);
          if (stopping && nobodyThere.has(code)) return;
          outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
          if (stopping) return;
        }
      }
    };
    const callers = Array.from({ length: 20 }, caller);
    await eventually(() => (outcomes.get('200') ?? 0) > 100);
    stopping = true;
    child.process.kill('SIGTERM');
    await Promise.all(callers);
    assert.equal(await childDiedAt(child), 0);
    assert.deepEqual([...outcomes.keys()], ['200']);
    await agent.close();
  });

  test('a second signal ends it at once', async (t) => {
    const port = await freePort();
    const child = startChild('sample-server.ts', { config: configOf(port), readMs: 60_000 });
    t.after(() => child.end());
    await child.message();
    const tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
    const hanging = fetch(`http://127.0.0.1:${port}/depot/v1/boxes/known`, { headers: { authorization: `Bearer ${await tokens.sign('lower')}` } }).then(() => 'answered', () => 'cut off');
    await eventually(async () => (await (await fetch(`http://127.0.0.1:${port}/ready`)).json() as { ready: boolean }).ready);
    child.process.kill('SIGTERM');
    await eventually(async () => fetch(`http://127.0.0.1:${port}/ready`).then((answer) => answer.status === 503, () => true));
    child.process.kill('SIGTERM');
    assert.equal(await childDiedAt(child), 1);
    assert.equal(await hanging, 'cut off');
  });
});
