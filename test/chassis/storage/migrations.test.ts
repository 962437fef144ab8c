import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { CHASSIS_SCHEMA } from '#chassis/deployable/schema.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startProbe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

describe('migrations', () => {
  let server: TestDatabase;
  let database: Database;
  before(async () => {
    server = await createTestDatabase();
    database = openDatabase({ url: server.url, log: createLog('test', 'error'), maxConnections: 8 });
  });
  after(async () => {
    await database.close();
    await server.drop();
  });

  const first = { name: '001-first', sql: 'create table things (n int); insert into things values (1);\ninsert into things values (2);' };
  const second = { name: '002-second', sql: 'alter table things add column m int;' };

  test('are applied once each, in the schema of their owner, however many start at once', async () => {
    const own = [{ name: '001-first', sql: 'create table things (n int);\ninsert into things values (1);' }];
    await Promise.all(Array.from({ length: 6 }, () => migrate(database, 'own_one', own)));
    assert.deepEqual(await database.query('select n from own_one.things'), [{ n: 1 }]);
  });

  test('of processes that look at the same time, and find no schema, are applied by one and waited for by the others', async () => {
    const processes = Array.from({ length: 3 }, () => openDatabase({ url: server.url, log: createLog('test', 'error'), maxConnections: 2 }));
    for (const schema of ['own_late', 'own_later', 'own_last']) await Promise.all(processes.map((each) => migrate(each, schema, [{ ...first, sql: 'create table things (n int);' }])));
    for (const each of processes) await each.close();
    assert.deepEqual(await database.query('select n from own_last.things'), []);
  });

  test('go on from where they were', async () => {
    const own = { ...first, sql: 'create table things (n int);' };
    await migrate(database, 'own_two', [own]);
    await migrate(database, 'own_two', [own, second]);
    assert.deepEqual(await database.query('select n, m from own_two.things'), []);
    // An older process starts on what a newer one has migrated.
    await migrate(database, 'own_two', [own]);
  });

  test('that fail leave nothing behind', async () => {
    const broken = [{ name: '001-first', sql: 'create table things (n int);\nselect nonsense;' }];
    await assert.rejects(migrate(database, 'own_three', broken));
    assert.deepEqual(await database.query(`select to_regclass('own_three.things') as found`), [{ found: null }]);
  });

  test('that were changed after they had been applied are refused', async () => {
    await migrate(database, 'own_four', [{ name: '001-first', sql: 'create table things (n int);' }]);
    await assert.rejects(migrate(database, 'own_four', [{ name: '001-first', sql: 'create table things (n bigint);' }]), /was changed after/);
  });

  test('take no schema name that is not one', () => assert.rejects(migrate(database, 'x; drop table y', []), /schema name/));

  test('of the chassis fit a database in which an older version is at work', async () => {
    await migrate(database, 'chassis', CHASSIS_SCHEMA.slice(0, -1));
    await migrate(database, 'chassis', CHASSIS_SCHEMA);
    const probes = await Promise.all(['a', 'b', 'c'].map((name) => startProbe(server.url, (platform) => defineLoans(platform), { name: `probe-${name}` })));
    for (const probe of probes) await probe.stop();
  });
});
