import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { forkMove } from '#chassis/interventions/move-acts.ts';
import { move, type Run } from '#chassis/moves/move.ts';
import { takeMoves } from '#chassis/moves/queue.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

describe('moves of one lane', () => {
  let database: TestDatabase;
  let probes: Probe[];
  let lifeId: string;
  const done: string[] = [];
  let work: (run: Run, title: string) => Promise<void>;

  function define(platform: Platform): void {
    defineLoans(platform);
    const write = move('write', async (run, { title }: { title: string }) => {
      await work(run, title);
      done.push(title);
      return { type: 'written' };
    });
    platform.moves.register('lines', 'standard', [write], async () => undefined);
  }

  before(async () => {
    database = await createTestDatabase();
    probes = await Promise.all(['a', 'b'].map((name) => startProbe(database.url, define, { name })));
    lifeId = (await probes[0]!.tx((tx) => probes[0]!.platform.lives.start(tx, 'loans', {}, { identity: 'any' }))).id;
  });
  afterEach(() => { done.length = 0; });
  after(async () => {
    for (const probe of probes) await probe.stop();
    await database.drop();
  });

  const ask = (title: string, lane?: string) => probes[0]!.tx((tx) => probes[0]!.platform.moves.enqueue(tx, { process: 'lines', lifeId, name: 'write', input: { title }, lane }));
  const allOf = (titles: string[]) => eventually(() => titles.every((title) => done.includes(title)));

  test('keep their order while the first is tried again, and hold up nobody else', async () => {
    let tries = 0;
    work = async (_run, title) => {
      if (title === 'a1' && (tries += 1) < 3) throw new ApiError('unavailable', 'Not yet.');
    };
    for (const [title, lane] of [['a1', 'A'], ['a2', 'A'], ['b1', 'B'], ['a3', 'A'], ['free', undefined], ['b2', 'B']] as const) await ask(title, lane);
    await allOf(['a1', 'a2', 'a3', 'b1', 'b2', 'free']);
    assert.deepEqual(done.filter((title) => title.startsWith('a')), ['a1', 'a2', 'a3']);
    assert.deepEqual(done.filter((title) => title.startsWith('b')), ['b1', 'b2']);
    assert.ok(done.indexOf('b2') < done.indexOf('a1') && done.indexOf('free') < done.indexOf('a1'), done.join(' '));
  });

  test('are never at work at the same time, whichever process has them', async () => {
    let atWork = 0;
    work = async (run) => {
      atWork += 1;
      assert.equal(atWork, 1);
      await run.step('wait a moment', async () => { await new Promise((resolve) => { setTimeout(resolve, 5); }); });
      atWork -= 1;
    };
    const titles = Array.from({ length: 20 }, (_each, index) => `t${index}`);
    for (const title of titles) await ask(title, 'one at a time');
    await allOf(titles);
    assert.deepEqual(done, titles);
  });

  test('pass one that failed for good', async () => {
    work = async (_run, title) => { if (title === 'hopeless') throw new ApiError('refused', 'Never.'); };
    await ask('hopeless', 'C');
    await ask('hopeful', 'C');
    await allOf(['hopeful']);
    assert.deepEqual(done, ['hopeful']);
  });

  test('that are asked for by transactions at once run in the order of their commits', async () => {
    work = async () => undefined;
    const { database: db, moves } = probes[0]!.platform;
    const request = (title: string) => ({ process: 'lines', lifeId, name: 'write', input: { title }, lane: 'D' });
    let letGo: (() => void) | undefined;
    const isAsked = Promise.withResolvers<void>();
    const first = db.transaction(async (tx) => {
      await moves.enqueue(tx, request('first'));
      isAsked.resolve();
      await new Promise<void>((resolve) => { letGo = resolve; });
    });
    await isAsked.promise;
    const second = ask('second', 'D');
    assert.deepEqual(done, []);
    letGo!();
    await Promise.all([first, second]);
    await allOf(['first', 'second']);
    assert.deepEqual(done, ['first', 'second']);
  });

  const isBlocked = async () => (await probes[0]!.platform.database.query(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length > 0;

  test('run one at a time also where an earlier one that failed is run again', async () => {
    const [isAtWork, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let isRefused = true;
    work = async (_run, title) => {
      if (title === 'failed' && isRefused) throw new ApiError('refused', 'Not yet.');
      if (title !== 'later') return;
      isAtWork.resolve();
      await mayEnd.promise;
    };
    const { database: db, moves } = probes[0]!.platform;
    const failed = await ask('failed', 'E');
    await ask('later', 'E');
    await isAtWork.promise;
    isRefused = false;
    await db.transaction((tx) => moves.retry(tx, failed));
    // Whoever takes this one has passed the other.
    await ask('in no lane');
    await allOf(['in no lane']);
    assert.deepEqual(done, ['in no lane']);
    mayEnd.resolve();
    await allOf(['later', 'failed']);
    assert.deepEqual(done, ['in no lane', 'later', 'failed']);
  });

  test('are taken by one of two processes that look at the same moment', async () => {
    const { database: db } = probes[0]!.platform;
    const lines = [{ process: 'taken by hand', version: 1, priority: 0 }];
    const put = (status: string) => db.query<{ id: string }>(
      `insert into chassis.moves (id, process, lane, name, input, status, correlation_id, traceparent) values (gen_random_uuid(), 'taken by hand', 'F', 'write', '{}', $1, 'c', 't') returning id`, [status]);
    const [failed] = await put('failed');
    const [later] = await put('queued');
    let second: ReturnType<typeof takeMoves> | undefined;
    await db.transaction(async (tx) => {
      assert.deepEqual((await takeMoves(tx, 'one', lines, 10))?.map(({ id }) => id), [later!.id]);
      await db.query(`update chassis.moves set status = 'waiting' where id = $1`, [failed!.id]);
      second = takeMoves(db, 'two', lines, 10);
      await eventually(isBlocked);
    });
    assert.equal(await second, undefined, 'it is worth looking again');
    assert.deepEqual(await takeMoves(db, 'two', lines, 10), []);
    await db.query(`update chassis.moves set status = 'done', owner = null where id = $1`, [later!.id]);
    assert.deepEqual((await takeMoves(db, 'two', lines, 10))?.map(({ id }) => id), [failed!.id]);
    await db.query(`delete from chassis.moves where process = 'taken by hand'`);
  });

  test('keep the order of commits also where one is forked', async () => {
    work = async (run, title) => {
      await run.step('only', async () => title);
      if (title === 'to be forked') throw new ApiError('refused', 'Never.');
    };
    const { database: db, moves } = probes[0]!.platform;
    const id = await ask('to be forked', 'G');
    await eventually(async () => (await db.query(`select 1 from chassis.moves where id = $1 and status = 'failed'`, [id])).length === 1);
    let fork: Promise<void> | undefined;
    await db.transaction(async (tx) => {
      await moves.enqueue(tx, { process: 'lines', lifeId, name: 'write', input: { title: 'asked first' }, lane: 'G' });
      fork = db.transaction(async (other) => (await forkMove(other, id, 'only', { title: 'fork' })).carryOut());
      await eventually(async () => done.length > 0 || await isBlocked());
    });
    await fork;
    await allOf(['asked first', 'fork']);
    assert.deepEqual(done, ['asked first', 'fork']);
  });
});
