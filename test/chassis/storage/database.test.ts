import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { isDatabaseUnavailable, isUniqueViolation, openDatabase, type Database } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';

const log = createLog('test', 'emerg');

describe('a database', () => {
  let server: TestDatabase;
  let database: Database;
  before(async () => {
    server = await createTestDatabase();
    database = openDatabase({ url: server.url, log, maxConnections: 4 });
    await database.query('create table notes (n int primary key)');
  });
  after(async () => {
    await database.close();
    await server.drop();
  });

  const notes = async () => (await database.query<{ n: number }>('select n from notes order by n')).map((row) => row.n);

  test('a transaction holds together, and what waits for its commit is told once it is there', async () => {
    const told: string[] = [];
    await database.transaction(async (tx) => {
      await tx.query('insert into notes values (1)');
      tx.afterCommit(() => told.push('committed'));
      assert.deepEqual(told, []);
    });
    await assert.rejects(database.transaction(async (tx) => {
      await tx.query('insert into notes values (2)');
      tx.afterCommit(() => told.push('never'));
      throw new Error('no');
    }), /no/);
    assert.deepEqual([await notes(), told], [[1], ['committed']]);
  });

  test('an attempt that fails takes back its own part only, and what it wanted to tell', async () => {
    const told: string[] = [];
    await database.transaction(async (tx) => {
      await tx.query('insert into notes values (10)');
      await assert.rejects(tx.attempt(async () => {
        await tx.query('insert into notes values (11)');
        tx.afterCommit(() => told.push('eleven'));
        await tx.query('insert into notes values (10)');
      }), isUniqueViolation);
      await tx.attempt(async () => { await tx.query('insert into notes values (12)'); tx.afterCommit(() => told.push('twelve')); });
    });
    assert.deepEqual([(await notes()).filter((n) => n >= 10), told], [[10, 12], ['twelve']]);
  });

  test('a transaction whose failed statement was swallowed does not pass for committed', async () => {
    await assert.rejects(database.transaction(async (tx) => {
      await tx.query('insert into notes values (20)');
      await tx.query('insert into notes values (20)').catch(() => undefined);
    }), /had failed/);
    assert.ok(!(await notes()).includes(20));
  });

  test('whoever is told of a commit cannot undo it by failing', async () => {
    const told: string[] = [];
    await database.transaction(async (tx) => {
      await tx.query('insert into notes values (30)');
      tx.afterCommit(() => { throw new Error('no'); });
      tx.afterCommit(() => told.push('the next one'));
    });
    assert.deepEqual([(await notes()).includes(30), told], [true, ['the next one']]);
  });

  test('a connection that the server cuts is an outage that passes', async () => {
    await assert.rejects(database.transaction((tx) => tx.query('select pg_terminate_backend(pg_backend_pid())')), (error: ApiError) => {
      assert.deepEqual([error.kind, error.code, error.retryable], ['unavailable', 'database-unavailable', true]);
      return isDatabaseUnavailable(error);
    });
    await database.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()');
    assert.deepEqual(await eventually(() => database.query('select 1 as one').catch(() => undefined)), [{ one: 1 }]);
  });

  test('connections that were cut are not missed later', async () => {
    for (let round = 0; round < 20; round += 1) await assert.rejects(database.transaction((tx) => tx.query('select pg_terminate_backend(pg_backend_pid())')));
    await Promise.all(Array.from({ length: 20 }, () => database.query('select 1')));
    assert.ok(database.pool.totalCount <= 4);
    assert.equal(database.pool.waitingCount, 0);
  });

  test('of two that wait for each other in a circle one is told to try again', async () => {
    await database.query('insert into notes values (40), (41)');
    let first: () => void = () => undefined;
    let second: () => void = () => undefined;
    const both = [new Promise<void>((resolve) => { first = resolve; }), new Promise<void>((resolve) => { second = resolve; })];
    const cross = (mine: number, other: number, ready: () => void) => database.transaction(async (tx) => {
      await tx.query('select 1 from notes where n = $1 for update', [mine]);
      ready();
      await Promise.all(both);
      await tx.query('select 1 from notes where n = $1 for update', [other]);
    });
    const outcomes = await Promise.allSettled([cross(40, 41, first), cross(41, 40, second)]);
    const [loser] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    assert.ok(isDatabaseUnavailable(loser));
  });

  test('a session that forgets its transaction does not hold others up for good', async () => {
    const [setting] = await database.query<{ ms: string }>(`select setting as ms from pg_settings where name = 'idle_in_transaction_session_timeout'`);
    assert.equal(setting?.ms, '30000');
    await assert.rejects(database.transaction(async (tx) => {
      await tx.query(`set local idle_in_transaction_session_timeout = 50`);
      await database.query('select pg_sleep(0.3)');
      await tx.query('select 1');
    }), isDatabaseUnavailable);
  });

  test('a server that is not there is an outage, and the same word of a system behind is not ours', async () => {
    const nowhere = openDatabase({ url: `postgres://user@127.0.0.1:${await freePort()}/none`, log });
    await assert.rejects(nowhere.query('select 1'), isDatabaseUnavailable);
    await assert.rejects(nowhere.transaction(async () => 1), isDatabaseUnavailable);
    await nowhere.close();
    assert.ok(!isDatabaseUnavailable(new ApiError('unavailable', 'Theirs.', { code: 'database-unavailable', cause: new Error('call to depot failed') })));
  });
});
