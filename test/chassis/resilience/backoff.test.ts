import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from '#chassis/resilience/backoff.ts';
import { createRetryBudget } from '#chassis/resilience/retry-budget.ts';
import { retryAfterMs } from '#chassis/resilience/retry-after.ts';

test('a wait doubles with each attempt, never passes its limit and is never cut by more than half', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, chance) => {
    const full = Math.min(60_000, 200 * 2 ** (attempt - 1));
    const wait = backoffMs(attempt, {}, () => chance);
    assert.ok(wait >= Math.floor(full / 2) && wait <= full, `${wait} of ${full}`);
  }));
});

test('those who failed together do not come back together', () => {
  assert.ok(new Set(Array.from({ length: 50 }, () => backoffMs(6))).size > 25);
});

test('repeats are at most a tenth of all calls beside a small reserve', () => {
  const budget = createRetryBudget({ share: 0.1, reserve: 10 });
  let repeats = 0;
  for (let call = 0; call < 1_000; call += 1) {
    budget.deposit();
    if (budget.withdraw()) repeats += 1;
  }
  assert.ok(repeats >= 100 && repeats <= 111, String(repeats));
});

test('a quiet time does not save up an endless budget', () => {
  const budget = createRetryBudget({ share: 0.1, reserve: 10 });
  for (let call = 0; call < 100_000; call += 1) budget.deposit();
  let repeats = 0;
  while (budget.withdraw()) repeats += 1;
  assert.equal(repeats, 100);
});

test('Retry-After is read as seconds and as a date, and nonsense is not obeyed', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  assert.equal(retryAfterMs('7', now), 7_000);
  assert.equal(retryAfterMs('Sun, 01 Mar 2026 12:00:30 GMT', now), 30_000);
  assert.equal(retryAfterMs('Sun, 01 Mar 2026 11:00:00 GMT', now), 0);
  for (const nonsense of [undefined, '', 'soon', '-5', ['1', '2']]) assert.equal(retryAfterMs(nonsense, now), undefined);
});

test('nobody can make us wait longer than an hour at a time', () => {
  assert.equal(retryAfterMs('999999999999'), 3_600_000);
});
