import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ApiError } from '#chassis/errors/failures.ts';
import { createPacer } from '#chassis/resilience/pacer.ts';

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
