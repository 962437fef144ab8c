import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, mock, test } from 'node:test';
import { assign, setup } from 'xstate';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { bind, effects, type LifeDefinition } from '#chassis/lifecycle/life.ts';
import type { LifeMigration } from '#chassis/lifecycle/versions.ts';
import { move } from '#chassis/moves/move.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { startProbe, type Probe } from '../../support/probe.ts';

interface Parcel {
  label: string;
  weighed?: number;
  stamps?: string[];
}

const PATIENCE_MS = 60_000;

/** A parcel that waits to be sent. In version 2 it has stamps, in version 3 the state and what sends it have other names. */
function parcels(version: 1 | 2 | 3) {
  const [waiting, sent, opened] = version === 3 ? ['shelved', 'dispatched', 'unpacked'] : ['waiting', 'sent', 'opened'];
  return setup({
    types: { context: {} as Parcel, input: {} as Parcel, events: {} as { type: string } },
    actions: { ...effects('carry'), weigh: assign(({ context }) => ({ weighed: (context.weighed ?? 0) + 1 })) },
    delays: { patience: PATIENCE_MS },
  }).createMachine({
    id: 'parcel', context: ({ input }) => input, initial: waiting,
    states: {
      [waiting]: { on: { [sent]: 'carrying', 'weigh': { actions: 'weigh' }, 'packed again': { target: waiting, reenter: true } }, after: { patience: 'returned' } },
      carrying: { entry: 'carry', on: { carried: 'there' } },
      returned: {}, there: { on: { [opened]: 'empty' } }, empty: {},
    },
  });
}

const withStamps: LifeMigration = { snapshot: (stored) => ({ ...stored, context: { ...stored.context as Parcel, stamps: ['one'] } }) };
const shelved: LifeMigration = {
  snapshot: (stored) => ({ ...stored, value: stored.value === 'waiting' ? 'shelved' : stored.value }),
  events: { 'sent': 'dispatched', 'opened': 'unpacked', 'xstate.after.patience.parcel.waiting': 'xstate.after.patience.parcel.shelved' },
};

interface Hosting {
  version: 1 | 2 | 3;
  readableBy?: number;
  carry?: (label: string) => Promise<unknown>;
  /** What comes after carrying, and what takes the carrying back when that fails. */
  arrive?: (label: string) => Promise<unknown>;
  carryBack?: (label: string) => Promise<unknown>;
  moveName?: string;
}

