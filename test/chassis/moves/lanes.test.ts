import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { move, type Run } from '#chassis/moves/move.ts';
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
});
