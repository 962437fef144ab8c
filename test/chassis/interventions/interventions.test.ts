import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setup } from 'xstate';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Intervention, Wish } from '#chassis/interventions/intervention.ts';
import { bind, effects } from '#chassis/lifecycle/life.ts';
import { lifeById, listLives } from '#chassis/lifecycle/observe-lives.ts';
import { move, type Run } from '#chassis/moves/move.ts';
import { listMoves, moveById, type MoveView } from '#chassis/moves/observe-moves.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

/** Somebody who runs when called, and may be called while asleep. */
const errands = setup({ types: { events: {} as { type: 'wake' } | { type: 'call' } | { type: 'ran' } }, actions: effects('run') }).createMachine({
  id: 'errand', initial: 'asleep',
  states: { asleep: { on: { wake: 'awake' } }, awake: { on: { call: 'running' }, after: { 2_000_000: 'asleep' } }, running: { entry: 'run', after: { 1_000_000: 'asleep' } } },
});

function defineErrands(platform: Platform): void {
  const run = move('run', async () => ({ type: 'ran' }));
  platform.lives.register({ process: 'errands', version: 1, tier: 'standard', machine: errands, keys: () => ({}), facility: () => undefined, moves: { run: bind(run, () => ({})) }, announcements: {}, workItems: {}, defers: ['call'] });
  platform.moves.register('errands', 'standard', [run], async (tx, lifeId, outcome) => { await platform.lives.apply(tx, lifeId, outcome); });
}