describe('while versions of a process are exchanged', () => {
  let database: TestDatabase;
  let clock: FakeClock;
  let probes: Probe[] = [];
  before(async () => { database = await createTestDatabase(); });
  after(async () => {
    await leave(...probes);
    await database.drop();
  });
  beforeEach(() => { clock = fakeClock(); });

  function define(platform: Platform, process: string, { version, readableBy, carry = async () => undefined, arrive, carryBack, moveName = 'carry' }: Hosting): void {
    const carrying = move(moveName, async (run, { label }: { label: string }) => {
      await run.step('carry', () => carry(label), carryBack ? { undo: () => carryBack(label) } : {});
      await arrive?.(label);
      return { type: 'carried' };
    });
    const definition: LifeDefinition<Parcel> = {
      process, version, ...(readableBy === undefined ? {} : { readableBy }), migrations: [withStamps, shelved].slice(0, version - 1), tier: 'standard', machine: parcels(version),
      keys: ({ label }) => ({ label }), facility: () => undefined, moves: { carry: bind(carrying, ({ label }: Parcel) => ({ label })) }, announcements: {}, workItems: {}, defers: ['opened', 'unpacked'],
    };
    platform.lives.register(definition);
    platform.moves.register(process, 'standard', [carrying], async (tx, lifeId, outcome) => { await platform.lives.apply(tx, lifeId, outcome); });
    platform.subscribe({
      group: `${process}.parcels`, types: ['thing.happened.v1'],
      async handle(tx, event) {
        for (const id of await platform.lives.find(tx, process, 'label', event.subject)) await platform.lives.apply(tx, id, { type: String((event.data as { is: string }).is) });
      },
    });
  }

  async function host(process: string, hosting: Hosting, log: 'error' | 'info' = 'error'): Promise<Probe> {
    const probe = await startProbe(database.url, (platform) => define(platform, process, hosting), { clock, log });
    probes.push(probe);
    return probe;
  }
  async function leave(...ended: Probe[]): Promise<void> {
    probes = probes.filter((probe) => !ended.includes(probe));
    for (const probe of ended) await probe.stop();
  }

  const begin = (probe: Probe, process: string, label: string) => probe.tx(async (tx) => (await probe.platform.lives.start(tx, process, { label }, { identity: label })).id);
  const apply = (probe: Probe, id: string, type: string) => probe.tx((tx) => probe.platform.lives.apply(tx, id, { type }));
  const lifeOf = async (probe: Probe, id: string) => {
    const [row] = await probe.platform.database.query<{ state: string; version: number; readable_by: number; snapshot: { context: Parcel } }>('select state, version, readable_by, snapshot from chassis.lives where id = $1', [id]);
    return { state: row!.state, version: row!.version, readableBy: row!.readable_by, context: row!.snapshot.context };
  };
  const timersOf = async (probe: Probe, id: string) => (await probe.platform.database.query<{ id: string }>('select id from chassis.timers where life_id = $1', [id])).map((timer) => timer.id);
  const told = async (probe: Probe, id: string) => (await probe.platform.database.query<{ event: string }>('select event from chassis.timeline where life_id = $1 order by revision', [id])).map(({ event }) => event);

  test('a life of an older version is carried over, one version after the other, when something happens to it', async () => {
    const first = await host('carried-over', { version: 1 });
    const id = await begin(first, 'carried-over', 'p-1');
    await leave(first);
    const third = await host('carried-over', { version: 3 });
    assert.deepEqual(await lifeOf(third, id), { state: 'waiting', version: 1, readableBy: 1, context: { label: 'p-1' } });
    await apply(third, id, 'weigh');
    assert.deepEqual(await lifeOf(third, id), { state: 'shelved', version: 3, readableBy: 3, context: { label: 'p-1', stamps: ['one'], weighed: 1 } });
    await leave(third);
  });

  test('the limits of a state that has another name now pass when they would have, and only then', async () => {
    const first = await host('renamed', { version: 1 });
    const [late, touched, packed] = [await begin(first, 'renamed', 'late'), await begin(first, 'renamed', 'touched'), await begin(first, 'renamed', 'packed')];
    await leave(first);
    const third = await host('renamed', { version: 3 });
    clock.forward(PATIENCE_MS / 2);
    await apply(third, touched, 'weigh');
    assert.deepEqual(await timersOf(third, touched), ['xstate.after.patience.parcel.shelved']);
    await apply(third, packed, 'packed again');
    assert.deepEqual(await timersOf(third, packed), ['xstate.after.patience.parcel.shelved']);
    clock.forward(PATIENCE_MS / 2);
    await third.wakeTimers();
    await eventually(async () => (await lifeOf(third, late)).state === 'returned' && (await lifeOf(third, touched)).state === 'returned');
    assert.equal((await lifeOf(third, packed)).state, 'shelved');
    await leave(third);
  });

  test('what was kept for later, or sent, under an older name is taken under the new one', async () => {
    const first = await host('kept', { version: 1 });
    const id = await begin(first, 'kept', 'p-1');
    assert.equal((await apply(first, id, 'opened')).accepted, false);
    await leave(first);
    const third = await host('kept', { version: 3 });
    await apply(third, id, 'sent');
    await eventually(async () => (await lifeOf(third, id)).state === 'empty');
    assert.deepEqual(await told(third, id), ['started', 'opened (kept for later)', 'dispatched', 'carried', 'unpacked']);
    await leave(third);
  });

  test('an older process goes on with a life that it can read, and leaves the facts that it does not know', async () => {
    const older = await host('readable', { version: 1 });
    const newer = await host('readable', { version: 2, readableBy: 1 });
    const id = await begin(newer, 'readable', 'p-1');
    await newer.platform.database.query(`update chassis.lives set snapshot = jsonb_set(snapshot, '{context,stamps}', '["blue"]') where id = $1`, [id]);
    await apply(older, id, 'weigh');
    assert.deepEqual(await lifeOf(older, id), { state: 'waiting', version: 2, readableBy: 1, context: { label: 'p-1', stamps: ['blue'], weighed: 1 } });
    await leave(newer);
    await apply(older, id, 'sent');
    await eventually(async () => (await lifeOf(older, id)).state === 'there');
    assert.deepEqual((await lifeOf(older, id)).context.stamps, ['blue']);
    await leave(older);
  });

  test('an older process leaves what it cannot read to a newer one: its events, moves and limits, with no word of an error and no attempt used up', async () => {
    const carriedByOlder: string[] = [];
    const older = await host('unreadable', { version: 1, carry: async (label) => carriedByOlder.push(label) }, 'info');
    const first = await host('unreadable', { version: 2 });
    const [moving, waiting] = [await begin(first, 'unreadable', 'moving'), await begin(first, 'unreadable', 'waiting')];
    // More than are looked at together.
    const limited = await Promise.all(Array.from({ length: 60 }, (_, index) => begin(first, 'unreadable', `limited-${index}`)));
    await leave(first);
    // As the newer one leaves it when it ends right after the transition.
    await newerApplies(moving, 'sent');
    const written: string[] = [];
    mock.method(process.stderr, 'write', (line: string) => { written.push(line); return true; });
    try {
      await older.tx((tx) => older.platform.events.publish(tx, { type: 'thing.happened.v1', subject: 'waiting', data: { is: 'weigh' } }));
      clock.forward(PATIENCE_MS);
      await older.wakeTimers();
      await assert.rejects(apply(older, waiting, 'weigh'), { kind: 'unavailable', code: 'newer-version' });
      const witness = await begin(older, 'unreadable', 'witness');
      await apply(older, witness, 'weigh');
      clock.forward(PATIENCE_MS);
      await older.wakeTimers();
      await eventually(async () => (await lifeOf(older, witness)).state === 'returned');
      await eventually(async () => (await older.platform.database.query(`select 1 from chassis.troubled_events where consumer = 'unreadable.parcels' and excused > 2`)).length === 1);
      const own = await begin(older, 'unreadable', 'own');
      await apply(older, own, 'sent');
      await eventually(async () => (await lifeOf(older, own)).state === 'there');
      assert.deepEqual(carriedByOlder, ['own']);
      for (const id of [moving, waiting, ...limited]) assert.equal((await lifeOf(older, id)).version, 2);
      assert.deepEqual([(await lifeOf(older, moving)).state, (await lifeOf(older, limited[0]!)).state], ['carrying', 'waiting']);
      assert.deepEqual(await troubled(older), [{ isExcused: true, status: 'retrying' }]);
      assert.deepEqual(written.filter((line) => /warn|error/.test(line)), []);
    } finally {
      mock.restoreAll();
    }
    const [row] = await older.platform.database.query<{ attempt: number }>('select attempt from chassis.moves where life_id = $1', [moving]);
    assert.equal(row?.attempt, 1);
    const newer = await host('unreadable', { version: 2 });
    await eventually(async () => (await lifeOf(newer, moving)).state === 'there');
    await newer.wakeTimers();
    await eventually(async () => (await Promise.all(limited.map((id) => lifeOf(newer, id)))).every(({ state }) => state === 'returned'));
    await eventually(async () => (await troubled(newer)).length === 0);
    assert.ok((await told(newer, waiting)).some((event) => event.startsWith('weigh')));
    await leave(older, newer);

    async function newerApplies(id: string, type: string): Promise<void> {
      const busy = await startProbe(database.url, (platform) => define(platform, 'unreadable', { version: 2, carry: () => new Promise(() => undefined) }), { clock, moveConcurrency: 0 });
      await apply(busy, id, type);
      await busy.stop();
    }
    function troubled(probe: Probe): Promise<{ isExcused: boolean; status: string }[]> {
      // The one that is being made just now is not settled yet.
      return probe.platform.database.query(`select attempts - excused <= 1 as "isExcused", status from chassis.troubled_events where consumer = 'unreadable.parcels'`);
    }
  });

  test('a move whose life went on to a newer version meanwhile, or that only a newer version knows, is ended by that', async () => {
    let reached: (() => void) | undefined;
    let goOn: (() => void) | undefined;
    const isReached = new Promise<void>((resolve) => { reached = resolve; });
    const carried: string[] = [];
    const older = await host('overtaken', { version: 1, carry: async (label) => {
      carried.push(label);
      reached?.();
      await new Promise<void>((resolve) => { goOn = resolve; });
    } });
    const id = await begin(older, 'overtaken', 'p-1');
    await apply(older, id, 'sent');
    await isReached;
    await older.platform.database.query('update chassis.lives set version = 2, readable_by = 2 where id = $1', [id]);
    goOn?.();
    await eventually(async () => (await older.platform.database.query('select 1 from chassis.moves where life_id = $1 and owner is null and readable_by = 2 and attempt = 1', [id])).length === 1);
    const newer = await host('overtaken', { version: 2, readableBy: 1, carry: async (label) => carried.push(label) });
    await eventually(async () => (await lifeOf(newer, id)).state === 'there');
    // What the older one had done is remembered.
    assert.deepEqual(carried, ['p-1']);
    await leave(older, newer);
    const other = await host('overtaken', { version: 1, moveName: 'carry by hand' });
    const strange = await begin(other, 'overtaken', 'p-2');
    await leave(other);
    const mover = await startProbe(database.url, (platform) => define(platform, 'overtaken', { version: 1, moveName: 'carry by drone' }), { clock, moveConcurrency: 0 });
    await apply(mover, strange, 'sent');
    await mover.stop();
    const unaware = await host('overtaken', { version: 1, moveName: 'carry by hand' });
    await eventually(async () => (await unaware.platform.database.query('select 1 from chassis.moves where life_id = $1 and owner is null and readable_by = 2 and attempt = 1', [strange])).length === 1);
    const aware = await host('overtaken', { version: 2, moveName: 'carry by drone' });
    await eventually(async () => (await lifeOf(aware, strange)).state === 'there');
    await leave(unaware, aware);
  });

  test('a move that fails for good after its life went on to a newer version is ended by that, in whichever direction it goes', async () => {
    for (const isTakenBack of [false, true]) {
      const process = isTakenBack ? 'beaten-and-taken-back' : 'beaten';
      const done: string[] = [];
      const arrived = Promise.withResolvers<void>();
      const beaten = Promise.withResolvers<void>();
      const hosting = {
        carry: async () => done.push('carried'), ...(isTakenBack ? { carryBack: async () => done.push('carried back') } : {}),
        async arrive() {
          arrived.resolve();
          await beaten.promise;
          throw new ApiError('refused', 'Nobody is in.');
        },
      };
      const older = await host(process, { version: 1, ...hosting });
      const id = await begin(older, process, 'p-1');
      await apply(older, id, 'sent');
      await arrived.promise;
      await older.platform.database.query('update chassis.lives set version = 2, readable_by = 2 where id = $1', [id]);
      beaten.resolve();
      await eventually(async () => (await older.platform.database.query('select 1 from chassis.moves where life_id = $1 and owner is null and readable_by = 2 and attempt = 1', [id])).length === 1);
      const newer = await host(process, { version: 2, ...hosting });
      await eventually(async () => (await told(newer, id)).at(-1)?.startsWith('carry.failed'));
      assert.deepEqual(done, isTakenBack ? ['carried', 'carried back'] : ['carried']);
      await leave(older, newer);
    }
  });

  test('a definition says for every older version how its lives are carried over, and names no reader that cannot be', async () => {
    const register = (more: Partial<LifeDefinition<Parcel>>) => async () => {
      await leave(await startProbe(database.url, (platform) => platform.lives.register<Parcel>({
        process: 'mistaken', version: 2, tier: 'standard', machine: parcels(2), keys: () => ({}), facility: () => undefined, moves: {}, announcements: { carry: () => ({ type: 'thing.happened.v1', subject: '', data: {} }) }, workItems: {}, ...more,
      })));
    };
    await assert.rejects(register({}), /version 2 needs 1 migrations and has 0/);
    await assert.rejects(register({ migrations: [withStamps], readableBy: 3 }), /version 2 cannot be readable by version 3/);
    await register({ migrations: [withStamps], readableBy: 1 })();
  });
});
