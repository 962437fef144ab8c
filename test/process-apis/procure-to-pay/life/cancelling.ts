import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acknowledged, delivered, failure, inState, invoiced, open, paid, received, type Life } from './order.ts';

describe('cancelling an order', () => {
  const rejected = () => acknowledged(open(), { line: 1, outcome: 'rejected' });

  test('withdraws it and ends it, and whoever bills it later is refused', () => {
    const running = inState(rejected().decide('supplier-rejection', 'cancel-order'), 'open.cancellation.running');
    assert.deepEqual(running.asked, ['cancelOrder']);
    const cancelled = running.when('cancelled');
    assert.equal(cancelled.state, 'cancelled');
    assert.deepEqual(cancelled.asked, ['tellCancelled']);
    const late = invoiced(acknowledged(cancelled, { line: 1, outcome: 'accepted' }), 'I-1', 10);
    assert.deepEqual(late.asked, ['tellInvoiceRefused']);
    assert.deepEqual(late.context.invoices.map(({ state, reasons }) => [state, reasons]), [['refused', ['The order was cancelled.']]]);
    assert.equal(late.elapse('archiveLimit').state, 'archived');
  });

  test('refuses an invoice that waited for its goods', () => {
    const cancelled = invoiced(rejected(), 'I-1', 10).decide('supplier-rejection', 'cancel-order').when('cancelled');
    assert.deepEqual(cancelled.asked, ['tellInvoiceRefused', 'tellCancelled']);
    assert.equal(cancelled.context.invoice, null);
  });

  test('holds every invoice up until it is settled: the ERP would not take it', () => {
    const asked = () => invoiced(rejected(), 'I-1', 10).elapse('goodsLimit', 'bills.waitingForGoods');
    const running = asked().decide('supplier-rejection', 'cancel-order');
    const held = inState(running.decide('quantity-exception', 'accept-quantity'), 'open.bills.halted');
    assert.deepEqual(held.asked, []);
    assert.deepEqual(held.when('cancelled').asked, ['tellInvoiceRefused', 'tellCancelled']);
    const kept = inState(held.when('cancel-order.failed', failure()), 'open.bills.halted').decide('order-not-cancelled', 'keep-order');
    assert.deepEqual(inState(kept, 'open.bills.entering').asked, ['enterInvoice']);
    const early = inState(invoiced(rejected().decide('supplier-rejection', 'cancel-order'), 'I-1', 10), 'open.bills.halted');
    assert.equal(early.when('cancelled').context.invoice, null);
  });

  test('is not offered any more when an invoice was accepted before its goods', () => {
    const overdue = open().elapse('goodsLimit', 'goods.awaiting');
    assert.ok(overdue.work.get('goods-overdue')?.resolutions.includes('cancel-order'));
    const accepted = invoiced(overdue, 'I-1', 10).elapse('goodsLimit', 'bills.waitingForGoods').decide('quantity-exception', 'accept-quantity');
    for (const life of [accepted, accepted.when('invoice entered'), paid(accepted)]) assert.deepEqual(life.work.get('goods-overdue')?.resolutions, ['keep-waiting']);
  });

  test('that fails can be tried again or given up', () => {
    const failed = rejected().decide('supplier-rejection', 'cancel-order').when('cancel-order.failed', failure());
    assert.deepEqual(failed.work.get('order-not-cancelled')?.resolutions, ['retry-cancellation', 'keep-order']);
    inState(failed.decide('order-not-cancelled', 'retry-cancellation'), 'open.cancellation.running');
    inState(failed.decide('order-not-cancelled', 'keep-order'), 'open.cancellation.possible');
    const atTheDock = inState(delivered(failed, 'D-1', 4), 'open.cancellation.failed');
    assert.deepEqual(atTheDock.work.get('order-not-cancelled')?.resolutions, ['keep-order']);
    assert.throws(() => atTheDock.decide('order-not-cancelled', 'retry-cancellation'));
    inState(received(failed, 'D-1', 4), 'open.cancellation.over');
    inState(rejected().decide('supplier-rejection', 'cancel-order').given('cancel-order.failed', failure('half-done')), 'open.cancellation.running');
  });

  test('is not disturbed by what the supplier answers meanwhile: nobody is asked, and nothing is changed or sent again', () => {
    const running = inState(rejected().decide('supplier-rejection', 'cancel-order'), 'open.supplier.halted');
    assert.deepEqual([...running.work.keys()], []);
    for (const line of [{ outcome: 'rejected' }, { outcome: 'accepted' }, { outcome: 'changed', unitPrice: '101.00' }, { outcome: 'substituted', substituteItemNumber: 'IMP-2' }] as const) {
      const answered = inState(acknowledged(running, { line: 1, ...line }), 'open.supplier.halted');
      assert.deepEqual([answered.kept, answered.asked, [...answered.work.keys()]], [['order.acknowledged.v1'], [], []]);
      const cancelled = answered.when('cancelled');
      assert.deepEqual([cancelled.state, cancelled.kept, [...cancelled.work.keys()]], ['cancelled', [], []]);
    }
  });

  test('stops every question to and about the supplier, and a kept order takes each up where it was', () => {
    const cancelling = (life: Life) => inState(life.elapse('goodsLimit', 'goods.awaiting').decide('goods-overdue', 'cancel-order'), 'open.supplier.halted').when('cancel-order.failed', failure());
    const kept = (life: Life) => cancelling(life).decide('order-not-cancelled', 'keep-order');
    const silent = open().elapse('acknowledgementLimit');
    assert.deepEqual([...cancelling(silent).work.keys()], ['goods-overdue', 'order-not-cancelled']);
    inState(kept(silent), 'open.supplier.awaiting').elapse('acknowledgementLimit');
    assert.throws(() => cancelling(open()).elapse('acknowledgementLimit'));
    inState(kept(acknowledged(open(), { line: 1, outcome: 'accepted' })), 'open.supplier.agreed');
    inState(kept(acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '101.00' }).when('order changed')), 'open.supplier.agreed');
    inState(kept(acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '130.00' })), 'open.supplier.proposing');
    inState(kept(acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '130.00' }).decide('supplier-proposal', 'accept-proposal').when('change-order.failed', failure())), 'open.supplier.proposing');
    inState(kept(acknowledged(open(), { line: 1, outcome: 'rejected' })), 'open.supplier.rejecting');
    const late = acknowledged(cancelling(silent), { line: 1, outcome: 'rejected' });
    assert.deepEqual([...late.work.keys()], ['goods-overdue', 'order-not-cancelled']);
    inState(late.decide('order-not-cancelled', 'keep-order'), 'open.supplier.rejecting');
  });

  test('waits until a change, or the order once more, has reached the supplier', () => {
    const overdue = open().elapse('goodsLimit', 'goods.awaiting');
    for (const busy of [
      inState(acknowledged(overdue, { line: 1, outcome: 'changed', unitPrice: '101.00' }), 'open.supplier.changing'),
      inState(acknowledged(overdue, { line: 1, outcome: 'changed', unitPrice: '130.00' }).decide('supplier-proposal', 'hold-to-order'), 'open.supplier.insisting'),
    ]) {
      assert.deepEqual(busy.work.get('goods-overdue')?.resolutions, ['keep-waiting']);
      inState(busy.given('cancel-order', { by: 'ben' }), 'open.cancellation.possible');
    }
    const changed = acknowledged(overdue, { line: 1, outcome: 'changed', unitPrice: '101.00' }).when('order changed');
    inState(changed.decide('goods-overdue', 'cancel-order'), 'open.cancellation.running');
  });

  test('is not offered and not possible once something has come', () => {
    const life = received(open(), 'D-1', 4).elapse('acknowledgementLimit');
    assert.deepEqual(life.work.get('no-acknowledgement')?.resolutions, ['wait-for-answer']);
    inState(life.given('cancel-order', { by: 'ben' }), 'open.cancellation.over');
    inState(delivered(open(), 'D-1', 4).given('cancel-order', { by: 'ben' }), 'open.cancellation.possible');
  });
});
