import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { invoiceAmounts, judgeInvoice, looksAlike } from '../../../process-apis/procure-to-pay/match.ts';
import type { OrderInvoice } from '../../../process-apis/procure-to-pay/order.ts';
import { bill, billed, invoiceOf, sampleLine, sampleOrder, samplePolicy } from './samples.ts';

const policy = samplePolicy();
const received = sampleOrder({ orderNumber: 'PO-1', lines: [sampleLine({ receivedQuantity: 10 })] });
const verdict = (invoice: OrderInvoice, order = received, by = policy) => judgeInvoice(order, invoice, by).verdict;
const entered = (number: string, quantity: number) => invoiceOf(bill(number, [billed(1, quantity)]), { state: 'paid' });

describe('an invoice', () => {
  test('for what came at the agreed price matches', () => {
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 10)]))), 'matched');
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 4), billed(1, 6)]))), 'matched');
  });

  test('is tolerated up to the percentage, and not beyond', () => {
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 10, '102.00')]))), 'matched');
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 10, '102.01')]))), 'price-exception');
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 10, '1.00')]))), 'matched');
    const tolerant = samplePolicy({ match: { pricePercent: 2, quantityPercent: 10 } });
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 11)])), received, tolerant), 'matched');
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 11.001)])), received, tolerant), 'quantity-exception');
  });

  test('for more than came is an exception, and waits while goods are still to come', () => {
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 11)]))), 'quantity-exception');
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 10)])), { ...received, lines: [sampleLine({ receivedQuantity: 9 })] }), 'waits-for-goods');
  });

  test('is seen to bill too much also when it does so in several lines', () => {
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 10), billed(1, 10)]))), 'quantity-exception');
  });

  test('for a third of a unit matches to the thousandth', () => {
    const order = { ...received, lines: [sampleLine({ quantity: 0.3, receivedQuantity: 0.3, invoicedQuantity: 0.1 })] };
    assert.equal(verdict(invoiceOf(bill('I-2', [billed(1, 0.2)])), order), 'matched');
    assert.equal(verdict(invoiceOf(bill('I-2', [billed(1, 0.201)])), order), 'quantity-exception');
  });

  test('under a number that is known is a duplicate, whatever it bills', () => {
    const order = { ...received, invoices: [entered('I-1', 5)] };
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 5)])), order), 'duplicate');
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 2)])), order), 'duplicate');
  });

  test('under the number of a refused one is judged anew', () => {
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 10)])), { ...received, invoices: [{ ...entered('I-1', 5), state: 'refused' }] }), 'matched');
  });

  test('of the same amount under nearly the same number is suspect, of another amount is not', () => {
    const order = { ...received, lines: [sampleLine({ receivedQuantity: 10, invoicedQuantity: 5 })], invoices: [entered('INV-0007', 5)] };
    assert.equal(verdict(invoiceOf(bill('INV7', [billed(1, 5)])), order), 'suspected-duplicate');
    assert.equal(verdict(invoiceOf(bill('INV7', [billed(1, 4)])), order), 'matched');
    assert.equal(verdict(invoiceOf(bill('INV-0008', [billed(1, 5)])), order), 'matched');
  });

  const malformed: [why: string, invoice: OrderInvoice][] = [
    ['a line that was not ordered', invoiceOf(bill('I-1', [billed(7, 1)]))],
    ['another item', invoiceOf(bill('I-1', [billed(1, 1, '100.00', { itemNumber: 'IMP-2' })]))],
    ['another unit', invoiceOf(bill('I-1', [billed(1, 1, '100.00', { unit: 'BX' })]))],
    ['an amount that is not quantity times price', invoiceOf(bill('I-1', [billed(1, 1, '100.00', { amount: '100.02' })]))],
    ['a total that is not the sum', invoiceOf(bill('I-1', [billed(1, 1)], { total: '99.00' }))],
    ['another currency', invoiceOf(bill('I-1', [billed(1, 1)], { currency: 'EUR' }))],
    ['a negative price', invoiceOf(bill('I-1', [billed(1, 1, '-100.00')]))],
    ['nothing at all', invoiceOf(bill('I-1', [billed(1, 1, '0.00')]))],
  ];
  for (const [why, invoice] of malformed) {
    test(`that bills ${why} is faulty and says why`, () => {
      const match = judgeInvoice(received, invoice, policy);
      assert.equal(match.verdict, 'malformed');
      assert.ok(match.reasons.every((reason) => reason.length > 10 && reason.length <= 240));
    });
  }

  test('may round a half its own way', () => {
    assert.equal(verdict(invoiceOf(bill('I-1', [billed(1, 1, '0.125', { amount: '0.12' })])), { ...received, lines: [sampleLine({ receivedQuantity: 10, unitPrice: '0.125' })] }), 'matched');
  });

  test('is still judged for everything that nobody has set aside', () => {
    const early = { ...received, lines: [sampleLine({ receivedQuantity: 2 })], invoices: [entered('INV-1', 10)] };
    const doubtful = bill('INV-01', [billed(1, 10)]);
    assert.equal(verdict(invoiceOf(doubtful), early), 'suspected-duplicate');
    assert.equal(verdict(invoiceOf(doubtful, { cleared: ['suspected-duplicate'] }), early), 'waits-for-goods');
    const dear = bill('I-9', [billed(1, 10, '110.00')]);
    assert.equal(verdict(invoiceOf(dear), early), 'price-exception');
    assert.equal(verdict(invoiceOf(dear, { cleared: ['price-exception'] }), early), 'waits-for-goods');
    assert.equal(verdict(invoiceOf(dear, { cleared: ['price-exception', 'quantity-exception'] }), early), 'matched');
    assert.equal(verdict(invoiceOf(bill('INV-1', [billed(1, 1)]), { cleared: ['suspected-duplicate'] }), early), 'duplicate');
  });
});

