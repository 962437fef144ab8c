import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { timelineOf } from '#chassis/lifecycle/timeline.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

describe('time limits', () => {
  let database: TestDatabase;
  before(async () => { database = await createTestDatabase(); });
  after(() => database.drop());

  const begin = async (probe: Probe, identity: string, input: object = {}, process = 'loans') => (await probe.tx((tx) => probe.platform.lives.start(tx, process, input, { identity }))).id;
  const stateOf = async (probe: Probe, id: string) => (await probe.platform.database.query<{ state: string }>('select state from chassis.lives where id = $1', [id]))[0]!.state;
  const timersOf = (probe: Probe, id: string) => probe.platform.database.query<{ due_at: Date }>('select due_at from chassis.timers where life_id = $1', [id]);
  const told = async (probe: Probe, id: string) => (await timelineOf(probe.platform.database, id)).map((entry) => entry.event);
  const fired = (events: string[]) => events.filter((event) => event.startsWith('xstate.after')).length;

  test('a limit passes when the clock says so and not before', async () => {
    const clock = fakeClock();
    const probe = await startProbe(database.url, (platform) => defineLoans(platform, { process: 'clocked' }), { clock });
    const id = await begin(probe, 'clocked', { patienceMs: 7 * 86_400_000 }, 'clocked');
    const [timer] = await timersOf(probe, id);
    assert.ok(Math.abs(timer!.due_at.getTime() - Date.parse('2026-03-08T08:00:00Z')) < 2_000, timer!.due_at.toISOString());
    clock.forward(7 * 86_400_000 - 2_000);
    await probe.wakeTimers();
    const witness = await begin(probe, 'witness', { patienceMs: 0 }, 'clocked');
    await eventually(async () => (await stateOf(probe, witness)) === 'forgotten');
    assert.equal(await stateOf(probe, id), 'deciding');
    clock.forward(4_000);
    await probe.wakeTimers();
    await eventually(async () => (await stateOf(probe, id)) === 'forgotten');
    assert.equal((await timelineOf(probe.platform.database, id)).at(-1)?.detail?.['at'], '2026-03-08T08:00:02.000Z');
    await probe.stop();
  });

  test('a limit that is left in time is cancelled', async () => {
    const probe = await startProbe(database.url, (platform) => defineLoans(platform));
    const id = await begin(probe, 'left-in-time');
    assert.equal((await timersOf(probe, id)).length, 1);
    await probe.tx((tx) => probe.platform.lives.apply(tx, id, { type: 'approve' }));
    assert.deepEqual(await timersOf(probe, id), []);
    await probe.stop();
  });

  test('limits that pass while nobody runs are kept when somebody does', async () => {
    const first = await startProbe(database.url, (platform) => defineLoans(platform));
    const id = await begin(first, 'nobody-runs', { patienceMs: 1_500 });
    await first.stop();
    const second = await startProbe(database.url, (platform) => defineLoans(platform));
    await eventually(async () => (await stateOf(second, id)) === 'forgotten');
    await second.stop();
  });

  test('of two processes one fires, each limit once', async () => {
    const clock = fakeClock();
    const probes = await Promise.all(['one', 'two'].map((name) => startProbe(database.url, (platform) => defineLoans(platform, { process: 'pair' }), { name, clock })));
    const [probe] = probes as [Probe, Probe];
    const ids = await Promise.all(Array.from({ length: 60 }, (_, index) => begin(probe, `pair-${index}`, { patienceMs: 1_000 + index }, 'pair')));
    clock.forward(10_000);
    await probe.wakeTimers();
    await eventually(async () => (await Promise.all(ids.map((id) => stateOf(probe, id)))).every((state) => state === 'forgotten'));
    for (const id of ids) assert.equal(fired(await told(probe, id)), 1);
    for (const each of probes) await each.stop();
  });

  test('a life that cannot take its limit holds up no other', async () => {
    const clock = fakeClock();
    let broken = true;
    const probe = await startProbe(database.url, (platform) => {
      defineLoans(platform, { process: 'poisoned', definition: { keys: ({ title, asked }) => {
        if (broken && title === 'poison' && asked > 0) throw new Error('this life is broken');
        return { title };
      } } });
    }, { clock });
    await assert.rejects(begin(probe, 'poison', { title: 'poison', asked: 1, patienceMs: 100 }, 'poisoned'), /this life is broken/);
    broken = false;
    const id = await begin(probe, 'poison', { title: 'poison', asked: 1, patienceMs: 100 }, 'poisoned');
    broken = true;
    const others = await Promise.all(Array.from({ length: 5 }, (_, index) => begin(probe, `healthy-${index}`, { patienceMs: 200 }, 'poisoned')));
    clock.forward(1_000);
    await probe.wakeTimers();
    await eventually(async () => (await Promise.all(others.map((other) => stateOf(probe, other)))).every((state) => state === 'forgotten'));
    assert.equal(await stateOf(probe, id), 'deciding');
    broken = false;
    clock.forward(10_000);
    await probe.wakeTimers();
    await eventually(async () => (await stateOf(probe, id)) === 'forgotten');
    await probe.stop();
  });

  test('a transition that is rolled back leaves the limits as they were', async () => {
    const probe = await startProbe(database.url, (platform) => defineLoans(platform));
    const id = await begin(probe, 'rolled-back');
    const before = await timersOf(probe, id);
    await assert.rejects(probe.tx(async (tx) => {
      await probe.platform.lives.apply(tx, id, { type: 'approve' });
      throw new Error('no');
    }));
    assert.deepEqual(await timersOf(probe, id), before);
    await probe.stop();
  });
});