describe('an operator', () => {
  let server: TestDatabase;
  let probe: Probe;
  let script: (run: Run, input: { title: string }) => Promise<unknown>;
  const done: string[] = [];
  const doing = (name: string) => async (key: string) => { done.push(`${name} ${key.slice(37)}`); return name; };

  before(async () => {
    server = await createTestDatabase();
    probe = await startProbe(server.url, (platform) => {
      defineLoans(platform, { handOut: (run, loan) => script(run, loan) });
      defineErrands(platform);
    });
  });
  beforeEach(() => { done.length = 0; });
  after(async () => {
    await probe.stop();
    await server.drop();
  });

  let serial = 0;
  const startLoan = (title = 'a book', library?: string) => probe.tx(async (tx) => (await probe.platform.lives.start(tx, 'loans', { title, library }, { identity: `life-${serial += 1}` })).id);
  async function lend(work: typeof script): Promise<string> {
    script = work;
    const id = await startLoan();
    await probe.tx((tx) => probe.platform.lives.apply(tx, id, { type: 'approve' }));
    return id;
  }
  const movesOf = async (lifeId: string) => (await listMoves(probe.platform.database, { lifeId }, [])).items;
  const reaches = (lifeId: string, status: MoveView['status'], count = 1) => eventually(async () => {
    const moves = await movesOf(lifeId);
    return moves.length === count && moves[0]?.status === status && !moves[0].isRunning && moves[0];
  });
  const ask = (wish: Wish, dryRun = false, by = 'olga') => probe.platform.interventions.ask(wish, by, 'because of a test', { dryRun });
  const confirm = (id: string, by: string) => probe.platform.interventions.confirm(id, by);
  const no = (kind: 'unavailable' | 'refused') => new ApiError(kind, 'No.', { code: 'for-now' });

  describe('looks', () => {
    test('for lives by business key and state, and sees what they have been through', async () => {
      const id = await startLoan('Moby Dick', 'north');
      const found = await listLives(probe.platform.database, { key: { kind: 'title', value: 'Moby Dick' } }, []);
      assert.deepEqual(found.items.map((life) => [life.id, life.state, life.facility]), [[id, 'deciding', 'north']]);
      assert.deepEqual(found.items[0]?.keys, [{ kind: 'reader', value: 'r-1' }, { kind: 'title', value: 'Moby Dick' }]);
      const life = await lifeById(probe.platform.database, id, ['north']);
      assert.deepEqual([life.timeline.map(({ event }) => event), life.limits.length], [['started'], 1]);
      assert.deepEqual((await listLives(probe.platform.database, { process: 'loans', state: 'lent' }, [])).items.filter((each) => each.id === id), []);
    });

    test('at nothing of another facility', async () => {
      const id = await startLoan('Emma', 'south');
      await assert.rejects(lifeById(probe.platform.database, id, ['north']), { kind: 'not-found' });
      assert.deepEqual((await listLives(probe.platform.database, { key: { kind: 'title', value: 'Emma' } }, ['north'])).items, []);
    });

    test('through all pages, each life once', async () => {
      for (let index = 0; index < 5; index += 1) await startLoan('paged');
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listLives(probe.platform.database, { key: { kind: 'title', value: 'paged' }, limit: 2, ...(cursor ? { cursor } : {}) }, []);
        seen.push(...page.items.map((life) => life.id));
        cursor = page.next;
      } while (cursor);
      assert.deepEqual([seen.length, new Set(seen).size], [5, 5]);
    });

    test('at the steps of a move, how long they took and what went wrong in which attempt', async () => {
      let tries = 0;
      const life = await lend(async (run) => {
        await run.step('first', doing('a'));
        await run.step('second', async () => { if ((tries += 1) < 2) throw no('unavailable'); });
      });
      const { id } = await reaches(life, 'done');
      const move = await moveById(probe.platform.database, id, []);
      assert.deepEqual(move.steps.map(({ name, attempt, isUndone }) => [name, attempt, isUndone]), [['first', 1, false], ['second', 2, false]]);
      assert.ok(move.steps.every(({ ms }) => Number.isInteger(ms) && ms >= 0));
      assert.deepEqual(move.troubles.map(({ attempt, step, code }) => [attempt, step, code]), [[1, 'second', 'for-now']]);
      assert.deepEqual(move.input, { title: 'a book' });
    });
  });

  describe('of a move', () => {
    test('lets it run now', async () => {
      let isDown = true;
      const life = await lend(async (run) => { await run.step('only', async () => { if (isDown) throw new ApiError('unavailable', 'No.', { retryAfterMs: 3_000_000 }); }); });
      const { id } = await reaches(life, 'waiting');
      isDown = false;
      assert.equal((await ask({ kind: 'retry-move', moveId: id })).status, 'done');
      await reaches(life, 'done');
    });

    test('is told that the life of a failed one has heard of it and may have gone on', async () => {
      const life = await lend(async () => { throw no('refused'); });
      const { id } = await reaches(life, 'failed');
      const { status, plan } = await ask({ kind: 'retry-move', moveId: id }, true);
      assert.equal(status, 'planned');
      assert.match(plan!.beware.at(-1)!, /has heard that it failed/);
    });

    test('is told first what it would do, and nothing happens by that', async () => {
      const life = await lend(async (run) => { await run.step('first', doing('a')); throw no('refused'); });
      const { id } = await reaches(life, 'failed');
      const planned = await ask({ kind: 'rewind-move', moveId: id, step: 'first' }, true);
      assert.equal(planned.status, 'planned');
      assert.deepEqual(planned.plan, {
        does: ['first is carried out again, under a new key.', 'The life hears once more how hand-out ended.'],
        beware: ['first has had its effect. It is not taken back, so that it may come twice.'],
      });
      assert.deepEqual(done, ['a first']);
      assert.equal((await probe.platform.interventions.withdraw(planned.id, 'olga')).status, 'withdrawn');
      await assert.rejects(confirm(planned.id, 'olga'), { code: 'not-planned' });
    });

    test('rewinds it to a step: what follows is done anew under new keys, what came before is not', async () => {
      let isRefused = true;
      const life = await lend(async (run) => {
        await run.step('first', doing('a'));
        await run.step('second', doing('b'));
        await run.step('third', async (key) => { if (isRefused) throw no('refused'); return doing('c')(key); });
      });
      const { id } = await reaches(life, 'failed');
      isRefused = false;
      assert.equal((await ask({ kind: 'rewind-move', moveId: id, step: 'second' })).status, 'done');
      await reaches(life, 'done');
      assert.deepEqual(done, ['a first', 'b second', 'b second:1', 'c third:1']);
      assert.equal((await ask({ kind: 'rewind-move', moveId: id, step: 'never' })).failure?.code, 'unknown-step');
    });

    test('is told of every step that is carried out again, also of those taken back before the one that is named', async () => {
      const life = await lend(async (run) => {
        await run.step('first', doing('a'), { undo: (result, key) => doing(`un-${result}`)(key) });
        await run.step('second', doing('b'));
        throw no('refused');
      });
      const { id } = await reaches(life, 'failed');
      const rewound = await ask({ kind: 'rewind-move', moveId: id, step: 'second' }, true);
      assert.deepEqual(rewound.plan?.does.slice(0, 2), ['first is carried out again, under a new key.', 'second is carried out again, under a new key.']);
      assert.deepEqual(rewound.plan.beware, ['second has had its effect. It is not taken back, so that it may come twice.']);
      const forked = await ask({ kind: 'fork-move', moveId: id, step: 'second', input: { title: 'another book' } });
      assert.deepEqual(forked.plan?.does.slice(0, 2), ['first is carried out with the new input.', 'second is carried out with the new input.']);
    });

    test('settles what operators were asked when it failed; should it fail again, that is asked anew', async () => {
      let cannotBeTakenBack = false;
      const life = await lend(async (run) => {
        await run.step('first', doing('a'), { undo: async () => { if (cannotBeTakenBack) throw no('refused'); } });
        throw no('refused');
      });
      const { id } = await reaches(life, 'failed');
      const questions = () => probe.platform.database.query<{ status: string; resolutions: string[] }>(
        `select status, resolutions from chassis.work_items where life_id = $1 and node = 'move' order by opened_at`, [life]);
      assert.deepEqual((await questions()).map(({ status }) => status), ['open']);
      cannotBeTakenBack = true;
      await ask({ kind: 'retry-move', moveId: id });
      const [, anew] = await eventually(async () => { const all = await questions(); return all.length === 2 && all; });
      assert.deepEqual(anew?.resolutions, ['retry', 'retry-undo', 'dismiss']);
      await reaches(life, 'failed');
      script = async () => undefined;
      await ask({ kind: 'rewind-move', moveId: id, step: 'first' });
      await reaches(life, 'done');
      assert.deepEqual((await questions()).map(({ status }) => status), ['withdrawn', 'withdrawn']);
    });

    test('forks it with other input, together with a second person', async () => {
      const life = await lend(async (run, { title }) => {
        await run.step('first', doing('a'));
        await run.step('second', async (key) => { if (title !== 'another book') throw no('refused'); return doing(title)(key); });
      });
      const { id } = await reaches(life, 'failed');
      const planned = await ask({ kind: 'fork-move', moveId: id, step: 'first', input: { title: 'another book' } });
      assert.deepEqual([planned.status, planned.needsSecondPerson, planned.plan?.beware], ['planned', true, ['The input differs in title.']]);
      await assert.rejects(confirm(planned.id, 'olga'), { kind: 'forbidden', code: 'second-person-needed' });
      assert.equal((await confirm(planned.id, 'omar')).status, 'done');
      const fork = await reaches(life, 'done', 2);
      assert.deepEqual([fork.forkedFrom, done], [id, ['a first', 'a first', 'another book second']]);
    });

    test('gives it up: what was done is taken back and the life is told', async () => {
      const life = await lend(async (run) => {
        await run.step('first', doing('a'), { undo: (result, key) => doing(`un-${result}`)(key) });
        await run.step('second', async () => { throw new ApiError('unavailable', 'No.', { retryAfterMs: 3_000_000 }); });
      });
      const { id } = await reaches(life, 'waiting');
      assert.equal((await ask({ kind: 'cancel-move', moveId: id })).status, 'done');
      const move = await reaches(life, 'failed');
      assert.deepEqual([move.failure?.code, done], ['cancelled-by-operator', ['a first', 'un-a first:undo']]);
      assert.equal((await ask({ kind: 'cancel-move', moveId: id })).failure?.code, 'move-not-open');
    });

    test('does not touch one that is running', async () => {
      const going = Promise.withResolvers<void>();
      const life = await lend(async (run) => { await run.step('long', () => going.promise); });
      const { id } = await eventually(async () => (await movesOf(life)).find((move) => move.isRunning));
      for (const kind of ['retry-move', 'cancel-move'] as const) assert.equal((await ask({ kind, moveId: id })).failure?.code, 'move-is-running');
      going.resolve();
      await reaches(life, 'done');
    });
  });

  describe('of a life', () => {
    const force = (lifeId: string, state: string, quietly = false): Wish => ({ kind: 'force-life', lifeId, state, quietly });

    test('moves it to another state, together with a second person, with all that the state asks for', async () => {
      script = async (run) => { await run.step('only', doing('handed')); };
      const life = await startLoan();
      const planned = await ask(force(life, 'lent'));
      assert.deepEqual(planned.plan?.does, ['The life goes from deciding to lent.book.out + lent.fee.open.', 'It asks for the move handOut.']);
      assert.equal((await confirm(planned.id, 'omar')).status, 'done');
      await reaches(life, 'done');
      const { state, limits, timeline } = await lifeById(probe.platform.database, life, []);
      assert.deepEqual([state, limits], ['lent.book.out + lent.fee.open', []]);
      const entry = timeline.find(({ event }) => event === 'moved by operators');
      assert.deepEqual([entry?.actor, entry?.detail?.['reason'], entry?.detail?.['from']], ['olga and omar', 'because of a test', 'deciding']);
      assert.equal((await probe.platform.database.query(`select 1 from chassis.work_items where life_id = $1 and status = 'open'`, [life])).length, 0);
    });

    test('moves one region and leaves the others where they are', async () => {
      const life = await lend(async () => undefined);
      await reaches(life, 'done');
      await probe.tx((tx) => probe.platform.lives.apply(tx, life, { type: 'paid' }));
      const planned = await ask(force(life, 'lent.book.back'));
      assert.deepEqual(planned.plan?.does, ['The life goes from lent.book.out + lent.fee.settled to closed.']);
      await confirm(planned.id, 'omar');
      assert.equal((await lifeById(probe.platform.database, life, [])).state, 'closed');
    });

    test('may enter a state quietly', async () => {
      const life = await startLoan();
      const planned = await ask(force(life, 'lent', true));
      await confirm(planned.id, 'omar');
      assert.deepEqual([(await lifeById(probe.platform.database, life, [])).state, await movesOf(life)], ['lent.book.out + lent.fee.open', []]);
    });

    test('is told of events that were kept and are taken then, and may leave undone what they would ask for as well', async () => {
      const begin = () => probe.tx(async (tx) => {
        const { id } = await probe.platform.lives.start(tx, 'errands', {}, { identity: `life-${serial += 1}` });
        await probe.platform.lives.apply(tx, id, { type: 'call' });
        return id;
      });
      const errand = await begin();
      const planned = await ask(force(errand, 'awake'));
      assert.deepEqual(planned.plan?.does, ['The life goes from asleep to running.', 'It takes call, which was kept for later.', 'It asks for the move run.', 'The limit xstate.after.1000000.errand.running begins to run.']);
      await confirm(planned.id, 'omar');
      await reaches(errand, 'done');
      const quiet = await begin();
      const silent = await ask(force(quiet, 'awake', true));
      assert.deepEqual(silent.plan?.does.filter((each) => /move|announces/.test(each)), []);
      await confirm(silent.id, 'omar');
      assert.deepEqual([(await lifeById(probe.platform.database, quiet, [])).state, await movesOf(quiet)], ['running', []]);
    });

    test('confirms only what is still so: a plan that was overtaken is refused, and has to be asked for anew', async () => {
      const life = await startLoan();
      const planned = await ask(force(life, 'rejected'));
      await probe.tx((tx) => probe.platform.lives.apply(tx, life, { type: 'ask-more' }));
      const overtaken = await confirm(planned.id, 'omar');
      assert.deepEqual([overtaken.status, overtaken.failure?.code, overtaken.decidedBy], ['refused', 'plan-overtaken', 'omar']);
      await assert.rejects(confirm(planned.id, 'omar'), { code: 'not-planned' });
      assert.equal((await lifeById(probe.platform.database, life, [])).state, 'deciding');
      assert.equal((await confirm((await ask(force(life, 'rejected'))).id, 'omar')).status, 'done');
    });

    test('hears of states that are none and of lives that are over', async () => {
      const life = await startLoan();
      assert.equal((await ask(force(life, 'lent.nowhere'))).failure?.code, 'unknown-state');
      await probe.tx((tx) => probe.platform.lives.apply(tx, life, { type: 'reject' }));
      assert.equal((await ask(force(life, 'deciding'))).failure?.code, 'life-is-over');
    });
  });

  test('asks once under one key, however often; others may use the same', async () => {
    const life = await startLoan();
    const wish: Wish = { kind: 'force-life', lifeId: life, state: 'rejected', quietly: false };
    const under = (by: string) => probe.platform.interventions.ask(wish, by, 'because of a test', { key: 'the-same-key' });
    const [first, repeat, other] = [await under('olga'), await under('olga'), await under('omar')];
    assert.equal(repeat.id, first.id);
    assert.notEqual(other.id, first.id);
    assert.equal((await probe.platform.interventions.list({ lifeId: life }, [])).items.length, 2);
  });

  test('sees interventions of the own facilities, also when the life is gone', async () => {
    const life = await startLoan('Persuasion', 'south');
    const { id } = await ask({ kind: 'force-life', lifeId: life, state: 'rejected', quietly: false });
    await probe.platform.database.query('delete from chassis.lives where id = $1', [life]);
    const { interventions } = probe.platform;
    assert.deepEqual([(await interventions.get(id, ['south'])).id, (await interventions.list({ lifeId: life }, ['south'])).items.length], [id, 1]);
    await assert.rejects(interventions.get(id, ['north']), { kind: 'not-found' });
    assert.deepEqual((await interventions.list({ lifeId: life }, ['north'])).items, []);
  });

  test('waits for the process of a newer version where only that can read the life', async () => {
    const newer = (platform: Platform) => defineLoans(platform, { definition: { version: 2, migrations: [{ snapshot: (stored) => stored }] } });
    const life = await startLoan();
    await probe.platform.database.query('update chassis.lives set version = 2, readable_by = 2 where id = $1', [life]);
    const { id } = await probe.platform.interventions.ask({ kind: 'force-life', lifeId: life, state: 'rejected', quietly: false }, 'olga', 'because of a test');
    const statusOf = async () => (await probe.platform.interventions.get(id, [])).status;
    assert.equal(await statusOf(), 'asked');
    // The older one goes on with what is its own.
    assert.equal((await ask({ kind: 'force-life', lifeId: await startLoan(), state: 'rejected', quietly: false })).status, 'planned');
    const other = await startProbe(server.url, newer);
    await eventually(async () => (await statusOf()) === 'planned');
    await other.stop();
  });

  test('finds every intervention again, with who, why and what came of it', async () => {
    const life = await startLoan();
    const wished: Intervention = await ask({ kind: 'force-life', lifeId: life, state: 'rejected', quietly: false });
    await confirm(wished.id, 'omar');
    const { items } = await probe.platform.interventions.list({ lifeId: life }, []);
    assert.deepEqual(items.map(({ kind, askedBy, decidedBy, reason, status }) => ({ kind, askedBy, decidedBy, reason, status })),
      [{ kind: 'force-life', askedBy: 'olga', decidedBy: 'omar', reason: 'because of a test', status: 'done' }]);
    await assert.rejects(probe.platform.interventions.ask({ kind: 'retry-move', moveId: life }, 'olga', 'none'), { kind: 'not-found' });
  });
});