describe('numbers look alike', () => {
  const alike: [string, string, boolean][] = [
    ['INV-0123', 'inv 123', true], ['INV-0123', 'INV123', true], ['0007', '7', true], ['A-1/2', 'A12', true], ['INV-2026-0012', 'inv 2026/12', true],
    ['INV-0123', 'INV-0124', false], ['INV-100', 'INV-10', false], ['A1', 'B1', false], ['2026-001', '2026-010', false],
  ];
  for (const [left, right, expected] of alike) test(`${left} and ${right}: ${expected}`, () => assert.equal(looksAlike(left, right), expected));
});

describe('the accounts that an invoice moves', () => {
  test('are the clearing account at the order price and a variance for the rest', () => {
    assert.deepEqual(invoiceAmounts(received, bill('I-1', [billed(1, 10)])), { clearing: '1000.00', variance: '0.00', payable: '1000.00' });
    assert.deepEqual(invoiceAmounts(received, bill('I-1', [billed(1, 10, '101.50')])), { clearing: '1000.00', variance: '15.00', payable: '1015.00' });
    assert.deepEqual(invoiceAmounts(received, bill('I-1', [billed(1, 10, '99.99')])), { clearing: '1000.00', variance: '-0.10', payable: '999.90' });
  });

  test('are the clearing account for what is ordered and still to come, for its receipt will come against it', () => {
    assert.deepEqual(invoiceAmounts({ lines: [sampleLine({ receivedQuantity: 6 })] }, bill('I-1', [billed(1, 10)])), { clearing: '1000.00', variance: '0.00', payable: '1000.00' });
  });

  test('are a variance for what was never ordered', () => {
    assert.deepEqual(invoiceAmounts(received, bill('I-1', [billed(1, 12)])), { clearing: '1000.00', variance: '200.00', payable: '1200.00' });
    assert.deepEqual(invoiceAmounts(received, bill('I-1', [billed(1, 6), billed(1, 6)])), { clearing: '1000.00', variance: '200.00', payable: '1200.00' });
  });
});
