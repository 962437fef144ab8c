import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { assign, setup } from 'xstate';
import { effects } from '#chassis/lifecycle/life.ts';
import { timelineOf } from '#chassis/lifecycle/timeline.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans, forgetfulChart, loanChart } from '../../support/sample-loans.ts';

describe('lives', () => {
  let database: TestDatabase;
  let probe: Probe;
  let serial = 0;

  before(async () => {
    database = await createTestDatabase();
    probe = await startProbe(database.url, (platform) => {
      defineLoans(platform);
      platform.lives.register({ process: 'forgetful', version: 1, tier: 'standard', machine: forgetfulChart, keys: () => ({}), facility: () => undefined, moves: {}, announcements: {}, workItems: {} });
    });
  });
  after(async () => {
    await probe.stop();
    await database.drop();
  });

  const identity = () => `loan-${serial += 1}`;
  const begin = async (input: object = {}, process = 'loans') => (await probe.tx((tx) => probe.platform.lives.start(tx, process, input, { identity: identity() }))).id;
  const apply = (id: string, type: string, facts: object = {}) => probe.tx((tx) => probe.platform.lives.apply(tx, id, { type, ...facts }));
  const stateOf = async (id: string) => (await probe.platform.database.query<{ state: string; status: string; revision: number; deferred: unknown[] }>('select state, status, revision, deferred from chassis.lives where id = $1', [id]))[0]!;
  const told = async (id: string) => (await timelineOf(probe.platform.database, id)).map((entry) => entry.event);

  async function rowCounts(): Promise<Record<string, number>> {
    const tables = ['chassis.lives', 'chassis.life_identities', 'chassis.life_keys', 'chassis.timeline', 'chassis.timers', 'chassis.work_items', 'chassis.moves', 'chassis.events'];
    const counts = await Promise.all(tables.map((table) => probe.platform.database.query<{ count: number }>(`select count(*) from ${table}`)));
    return Object.fromEntries(tables.map((table, index) => [table, counts[index]![0]!.count]));
  }

  describe('a life and its consequences', () => {
    test('everything that a beginning asks for comes with it', async () => {
      const id = await begin({ title: 'everything', library: 'north' });
      const [seen] = await probe.platform.database.query(
        `select (select count(*) from chassis.timers where life_id = $1) as timers, (select count(*) from chassis.work_items where life_id = $1 and status = 'open' and facility = 'north') as items,
           (select count(*) from chassis.events where subject = 'everything') as events, (select count(*) from chassis.life_keys where life_id = $1) as keys`, [id]);
      assert.deepEqual(seen, { timers: 1, items: 1, events: 1, keys: 2 });
      assert.deepEqual(await probe.platform.lives.find(probe.platform.database, 'loans', 'title', 'everything'), [id]);
    });

    test('nothing of a beginning or a transition stays when its transaction fails', async () => {
      const id = await begin();
      const before = await rowCounts();
      await assert.rejects(probe.tx(async (tx) => {
        const other = await probe.platform.lives.start(tx, 'loans', {}, { identity: identity() });
        await probe.platform.lives.apply(tx, other.id, { type: 'approve' });
        await probe.platform.lives.apply(tx, id, { type: 'approve' });
        throw new Error('and then something went wrong');
      }), /something went wrong/);
      assert.deepEqual(await rowCounts(), before);
      assert.equal((await stateOf(id)).state, 'deciding');
    });

    test('an announcement that breaks its schema takes the whole transition back', async () => {
      const own = await startProbe(database.url, (platform) => defineLoans(platform, { process: 'mute', definition: { announcements: { announceOpened: () => ({ type: 'no-such-event.v1', subject: 'x', data: {} }) } } }));
      const before = await rowCounts();
      await assert.rejects(own.tx((tx) => own.platform.lives.start(tx, 'mute', {}, { identity: 'x' })), { kind: 'internal', code: 'event-breaks-schema' });
      assert.deepEqual(await rowCounts(), before);
      await own.stop();
    });

    test('the same identity begins one life, however often and however many at once', async () => {
      const start = (id?: string) => probe.tx((tx) => probe.platform.lives.start(tx, 'loans', {}, { identity: 'the-same', ...(id ? { id } : {}) }));
      const begun = await Promise.all(Array.from({ length: 10 }, () => start()));
      assert.equal(new Set(begun.map(({ id }) => id)).size, 1);
      assert.equal(begun.filter(({ created }) => created).length, 1);
      const { id } = begun[0]!;
      assert.deepEqual(await start(), { id, created: false });
      // Even when the caller names the id: the first life stays what it is.
      assert.deepEqual(await start(id), { id, created: false });
      assert.deepEqual(await told(id), ['started']);
      const [lives] = await probe.platform.database.query<{ count: number }>(`select count(*) from chassis.life_identities i join chassis.lives l on l.id = i.life_id where i.identity = 'the-same'`);
      assert.equal(lives?.count, 1);
    });

    test('regions go on side by side, and the life ends when all of them have', async () => {
      const id = await begin();
      await apply(id, 'approve');
      assert.equal((await stateOf(id)).state, 'lent.book.out + lent.fee.open');
      await apply(id, 'paid');
      assert.equal((await stateOf(id)).state, 'lent.book.out + lent.fee.settled');
      await apply(id, 'returned');
      const end = await stateOf(id);
      assert.deepEqual([end.state, end.status], ['closed', 'done']);
    });

    test('an event without effect is noted and changes nothing', async () => {
      const id = await begin();
      assert.deepEqual(await apply(id, 'extend'), { accepted: false, state: 'deciding' });
      assert.deepEqual(await told(id), ['started', 'extend (no effect)']);
    });

    test('an event that comes before its time is kept and taken when its time has come', async () => {
      const id = await begin();
      await apply(id, 'paid');
      await apply(id, 'returned');
      assert.equal((await stateOf(id)).deferred.length, 2);
      await apply(id, 'approve');
      const end = await stateOf(id);
      assert.deepEqual([end.state, end.deferred], ['closed', []]);
      assert.deepEqual((await told(id)).filter((event) => event !== 'handed-out (no effect)'), ['started', 'paid (kept for later)', 'returned (kept for later)', 'approve', 'paid', 'returned']);
    });

    test('nothing happens any more to a life that has ended', async () => {
      const id = await begin();
      await apply(id, 'reject');
      assert.equal((await apply(id, 'approve')).accepted, false);
      assert.equal((await apply(id, 'paid')).accepted, false);
      assert.deepEqual(await stateOf(id), { state: 'rejected', status: 'done', revision: 4, deferred: [] });
    });

    test('twenty things that happen at once are all taken, one after the other', async () => {
      const id = await begin();
      await apply(id, 'approve');
      await eventually(async () => (await told(id)).includes('handed-out (no effect)'));
      const { revision } = await stateOf(id);
      await Promise.all(Array.from({ length: 20 }, (_, index) => apply(id, index === 7 ? 'paid' : index === 13 ? 'returned' : 'extend')));
      const rows = await probe.platform.database.query<{ revision: number; event: string }>('select revision, event from chassis.timeline where life_id = $1 order by revision', [id]);
      assert.deepEqual(rows.map((row) => row.revision), Array.from({ length: revision + 20 }, (_, index) => index + 1));
      const end = await stateOf(id);
      assert.deepEqual([end.state, end.revision], ['closed', revision + 20]);
    });

    test('an event that a chart raises for itself is taken at once and once', async () => {
      const id = await begin({}, 'forgetful');
      assert.equal((await stateOf(id)).state, 'working.first');
      const [timers] = await probe.platform.database.query<{ count: number }>('select count(*) from chassis.timers where life_id = $1', [id]);
      assert.equal(timers?.count, 0);
    });

    test('a life that comes back goes on where it was, across a restart', async () => {
      const id = await begin({}, 'forgetful');
      await apply(id, 'next');
      await apply(id, 'pause');
      await apply(id, 'resume');
      assert.equal((await stateOf(id)).state, 'working.second');
    });

    test('what happened is told with plain and short facts only', async () => {
      const id = await begin();
      await apply(id, 'extend', { by: 'u-1', document: { name: 'whole' }, note: 'x'.repeat(1_000) });
      await apply(id, 'reject', { by: 'u-1', document: { name: 'whole' }, note: 'x'.repeat(1_000) });
      const entry = (await timelineOf(probe.platform.database, id)).at(-1)!;
      assert.deepEqual(entry.detail, { by: 'u-1', note: 'x'.repeat(240) });
    });

    test('something that happens to no life is not found', () => assert.rejects(apply('00000000-0000-4000-8000-000000000000', 'approve'), { kind: 'not-found' }));
  });

  describe('whatever order events come in, and however often', () => {
    test('the life ends in the same state', async () => {
      await fc.assert(fc.asyncProperty(fc.shuffledSubarray(['approve', 'returned', 'paid', 'approve', 'returned', 'paid', 'extend'], { minLength: 7 }), async (order) => {
        const id = await begin();
        for (const type of order) await apply(id, type);
        const end = await stateOf(id);
        assert.equal(end.state, 'closed', order.join());
        const taken = (await told(id)).filter((event) => !event.includes('('));
        assert.deepEqual(taken.toSorted(), ['approve', 'paid', 'returned', 'started']);
      }), { numRuns: 25 });
    });
  });

  describe('a chart that cannot be carried out is refused when it is registered', () => {
    const register = (machine: object, more: object = {}) => () => probe.platform.lives.register({
      process: 'wrong', version: 1, tier: 'standard', machine: machine as typeof loanChart, keys: () => ({}), facility: () => undefined, moves: {}, announcements: {}, workItems: {}, ...more,
    });

    test('when an action is bound to nothing', () => assert.throws(register(setup({ actions: effects('tellNobody') }).createMachine({ entry: 'tellNobody' })), /the action tellNobody is bound to nothing/));
    test('when an action was never declared', () => assert.throws(register(setup({}).createMachine({ initial: 'a', states: { a: { on: { x: { actions: 'unheardOf' as never } } } } })), /unheardOf is bound to nothing/));
    test('when an action is written in place', () => assert.throws(register(setup({}).createMachine({ entry: () => undefined })), /written in place/));
    test('when it has code run outside', () => assert.throws(register(setup({}).createMachine({ initial: 'a', states: { a: { invoke: [{ src: 'fetch' }] as never } } })), /invokes an actor/));
    test('when a work item is not described', () => assert.throws(register(setup({}).createMachine({ initial: 'a', states: { a: { meta: { workItem: 'mystery' } } } })), /work item mystery is not described/));
    test('and one that only changes itself is taken', () => { register(setup({ types: { context: {} as { n: number } } }).createMachine({ context: { n: 0 }, entry: assign({ n: 1 }) }))(); });

    test('a move that is bound but not registered is found at the start', async () => {
      await assert.rejects(startProbe(database.url, (platform) => {
        platform.lives.register({ process: 'half', version: 1, tier: 'standard', machine: loanChart, keys: () => ({}), facility: () => undefined, moves: { handOut: { move: { name: 'hand-out', run: async () => ({ type: 'x' }) }, input: () => ({}) as never } }, announcements: { announceOpened: () => ({ type: 'thing.happened.v1', subject: 'x', data: {} }) }, workItems: { approval: () => ({ owner: 'x', title: 'x', facts: {}, resolutions: [] }) } });
      }), /moves hand-out are bound but not registered/);
    });
  });
});
