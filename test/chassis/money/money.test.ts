import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addQuantities, compare, isZero, lineAmount, percentAbove, subtract, sum } from '#chassis/money/money.ts';

const amount = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }).map((cents) => {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return { cents, text: `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}` };
});

test('a line is quantity times price, rounded half up to cents', () => {
  assert.equal(lineAmount(3, '0.335'), '1.01');
  assert.equal(lineAmount('2.5', '1.01'), '2.53');
  assert.equal(lineAmount(0.1, '0.20'), '0.02');
});

test('a sum is exact however many amounts there are', () => {
  fc.assert(fc.property(fc.array(amount), (amounts) => {
    const total = amounts.reduce((cents, each) => cents + each.cents, 0n);
    assert.equal(compare(sum(amounts.map((each) => each.text)), `${total}e-2`), 0);
  }));
  assert.equal(sum([]), '0.00');
});

test('taking away what was added gives what was there', () => {
  fc.assert(fc.property(amount, amount, (left, right) => {
    assert.equal(compare(subtract(sum([left.text, right.text]), right.text), left.text), 0);
  }));
});

test('comparison follows the amount and not the text', () => {
  assert.equal(compare('9.00', '10.00'), -1);
  assert.equal(compare('1.5', '1.50'), 0);
  assert.ok(isZero('0.00') && isZero('-0') && !isZero('0.01'));
});

test('percent above is relative to what was expected', () => {
  assert.equal(percentAbove('200.00', '210.00'), 5);
  assert.equal(percentAbove('200.00', '190.00'), -5);
  assert.equal(percentAbove('0', '0'), 0);
  assert.equal(percentAbove('0', '1'), Infinity);
});

test('quantities add without binary dust', () => {
  assert.equal(addQuantities(0.1, 0.2), 0.3);
  assert.equal(addQuantities(), 0);
});
