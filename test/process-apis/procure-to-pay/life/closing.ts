import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acknowledged, closed, invoiced, open, paid, received } from './order.ts';

describe('closing an order', () => {
  const settling = () => paid(invoiced(received(acknowledged(open(), { line: 1, outcome: 'accepted' }), 'D-1', 10), 'I-1', 10));

  test('tells and waits a while for late documents', () => {
    const life = closed();
    assert.equal(life.state, 'closed.quiet');
    assert.deepEqual(life.asked, ['tellClosed']);
    assert.deepEqual(acknowledged(life, { line: 1, outcome: 'accepted' }).kept, []);
    assert.equal(life.elapse('archiveLimit').state, 'archived');
  });

  test('with something left on the clearing account is tried again or written off by the manager', () => {
    const left = settling().when('clearing-not-zero', { balance: '12.00' });
    assert.equal(left.work.get('clearing-not-zero')?.facts['balance'], '12.00');
    assert.equal(left.decide('clearing-not-zero', 'retry').context.writesOff, false);
    assert.equal(left.decide('clearing-not-zero', 'write-off').context.writesOff, true);
  });

  test('does not let a late invoice be paid twice, nor be lost', () => {
    const duplicate = invoiced(closed(), 'I-1', 10, '100.00');
    assert.deepEqual(duplicate.asked, ['tellInvoiceRefused']);
    const disputed = invoiced(closed(), 'I-2', 1);
    assert.equal(disputed.state, 'closed.disputed');
    assert.match(String(disputed.work.get('invoice-after-closing')?.facts['why']), /billed 1/);
    const another = invoiced(disputed, 'I-3', 1);
    assert.deepEqual(another.kept, ['invoice.received.v1']);
    const next = another.decide('invoice-after-closing', 'refuse-invoice');
    assert.deepEqual([next.state, next.context.invoice?.number], ['closed.disputed', 'I-3']);
    assert.equal(next.decide('invoice-after-closing', 'refuse-invoice').state, 'closed.quiet');
  });
});
