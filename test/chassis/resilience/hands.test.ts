import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiError } from '#chassis/errors/failures.ts';
import { atHand, createHands } from '#chassis/resilience/hands.ts';
import { TIERS } from '#chassis/resilience/tiers.ts';

const { share, slowMs } = TIERS.standard.hands;

/** Hands whose time passes when the test says so. */
function handsOf(count: number) {
  let ahead = 0;
  const hands = createHands(count, () => performance.now() + ahead);
  const hanging: (() => void)[] = [];
  const hang = (target: string) => hands.run(() => atHand(target, 'standard', () => new Promise<void>((resolve) => { hanging.push(resolve); })));
  return { hands, hang, pass: () => { ahead += slowMs; }, release: () => { for (const resolve of hanging.splice(0)) resolve(); } };
}

describe('hands', () => {
  test('are kept by whoever works, however long, when no call is under way', async () => {
    const { hands, pass } = handsOf(4);
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = hands.run(() => promise);
    pass();
    assert.equal(hands.free(), 3);
    resolve();
    await work;
    assert.equal(hands.free(), 4);
  });

  test('that hang keep no more than a share, whatever number of systems they hang at', async () => {
    const { hands, hang, pass, release } = handsOf(8);
    const calls = Array.from({ length: 8 }, (_, at) => hang(at % 2 === 0 ? 'annex' : 'cellar'));
    assert.equal(hands.free(), 0);
    pass();
    assert.equal(hands.free(), 8 - 8 * share);
    release();
    await Promise.all(calls);
    assert.equal(hands.free(), 8);
  });

  test('call nobody at whom as many hang as may, and say whom they wait for', async () => {
    const { hands, hang, pass, release } = handsOf(8);
    const calls = Array.from({ length: 8 * share }, () => hang('annex'));
    await hands.run(() => atHand('annex', 'standard', async () => 'still quick'));
    pass();
    await assert.rejects(hang('annex'), (error: ApiError) => {
      assert.deepEqual([error.code, error.retryable, (error.cause as { target?: string }).target], ['target-busy', true, 'annex']);
      return true;
    });
    assert.equal(await hands.run(() => atHand('cellar', 'standard', async () => 'served')), 'served');
    release();
    await Promise.all(calls);
    assert.equal(await hands.run(() => atHand('annex', 'standard', async () => 'served')), 'served');
  });

  test('are nobody else\'s business: a call outside of them is made as it is', async () => {
    assert.equal(await atHand('annex', 'standard', async () => 'served'), 'served');
  });
});
