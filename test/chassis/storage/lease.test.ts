import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { LEASE_GRACE_MS, takeLease, watchLeases, type Lease } from '#chassis/storage/lease.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

const log = createLog('test', 'error');

describe('a lease', () => {
  let server: TestDatabase;
  let database: Database;
  let now = 0;
  before(async () => {
    server = await createTestDatabase();
    database = openDatabase({ url: server.url, log });
  });
  after(async () => {
    await database.close();
    await server.drop();
  });

  const cut = (lease: Lease) => database.query('select pg_terminate_backend(pid) from pg_locks where locktype = $1 and objid::bigint = (hashtext($2)::bigint & 4294967295)', ['advisory', lease.id]);

  test('is held while its process lives', async () => {
    const lease = await takeLease(server.url, log);
    assert.deepEqual(await watchLeases(database)([lease.id]), { missing: [], dead: [] });
    await lease.release();
  });

  test('that is missing is suspected first and dead after a grace', async () => {
    const lease = await takeLease(server.url, log);
    await lease.release();
    const look = watchLeases(database, () => now);
    await eventually(async () => (await watchLeases(database)([lease.id])).missing.length === 1);
    assert.deepEqual(await look([lease.id]), { missing: [lease.id], dead: [] });
    now += LEASE_GRACE_MS;
    assert.deepEqual(await look([lease.id]), { missing: [lease.id], dead: [lease.id] });
  });

  test('that lost no more than its connection is taken again, and the suspicion is forgotten', async () => {
    const lease = await takeLease(server.url, log);
    const look = watchLeases(database, () => now);
    await cut(lease);
    await look([lease.id]);
    await eventually(async () => (await watchLeases(database)([lease.id])).missing.length === 0);
    now += LEASE_GRACE_MS;
    assert.deepEqual((await look([lease.id])).dead, []);
    await lease.release();
  });

  test('that was suspected long ago is suspected anew', async () => {
    const lease = await takeLease(server.url, log);
    await lease.release();
    const look = watchLeases(database, () => now);
    await eventually(async () => (await watchLeases(database)([lease.id])).missing.length === 1);
    await look([lease.id]);
    now += 300_001;
    assert.deepEqual((await look([lease.id])).dead, []);
    now += 300_000;
    assert.deepEqual((await look([lease.id])).dead, [lease.id]);
  });

  test('of a process that says nothing any more is ended by the server', async () => {
    const silent = await takeLease(server.url, createLog('test', 'emerg'), { silenceMs: 100, beatMs: 60_000 });
    await eventually(async () => (await watchLeases(database)([silent.id])).missing.length === 1);
    await silent.release();
    const talking = await takeLease(server.url, log, { silenceMs: 500, beatMs: 50 });
    const connections = () => database.query<{ pid: number }>('select pid from pg_locks where locktype = $1 and objid::bigint = (hashtext($2)::bigint & 4294967295)', ['advisory', talking.id]);
    const first = await connections();
    await database.query('select pg_sleep(1)');
    assert.deepEqual(await connections(), first);
    await talking.release();
  });

  test('of one program is not that of another', async () => {
    const [one, two] = [await takeLease(server.url, log), await takeLease(server.url, log)];
    await one.release();
    const { missing } = await eventually(async () => { const seen = await watchLeases(database)([one.id, two.id]); return seen.missing.length > 0 && seen; });
    assert.deepEqual(missing, [one.id]);
    await two.release();
  });

  test('is not asked for where there is none', async () => {
    assert.deepEqual(await watchLeases(database)([]), { missing: [], dead: [] });
  });
});
