import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ApiError } from '#chassis/errors/failures.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { isDatabaseUnavailable, openDatabase, type Database } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { depotApi, newShelves, sampleEventSchemas } from '../../support/sample-apis.ts';

const log = createLog('test', 'emerg');

/** Keeps `count` connections for itself until told otherwise. */
async function keep(database: Database, count: number): Promise<() => Promise<void>> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const begun = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const kept = begun.map((each) => database.transaction(async () => { each.resolve(); await promise; }));
  await Promise.all(begun.map((each) => each.promise));
  return async () => { resolve(); await Promise.all(kept); };
}

describe('a database without a connection to spare', () => {
  let server: TestDatabase;
  before(async () => { server = await createTestDatabase(); });
  after(() => server.drop());

  test('lets some wait in line and sends the rest away at once, to come back in a moment', async () => {
    const database = openDatabase({ url: server.url, log, maxConnections: 2 });
    const release = await keep(database, 2);
    const outcomes = Array.from({ length: 150 }, () => database.query('select 1 as one').then(() => 'served', (error: ApiError) => {
      assert.ok(isDatabaseUnavailable(error));
      return `${error.kind} ${error.retryAfterMs}`;
    }));
    assert.equal(await Promise.race(outcomes), 'unavailable 1000', 'while nobody can be served');
    await assert.rejects(database.transaction(async () => 'served'), { code: 'database-unavailable' });
    await release();
    const seen = await Promise.all(outcomes);
    assert.deepEqual([seen.filter((each) => each === 'served').length, seen.filter((each) => each !== 'served').length], [128, 22]);
    await database.close();
  });

  test('whose server has none left is an outage that passes', async (t) => {
    const role = `limited_${server.url.split('/').at(-1)}`;
    const owner = openDatabase({ url: server.url, log, maxConnections: 1 });
    await owner.query(`create role ${role} login connection limit 1 password 'limited'`);
    const url = new URL(server.url);
    url.username = role;
    url.password = 'limited';
    const limited = openDatabase({ url: url.href, log, maxConnections: 2 });
    t.after(async () => {
      await limited.close();
      await owner.query(`drop role ${role}`);
      await owner.close();
    });
    const release = await keep(limited, 1);
    await limited.query('select 1').then(() => assert.fail(), (error: ApiError) => assert.deepEqual([isDatabaseUnavailable(error), error.retryAfterMs], [true, 1_000]));
    await release();
    assert.deepEqual(await limited.query('select 1 as one'), [{ one: 1 }]);
  });

  test('answers requests with 503 and a moment to come back, is alive meanwhile, and serves again', async (t) => {
    const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
    await ensureServiceKeys(keys, ['depot', 'tester']);
    const port = await freePort();
    let inside: Platform | undefined;
    const api = depotApi(newShelves());
    const deployable = await startDeployable({
      name: 'depot', modules: [{ ...api, create(platform, settings) { inside = platform; return api.create(platform, settings); } }], eventSchemas: sampleEventSchemas,
      config: {
        environment: 'test', log: { level: 'error' }, database: { url: server.url }, keys: { directory: keys }, apis: {},
        deployables: { depot: { port, apis: ['depot'], databaseConnections: 2, grants: { tester: { scopes: ['depot:*'] } } } },
      },
    });
    t.after(async () => {
      await deployable.stop();
      await rm(keys, { recursive: true });
    });
    const token = await (await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} })).sign('depot');
    const store = (label: string) => fetch(`http://127.0.0.1:${port}/depot/v1/boxes`, {
      method: 'POST', headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': `store-${label}-in-depot` }, body: JSON.stringify({ label, weight: 1 }),
    });
    assert.equal((await store('before')).status, 201);
    const { database } = inside!;
    const release = await keep(database, 2);
    const waiting = Promise.allSettled(Array.from({ length: 128 }, () => database.query('select 1')));
    const refused = await store('meanwhile');
    assert.deepEqual([refused.status, refused.headers.get('retry-after'), (await refused.json() as { code: string }).code], [503, '1', 'database-unavailable']);
    assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
    await release();
    await waiting;
    assert.equal((await store('meanwhile')).status, 201);
  });
});
