import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { workItemsOf } from '#chassis/lifecycle/work-items.ts';
import type { Run } from '#chassis/moves/move.ts';
import { TargetFailure } from '#chassis/resilience/target-failure.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

const operator: Principal = { kind: 'user', subject: 'op', service: 'test', scopes: [], roles: ['integration-operations'], facilities: [], bindings: {} };

interface MoveView extends Record<string, unknown> {
  id: string;
  status: string;
  attempt: number;
  failure: { kind: string; code?: string } | null;
  waits_for: string | null;
}

describe('moves', () => {
  let database: TestDatabase;
  let probe: Probe;
  /** What the move under test does, and what was done. */
  let script: (run: Run) => Promise<unknown>;
  const done: string[] = [];
  const doing = (name: string) => async (key: string) => { done.push(`${name} ${key.slice(37)}`); return name; };

  before(async () => {
    database = await createTestDatabase();
    probe = await startProbe(database.url, (platform) => defineLoans(platform, { handOut: (run) => script(run) }));
  });
  afterEach(() => { done.length = 0; });
  after(async () => {
    await probe.stop();
    await database.drop();
  });

  let serial = 0;
  async function begin(work: (run: Run) => Promise<unknown>): Promise<string> {
    script = work;
    return probe.tx(async (tx) => {
      const { id } = await probe.platform.lives.start(tx, 'loans', {}, { identity: `life-${serial += 1}` });
      await probe.platform.lives.apply(tx, id, { type: 'approve' });
      return id;
    });
  }
  const moveOf = async (lifeId: string) => (await probe.platform.database.query<MoveView>('select id, status, attempt, failure, waits_for from chassis.moves where life_id = $1', [lifeId]))[0]!;
  const ended = (lifeId: string) => eventually(async () => { const move = await moveOf(lifeId); return (move.status === 'done' || move.status === 'failed') && move; });
  const itemsOf = async (lifeId: string) => (await workItemsOf('loans', probe.platform).list({ kind: 'move-failed', limit: 200 }, operator)).items.filter((item) => item.subjectId === lifeId);
  const resolve = (id: string, resolution: string) => workItemsOf('loans', probe.platform).resolve(id, { resolution }, operator);
  const soon = (kind: 'unavailable' | 'conflict' | 'refused') => new ApiError(kind, 'No.', { code: 'for-now' });

  test('steps run in order under keys of their own, and the end is told to the life', async () => {
    const life = await begin(async (run) => {
      assert.equal(await run.step('first', doing('a')), 'a');
      assert.equal(await run.step('second one', doing('b')), 'b');
    });
    assert.equal((await ended(life)).status, 'done');
    assert.deepEqual(done, ['a first', 'b second-one']);
    const [entry] = await probe.platform.database.query(`select event from chassis.timeline where life_id = $1 and event like 'handed-out%'`, [life]);
    assert.ok(entry);
  });

  test('a failure that may pass is tried again after a while, with steps remembered and keys unchanged', async () => {
    let tries = 0;
    const life = await begin(async (run) => {
      await run.step('first', doing('a'));
      await run.step('second', async (key) => {
        done.push(`try ${key.slice(37)}`);
        if ((tries += 1) < 3) throw soon('unavailable');
      });
    });
    const move = await ended(life);
    assert.deepEqual([move.status, move.attempt], ['done', 3]);
    assert.deepEqual(done, ['a first', 'try second', 'try second', 'try second']);
  });

  test('a move sees the same of a step in its first run and in every later one', async () => {
    const seen: unknown[] = [];
    const life = await begin(async (run) => {
      seen.push(await run.step('read', async () => ({ at: new Date(0), gone: undefined, nested: [new Date(1)] })));
      seen.push(await run.step('nothing', async () => undefined));
      if (seen.length === 2) throw soon('unavailable');
    });
    await ended(life);
    assert.deepEqual(seen, [{ at: '1970-01-01T00:00:00.000Z', nested: ['1970-01-01T00:00:00.001Z'] }, null, { at: '1970-01-01T00:00:00.000Z', nested: ['1970-01-01T00:00:00.001Z'] }, null]);
  });

  test('steps that run side by side are all remembered', async () => {
    let tries = 0;
    const life = await begin(async (run) => {
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => run.step(name, doing(name))));
      if ((tries += 1) < 2) throw soon('unavailable');
    });
    await ended(life);
    assert.equal(done.length, 4);
  });

  test('steps that run side by side after another one write its result once', async () => {
    const life = await begin(async (run) => {
      await run.step('before', doing('x'));
      await Promise.all(['a', 'b', 'c'].map((name) => run.step(name, doing(name))));
    });
    const { status, attempt } = await ended(life);
    assert.deepEqual([status, attempt, done], ['done', 1, ['x before', 'a a', 'b b', 'c c']]);
  });

  test('two steps of one name are a mistake that is not covered up', async () => {
    const life = await begin(async (run) => {
      await run.step('same', doing('a'));
      await run.step('same', doing('b')).catch((error: ApiError) => { done.push(String(error.code)); });
    });
    await ended(life);
    assert.deepEqual(done, ['a same', 'step-name-twice']);
  });

  test('a failure for good takes back what was done, the last first, and asks an operator when the chart has no answer', async () => {
    const life = await begin(async (run) => {
      await run.step('first', doing('a'), { undo: (result, key) => doing(`un-${result}`)(key) });
      await run.step('unharmful', doing('b'));
      await run.step('third', doing('c'), { undo: (result, key) => doing(`un-${result}`)(key) });
      await run.step('last', async () => { throw soon('refused'); });
    });
    const move = await ended(life);
    assert.deepEqual([move.status, move.failure?.kind, move.failure?.code], ['failed', 'refused', 'for-now']);
    assert.deepEqual(done, ['a first', 'b unharmful', 'c third', 'un-c third:undo', 'un-a first:undo']);
    const [item] = await itemsOf(life);
    assert.deepEqual([item?.owner, item?.facts, item?.resolutions], ['role:integration-operations', { moveId: move.id, kind: 'refused', code: 'for-now' }, ['retry', 'dismiss']]);
  });

  test('an operator lets it run again: what was taken back is done anew, under a new key', async () => {
    let refuse = true;
    const life = await begin(async (run) => {
      await run.step('first', doing('a'), { undo: (result, key) => doing(`un-${result}`)(key) });
      await run.step('unharmful', doing('b'));
      await run.step('last', async (key) => { if (refuse) throw soon('refused'); return doing('z')(key); });
    });
    await ended(life);
    refuse = false;
    const [item] = await itemsOf(life);
    await resolve(item!.id, 'retry');
    await eventually(async () => (await moveOf(life)).status === 'done');
    assert.deepEqual(done, ['a first', 'b unharmful', 'un-a first:undo', 'a first:1', 'z last:1']);
    assert.deepEqual(await itemsOf(life), []);
  });

  test('an operator may leave a failed move as it is', async () => {
    const life = await begin(async () => { throw soon('refused'); });
    await ended(life);
    const [item] = await itemsOf(life);
    await resolve(item!.id, 'dismiss');
    assert.equal((await moveOf(life)).status, 'failed');
    assert.deepEqual(await itemsOf(life), []);
  });

  test('a chart that has an answer to the failure gets it and no operator is asked', async () => {
    const own = await startProbe(database.url, (platform) => {
      defineLoans(platform, { process: 'answering', handOut: async () => { throw soon('refused'); } });
      const { machine, ...definition } = platform.lives.definition('answering');
      platform.lives.register({ ...definition, machine: machine.provide({}) });
      platform.moves.register('answering', 'standard', [{ name: 'hand-out', run: async () => { throw soon('refused'); } }], async (tx, lifeId, outcome) => {
        assert.equal(outcome.type, 'hand-out.failed');
        await platform.lives.apply(tx, lifeId, { type: 'returned' });
        await platform.lives.apply(tx, lifeId, { type: 'paid' });
      });
    });
    const id = await own.tx(async (tx) => {
      const life = await own.platform.lives.start(tx, 'answering', {}, { identity: 'answering' });
      await own.platform.lives.apply(tx, life.id, { type: 'approve' });
      return life.id;
    });
    await eventually(async () => (await own.platform.database.query<{ state: string }>('select state from chassis.lives where id = $1', [id]))[0]?.state === 'closed');
    assert.equal((await moveOf(id)).status, 'failed');
    assert.deepEqual(await itemsOf(id), []);
    await own.stop();
  });

  test('a step that cannot be taken back at the moment is tried again, each other one once', async () => {
    let tries = 0;
    const life = await begin(async (run) => {
      await run.step('first', doing('a'), { undo: (result, key) => doing(`un-${result}`)(key) });
      await run.step('second', doing('b'), { undo: async (_result, key) => {
        if ((tries += 1) < 3) throw soon('unavailable');
        await doing('un-b')(key);
      } });
      await run.step('third', doing('c'), { undo: (result, key) => doing(`un-${result}`)(key) });
      throw soon('refused');
    });
    const move = await ended(life);
    assert.deepEqual([move.status, move.failure?.kind], ['failed', 'refused']);
    assert.deepEqual(done, ['a first', 'b second', 'c third', 'un-c third:undo', 'un-b second:undo', 'un-a first:undo']);
  });

  test('a step that cannot be taken back for good is named to an operator, who may have it tried again', async () => {
    let stuck = true;
    const life = await begin(async (run) => {
      await run.step('first', doing('a'), { undo: (result, key) => doing(`un-${result}`)(key) });
      await run.step('second', doing('b'), { undo: async (_result, key) => { if (stuck) throw soon('conflict'); await doing('un-b')(key); } });
      throw soon('refused');
    });
    await ended(life);
    assert.deepEqual(done, ['a first', 'b second', 'un-a first:undo']);
    const [item] = await itemsOf(life);
    assert.equal(item?.facts['notUndone'], 'second');
    assert.ok(item.resolutions.includes('retry-undo'));
    stuck = false;
    await resolve(item.id, 'retry-undo');
    await eventually(() => done.length === 4);
    assert.equal(done.at(-1), 'un-b second:undo');
    await ended(life);
  });

  test('a life hears once that a move has failed, however often an operator has it taken back', async () => {
    let stuck = true;
    const life = await begin(async (run) => {
      await run.step('first', doing('a'), { undo: async (_result, key) => { if (stuck) throw soon('conflict'); await doing('un-a')(key); } });
      throw soon('refused');
    });
    await ended(life);
    const heard = () => probe.platform.database.query<{ event: string }>(`select event from chassis.timeline where life_id = $1 and event like '%failed%' order by revision`, [life]);
    const [told] = await heard();
    const [item] = await itemsOf(life);
    await resolve(item!.id, 'retry-undo');
    const again = await eventually(async () => (await itemsOf(life)).find((each) => each.id !== item!.id));
    assert.match(again!.title, /^undo of /, 'it is for operators once more');
    assert.ok((await heard()).slice(1).every(({ event }) => event.startsWith('undo of ')));
    stuck = false;
    await resolve(again!.id, 'retry-undo');
    await eventually(() => done.includes('un-a first:undo'));
    await ended(life);
    assert.deepEqual((await heard()).filter(({ event }) => !event.startsWith('undo of ')), [told]);
  });

  test('an unexpected error is tried a few times and then given up', async () => {
    let tries = 0;
    const life = await begin(async () => { tries += 1; throw new TypeError('a mistake in the code'); });
    const move = await ended(life);
    assert.deepEqual([move.status, move.failure?.kind, tries], ['failed', 'internal', 6]);
  });

  test('a move that waits for a system which is down is put away, and let go when the system is back', async () => {
    const { dependencies } = probe.platform;
    let back = false;
    const life = await begin(async () => {
      if (!back) throw new ApiError('unavailable', 'Down.', { cause: new TargetFailure('depot') });
    });
    dependencies.open('depot', 'standard', 'unavailable');
    await eventually(async () => (await probe.platform.database.query('select 1 from chassis.moves where life_id = $1 and waits_for = $2 and run_at > now() + interval $$2 hours$$', [life, 'depot'])).length > 0);
    back = true;
    // Whoever was to try has died, and would have had an hour for it.
    await probe.platform.database.query(`update chassis.dependencies set state = 'probing', probe_by = 'somebody', next_probe_at = now() + interval '1 hour', let_go_at = null where target = 'depot'`);
    assert.equal((await ended(life)).status, 'done', 'as a trial');
    await eventually(() => dependencies.claim('depot', 'standard'));
    dependencies.settle('depot', 'standard', undefined);
  });

  test('what a life refuses to hear does not lose what was done', async () => {
    let deaf = true;
    const own = await startProbe(database.url, (platform) => {
      defineLoans(platform, { process: 'deaf', handOut: async (run) => { await run.step('only', doing('a')); } });
      platform.moves.register('deaf', 'standard', [{ name: 'hand-out', run: async (run) => { await run.step('only', doing('a')); return { type: 'handed-out' }; } }], async (tx, lifeId, outcome) => {
        if (deaf) { deaf = false; throw new Error('the life could not take it'); }
        await platform.lives.apply(tx, lifeId, outcome);
      });
    });
    const id = await own.tx(async (tx) => {
      const life = await own.platform.lives.start(tx, 'deaf', {}, { identity: 'deaf' });
      await own.platform.lives.apply(tx, life.id, { type: 'approve' });
      return life.id;
    });
    assert.equal((await ended(id)).status, 'done');
    assert.deepEqual(done, ['a only']);
    await own.stop();
  });

  test('a move asked for by several operators at once runs once', async () => {
    const life = await begin(async () => { throw new ApiError('unavailable', 'Down.', { retryAfterMs: 600_000 }); });
    await eventually(async () => (await moveOf(life)).status === 'waiting');
    let running = 0;
    let most = 0;
    script = async (run) => {
      most = Math.max(most, running += 1);
      await run.step('only', doing('a'));
      running -= 1;
    };
    const { id } = await moveOf(life);
    const asked = await Promise.allSettled([1, 2, 3].map(() => probe.tx((tx) => probe.platform.moves.retry(tx, id))));
    // The last may come when it is done already.
    assert.ok(asked.every((each) => each.status === 'fulfilled' || (each.reason as ApiError).code === 'move-not-failed'));
    await ended(life);
    assert.equal(most, 1);
    assert.deepEqual(done, ['a only']);
    await assert.rejects(probe.tx((tx) => probe.platform.moves.retry(tx, id)), { kind: 'conflict', code: 'move-not-failed' });
  });

  test('a long wait that somebody asks for does not break anything', async () => {
    const life = await begin(async () => { throw new ApiError('unavailable', 'Down.', { retryAfterMs: 1e15 }); });
    await eventually(async () => (await moveOf(life)).status === 'waiting');
    assert.equal((await moveOf(life)).attempt, 2);
  });
});
