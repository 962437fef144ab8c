import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ApiError } from '#chassis/errors/failures.ts';
import { CHASSIS_SCHEMA } from '#chassis/deployable/schema.ts';
import { createPacer, paceRows } from '#chassis/resilience/pacer.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

/** A quota whose time is the test's, and what each turn had to wait. */
function quotaAt(perSecond: number, burst: number, patienceMs = 60_000) {
  const waits: number[] = [];
  const clock = { now: 0 };
  const quota = createPacer({ target: 'network', perSecond, burst, patienceMs, now: () => clock.now, wait: async (ms: number) => { waits.push(Math.round(ms)); } });
  return { quota, waits, clock };
}

describe('the quota of an integration', () => {
  it('lets a burst go at once and the rest one by one', async () => {
    const { quota, waits } = quotaAt(10, 3);
    for (let turn = 0; turn < 6; turn += 1) await quota.turn('first');
    assert.deepEqual(waits, [100, 200, 300]);
  });

  it('has room again as time passes', async () => {
    const { quota, waits, clock } = quotaAt(10, 2);
    await quota.turn('first');
    await quota.turn('first');
    clock.now = 200;
    await quota.turn('first');
    await quota.turn('first');
    assert.deepEqual(waits, []);
  });

  it('never grants more in any second than burst and rate together', async () => {
    const { quota, waits, clock } = quotaAt(25, 20);
    const starts: number[] = [];
    for (let turn = 0; turn < 200; turn += 1) {
      const before = waits.length;
      await quota.turn(turn % 3 === 0 ? 'later' : 'first');
      clock.now += waits.length > before ? waits.at(-1)! : 0;
      starts.push(clock.now);
    }
    for (const from of starts) assert.ok(starts.filter((at) => at >= from && at < from + 1_000).length <= 20 + 25);
  });

  it('lets documents wait while calls use up the burst', async () => {
    const { quota, waits } = quotaAt(10, 5);
    for (let turn = 0; turn < 3; turn += 1) await quota.turn('first');
    await quota.turn('later');
    assert.deepEqual(waits, [100]);
    await quota.turn('first');
    assert.deepEqual(waits, [100], 'a call still finds room');
  });

  it('tells whoever would wait too long when to come back', async () => {
    const { quota, waits } = quotaAt(1, 1, 1_500);
    await quota.turn('first');
    await quota.turn('first');
    const failure = await quota.turn('first').then(() => assert.fail(), (thrown: unknown) => thrown);
    assert.ok(failure instanceof ApiError);
    assert.deepEqual([failure.kind, failure.code, failure.retryAfterMs], ['rate-limited', 'quota-exhausted', 2_000]);
    assert.deepEqual(waits, [1_000]);
  });
});

describe('a quota that several processes share', () => {
  let server: TestDatabase;
  const databases: Database[] = [];
  before(async () => {
    server = await createTestDatabase();
    for (let member = 0; member < 3; member += 1) databases.push(openDatabase({ url: server.url, log: createLog('test', 'emerg'), maxConnections: 2 }));
    await migrate(databases[0]!, 'chassis', CHASSIS_SCHEMA);
  });
  after(async () => {
    await Promise.all(databases.map((each) => each.close()));
    await server.drop();
  });

  /** One pacer per process; all calls at once, and how often the store was asked for them. */
  async function spend(target: string, calls: number, { perSecond, burst }: { perSecond: number; burst: number }) {
    let asked = 0;
    const begun = performance.now();
    const starts: number[] = [];
    const pacers = databases.map((database) => createPacer({ target, perSecond, burst, patienceMs: 60_000 }, paceRows({ query: (text, values) => { asked += 1; return database.query(text, values); } })));
    await Promise.all(pacers.flatMap((pacer) => Array.from({ length: calls / pacers.length }, async () => {
      await pacer.turn();
      starts.push(performance.now() - begun);
    })));
    return { starts: starts.toSorted((left, right) => left - right), asked };
  }

  it('is kept by all of them together', async () => {
    const { starts } = await spend('kept', 90, { perSecond: 100, burst: 12 });
    // Turns that were fetched may be used a little late, but never before their time: no load can make them come early.
    for (const [index, at] of starts.entries()) assert.ok(at >= ((index - 12) * 1_000) / 100 - 1, `call ${index} after ${at} ms`);
  });

  it('does not put the store on the way of every call', async () => {
    const { asked } = await spend('seldom', 300, { perSecond: 400, burst: 60 });
    assert.ok(asked <= 150, `${asked} questions for 300 calls`);
  });

  it('is asked for one turn at a time by who is idle, and for some more by who is busy', async () => {
    const clock = { now: 0 };
    const counts: number[] = [];
    const store = { async take(_target: string, { count }: { count: number }) { counts.push(count); return { taken: true, backlogMs: 0 }; } };
    const pacer = createPacer({ target: 'counted', perSecond: 80, burst: 40, patienceMs: 0, now: () => clock.now }, store);
    for (let call = 0; call < 3; call += 1) {
      clock.now += 1_000;
      await pacer.turn();
    }
    assert.deepEqual(counts.splice(0), [1, 1, 1]);
    for (let call = 0; call < 33; call += 1) await pacer.turn();
    assert.deepEqual(counts.splice(0), [2, 4, 8, 10, 10]);
    clock.now += 1_000;
    await pacer.turn();
    assert.deepEqual(counts, [1], 'what was left over is old');
  });

  it('tells each of them when it is used up, without taking a turn for that', async () => {
    const [first, other] = databases.map((database) => createPacer({ target: 'empty', perSecond: 0.1, burst: 1, patienceMs: 100 }, paceRows(database)));
    await first!.turn();
    for (let call = 0; call < 5; call += 1) {
      await assert.rejects(other!.turn(), (error: ApiError) => error.code === 'quota-exhausted' && error.retryAfterMs! > 5_000 && error.retryAfterMs! <= 10_000);
    }
  });
});
