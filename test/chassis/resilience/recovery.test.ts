import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LET_GO_EVERY_MS, nextToLetGo } from '#chassis/resilience/recovery.ts';
import { TIERS, type TierName } from '#chassis/resilience/tiers.ts';

const tiers = Object.keys(TIERS) as TierName[];

/** How many go in each second when somebody looks whenever it is time. */
function ramp(tier: TierName, waiting: number): number[] {
  const { recovery } = TIERS[tier];
  const seconds: number[] = [];
  for (let letGo = 0, ms = 0; letGo < waiting; ms += LET_GO_EVERY_MS) {
    const next = Math.min(waiting - letGo, nextToLetGo(letGo, ms === 0 ? null : LET_GO_EVERY_MS, recovery));
    letGo += next;
    seconds[Math.floor(ms / 1_000)] = (seconds[Math.floor(ms / 1_000)] ?? 0) + next;
  }
  return seconds;
}

for (const tier of tiers) {
  test(`what waited for a ${tier} system goes a few at first, then more each second, and never more than it may`, () => {
    const { firstPerSecond, growth, mostPerSecond } = TIERS[tier].recovery;
    const seconds = ramp(tier, 10_000);
    assert.ok(seconds[0]! <= firstPerSecond + growth, `${seconds[0]} in the first second`);
    for (const [at, count] of seconds.slice(0, -1).entries()) {
      assert.ok(count <= mostPerSecond);
      // Whole numbers only, four times a second.
      if (at > 0) assert.ok(count >= seconds[at - 1]! - 4 && count - seconds[at - 1]! <= growth + 4, `${seconds[at - 1]} and then ${count}`);
    }
    assert.ok(seconds.length < 300, `${seconds.length} seconds for 10,000`);
  });
}

test('a pause of whoever lets go is no reason to make up for it', () => {
  fc.assert(fc.property(fc.constantFrom(...tiers), fc.nat(20_000), fc.integer({ min: 0, max: 1_000_000_000 }), (tier, letGo, sinceMs) => {
    const { recovery } = TIERS[tier];
    assert.ok(nextToLetGo(letGo, sinceMs, recovery) <= nextToLetGo(letGo, 2 * LET_GO_EVERY_MS, recovery));
  }));
});

test('several who look at the same moment let no more go than one', () => {
  for (const tier of tiers) assert.equal(nextToLetGo(0, 10, TIERS[tier].recovery), 0);
});

test('something goes whenever it is time', () => {
  fc.assert(fc.property(fc.constantFrom(...tiers), fc.nat(20_000), (tier, letGo) => {
    assert.ok(nextToLetGo(letGo, LET_GO_EVERY_MS, TIERS[tier].recovery) >= 1);
    assert.ok(nextToLetGo(letGo, null, TIERS[tier].recovery) >= 1);
  }));
});
