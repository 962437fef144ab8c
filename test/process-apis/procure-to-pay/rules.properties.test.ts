import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import Big from 'big.js';
import { compare, lineAmount, sum } from '#chassis/money/money.ts';
import { approvalPath } from '../../../process-apis/procure-to-pay/approvals.ts';
import { changes } from '../../../process-apis/procure-to-pay/changes.ts';
import { invoiceAmounts } from '../../../process-apis/procure-to-pay/match.ts';
import { less, withInvoiced, withReceived, type Line } from '../../../process-apis/procure-to-pay/order.ts';
import { surplusOf, withoutSurplus } from '../../../process-apis/procure-to-pay/rules.ts';
import { bill, billed, delivery, sampleLine, sampleOrder, samplePolicy } from './samples.ts';

const policy = samplePolicy();
const quantity = fc.integer({ min: 1, max: 50_000 }).map((thousandths) => thousandths / 1_000);
const price = fc.integer({ min: 0, max: 9_999_999 }).map((units) => Big(units).div(10_000).toFixed(4));
const lines = fc.array(fc.record({ quantity, unitPrice: price }), { minLength: 1, maxLength: 5 })
  .map((each) => each.map((line, index): Line => sampleLine({ ...line, line: index + 1 })));
/** Cuts a quantity into at most `parts` pieces that add up to it again. */
const pieces = (whole: number, cuts: number[]) => {
  const marks = [0, ...cuts.map((cut) => Math.floor(cut * whole * 1_000) / 1_000).toSorted((left, right) => left - right), whole];
  return marks.slice(1).map((mark, index) => less(mark, marks[index]!)).filter((piece) => piece > 0);
};
const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const cuts = fc.array(fraction, { maxLength: 4 });

describe('whatever is ordered, delivered and billed', () => {
  test('an invoice moves as much to the debit as to the credit', () => {
    fc.assert(fc.property(lines, price, quantity, (ordered, unitPrice, amount) => {
      const document = bill('I-1', ordered.map((line) => billed(line.line, amount, unitPrice)));
      const { clearing, variance, payable } = invoiceAmounts({ lines: ordered }, document);
      assert.equal(sum([clearing, variance]), payable);
      assert.equal(payable, document.total);
      assert.ok(compare(clearing, '0') >= 0);
    }));
  });

  test('goods received and billed in any parts and any order leave no more than roundings to be cleared', () => {
    fc.assert(fc.property(lines, cuts, cuts, fc.array(fraction, { minLength: 50, maxLength: 50 }), (ordered, receiptCuts, invoiceCuts, shuffle) => {
      const documents = ordered.flatMap((line) => [
        ...pieces(line.quantity, receiptCuts).map((part) => ({ kind: 'receipt' as const, line, part })),
        ...pieces(line.quantity, invoiceCuts).map((part) => ({ kind: 'invoice' as const, line, part })),
      ]).map((document, index) => ({ document, place: shuffle[index]! })).toSorted((left, right) => left.place - right.place).map(({ document }) => document);
      let order = sampleOrder({ lines: ordered });
      const debits: string[] = [];
      for (const { kind, line, part } of documents) {
        if (kind === 'receipt') {
          debits.push(`-${lineAmount(part, line.unitPrice)}`);
          order = { ...order, lines: withReceived(order, delivery('D', [line.line, part]).lines) };
        } else {
          const document = bill('I', [billed(line.line, part, line.unitPrice)]);
          debits.push(invoiceAmounts(order, document).clearing);
          order = { ...order, lines: withInvoiced(order, document) };
        }
      }
      assert.ok(Big(sum(debits)).abs().lte(Big(documents.length).times('0.01')), sum(debits));
      assert.ok(order.lines.every((line) => line.receivedQuantity === line.quantity && line.invoicedQuantity === line.quantity));
    }));
  });

  test('no quantity is ever negative, and what is sent back and what is kept are the delivery', () => {
    fc.assert(fc.property(lines, fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), quantity), { minLength: 1, maxLength: 6 }), (ordered, delivered) => {
      const order = sampleOrder({ lines: ordered });
      const whole = delivery('D', ...delivered);
      const kept = withoutSurplus(order, whole);
      assert.ok(kept.lines.every((each) => each.quantity > 0));
      assert.equal(surplusOf(order, kept), 0);
      const after = withReceived(order, kept.lines);
      assert.ok(after.every((line) => line.receivedQuantity >= 0 && line.receivedQuantity <= line.quantity));
      assert.equal(surplusOf(order, whole) === 0, JSON.stringify(kept.lines) === JSON.stringify(whole.lines));
    }));
  });

  test('a surplus that is kept makes the order as large as what came', () => {
    fc.assert(fc.property(lines, quantity, (ordered, more) => {
      const order = sampleOrder({ lines: ordered, delivery: delivery('D', ...ordered.map((line): [number, number] => [line.line, more])) });
      const { lines: grown = [] } = changes.surplusAccepted(order);
      assert.equal(surplusOf({ lines: grown }, order.delivery!), 0);
      assert.ok(grown.every((line, index) => line.quantity >= ordered[index]!.quantity));
    }));
  });
});

describe('however a need is cut up', () => {
  test('more money never needs fewer approvals', () => {
    fc.assert(fc.property(price, price, fc.constantFrom('person' as const, 'demand' as const), (some, more, origin) => {
      const path = (own: string) => approvalPath({ costCenter: '7010', origin }, { own, siblings: '0', recent: '0' }, policy).path.map((tier) => tier.name);
      const [small, large] = [path(some), path(sum([some, more]))];
      assert.deepEqual(large.slice(0, small.length), small);
    }));
  });

  test('the last part of it is approved as the whole would have been', () => {
    fc.assert(fc.property(fc.array(price, { minLength: 1, maxLength: 6 }), (parts) => {
      const last = parts.at(-1)!;
      const { path } = approvalPath({ costCenter: '7010', origin: 'person' }, { own: last, siblings: '0', recent: sum(parts.slice(0, -1)) }, policy);
      assert.deepEqual(path, approvalPath({ costCenter: '7010', origin: 'person' }, { own: sum([...parts.slice(0, -1), sum([last])]), siblings: '0', recent: '0' }, policy).path);
    }));
  });
});
