import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRateLimit } from '../../gateway/rate-limit.ts';

describe('a rate limit', () => {
  test('admits a burst, then as many as flow back', () => {
    let now = 1_000;
    const limit = createRateLimit({ perSecond: 10, burst: 3 }, () => now);
    assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a')], [0, 0, 0]);
    assert.equal(limit.take('a'), 100);
    now += 60;
    assert.equal(limit.take('a'), 40);
    now += 40;
    assert.equal(limit.take('a'), 0);
    assert.equal(limit.take('a'), 100);
    now += 10_000;
    assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('a')], [0, 0, 0, 100]);
  });

  test('does not punish who was refused for asking again', () => {
    let now = 0;
    const limit = createRateLimit({ perSecond: 1, burst: 1 }, () => now);
    limit.take('a');
    for (let asked = 0; asked < 100; asked += 1) limit.take('a');
    now += 1_000;
    assert.equal(limit.take('a'), 0);
  });

  test('keeps keys apart and forgets the one that was quiet longest when there are too many', () => {
    const limit = createRateLimit({ perSecond: 1, burst: 1 }, () => 0, 2);
    assert.deepEqual([limit.take('a'), limit.take('b')], [0, 0]);
    assert.ok(limit.take('a') > 0);
    assert.equal(limit.take('c'), 0);
    assert.ok(limit.take('b') > 0);
    assert.equal(limit.take('a'), 0, 'forgotten');
  });
});
