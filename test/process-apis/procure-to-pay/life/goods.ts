import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { delivery, sampleLine } from '../samples.ts';
import { acknowledged, delivered, failure, inState, open, received, stocked } from './order.ts';

describe('goods', () => {
  test('that come in parts are received one after the other, also when a part is reported early', () => {
    const first = delivered(open(), 'D-1', 4);
    assert.deepEqual(first.asked, ['receiveGoods']);
    const second = delivered(first, 'D-2', 6);
    assert.deepEqual(second.kept, ['delivered']);
    const next = inState(stocked(second), 'open.goods.receiving');
    assert.equal(next.context.delivery?.reference, 'D-2');
    const all = inState(stocked(next), 'open.goods.complete', 'open.supplier.finished');
    assert.deepEqual(all.context.deliveries.map((each) => each.receiptNumber), ['R-D-1', 'R-D-2']);
  });

  test('are announced without any effect but a note', () => {
    const life = open().when('shipment.announced.v1', { document: { supplierNumber: 'SUP-1', orderNumber: 'PO-1', number: 'ASN-1', shippedAt: '2026-11-21T08:00:00Z', lines: [] } });
    assert.deepEqual(life.context.shipNotices, ['ASN-1']);
  });

  test('that do not come are waited for, cancelled, or given up when a part has come', () => {
    const nothing = open().elapse('goodsLimit');
    assert.deepEqual(nothing.work.get('goods-overdue')?.resolutions, ['keep-waiting', 'cancel-order']);
    inState(nothing.decide('goods-overdue', 'keep-waiting'), 'open.goods.awaiting');
    inState(delivered(nothing, 'D-1', 10), 'open.goods.receiving');
    const part = received(open(), 'D-1', 4).elapse('goodsLimit');
    assert.deepEqual(part.work.get('goods-overdue')?.resolutions, ['keep-waiting', 'end-delivery']);
    const cut = part.decide('goods-overdue', 'end-delivery');
    assert.deepEqual(cut.asked, ['shortenOrder']);
    const done = inState(cut.when('order shortened'), 'open.goods.complete');
    assert.deepEqual([done.context.lines[0]!.quantity, done.asked], [4, ['tellChanged']]);
  });

  test('that the supplier will not deliver after all are not waited for', () => {
    const two = { lines: [sampleLine(), sampleLine({ line: 2 })] };
    const part = received(open(two), 'D-1', 10).elapse('goodsLimit');
    const cut = acknowledged(part, { line: 2, outcome: 'rejected' }).decide('supplier-proposal', 'accept-proposal').when('order changed');
    inState(cut, 'open.goods.complete');
    assert.deepEqual(cut.context.lines.map((line) => line.line), [1]);
  });

  test('beyond the order are kept or sent back', () => {
    const surplus = inState(delivered(open(), 'D-1', 12), 'open.goods.surplus');
    assert.deepEqual(surplus.work.get('over-receipt')?.facts['surplus'], 2);
    const kept = surplus.decide('over-receipt', 'accept-surplus');
    assert.deepEqual([kept.context.grown, kept.context.lines[0]!.quantity], [[{ line: 1, quantity: 12 }], 12]);
    assert.equal(stocked(kept).context.lines[0]!.receivedQuantity, 12);
    const cut = stocked(surplus.decide('over-receipt', 'return-surplus'));
    assert.equal(cut.context.lines[0]!.receivedQuantity, 10);
  });

  test('far beyond the order are kept only by who may approve the new amount', () => {
    assert.equal(delivered(open(), 'D-1', 11).work.get('over-receipt')?.owner, 'role:buyer');
    assert.equal(delivered(open(), 'D-1', 20).work.get('over-receipt')?.owner, 'role:department-manager/7010');
  });

  test('of which nothing was ordered are sent back as a whole', () => {
    const foreign = open().when('delivered', { delivery: delivery('D-1', [9, 3]) });
    assert.deepEqual(foreign.work.get('over-receipt')?.resolutions, ['return-surplus']);
    const back = inState(foreign.decide('over-receipt', 'return-surplus'), 'open.goods.awaiting', 'open.cancellation.possible');
    assert.deepEqual(back.context.deliveries, [{ reference: 'D-1', receiptNumber: null, lines: [] }]);
  });

  test('that the ERP does not take are tried again, or reported anew by the dock', () => {
    const failed = delivered(open(), 'D-1', 10).when('receive-goods.failed', failure('unknown-lot'));
    assert.equal(failed.work.get('goods-not-received')?.owner, 'role:dock-clerk');
    inState(failed.decide('goods-not-received', 'retry-receipt'), 'open.goods.receiving');
    inState(received(failed.decide('goods-not-received', 'discard-delivery'), 'D-2', 10), 'open.goods.complete');
  });

  test('that are in stock and lack their journal are no matter of the dock', () => {
    inState(delivered(open(), 'D-1', 10).given('receive-goods.failed', failure('half-done')), 'open.goods.receiving');
  });
});
