import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answeredAt, sampleLine } from '../samples.ts';
import { acknowledged, delivered, failure, inState, invoiced, open, paid, received, stocked, type Life } from './order.ts';

describe('a supplier', () => {
  test('that agrees leaves the order as it is', () => {
    const life = inState(acknowledged(open(), { line: 1, outcome: 'accepted', promisedOn: '2026-12-01' }), 'open.supplier.agreed');
    assert.equal(life.context.lines[0]!.promisedOn, '2026-12-01');
  });

  test('that repeats itself changes nothing, one that thinks again is judged again', () => {
    const agreed = acknowledged(open(), { line: 1, outcome: 'accepted' });
    assert.deepEqual(acknowledged(agreed, { line: 1, outcome: 'accepted' }).kept, []);
    inState(acknowledged(agreed, { line: 1, outcome: 'rejected' }), 'open.supplier.rejecting');
  });

  test('that is silent is asked by the buyer, who waits on or cancels', () => {
    const silent = open().elapse('acknowledgementLimit');
    assert.deepEqual(silent.work.get('no-acknowledgement')?.resolutions, ['wait-for-answer', 'cancel-order']);
    inState(silent.decide('no-acknowledgement', 'wait-for-answer'), 'open.supplier.awaiting');
    inState(acknowledged(silent, { line: 1, outcome: 'accepted' }), 'open.supplier.agreed');
    inState(received(silent, 'D-1', 10), 'open.supplier.finished');
  });

  test('that changes a little is followed without asking', () => {
    const life = inState(acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '101.00' }), 'open.supplier.changing');
    assert.deepEqual(life.asked, ['changeOrder']);
    const done = inState(life.when('order changed'), 'open.supplier.agreed');
    assert.deepEqual(done.asked, ['tellChanged']);
    assert.equal(done.context.lines[0]!.unitPrice, '101.00');
  });

  test('that changes a line has it changed before its goods are booked in', () => {
    const changing = delivered(acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '101.00' }), 'D-1', 10);
    assert.deepEqual(changing.kept, ['delivered']);
    const changed = inState(changing.when('order changed'), 'open.supplier.agreed', 'open.goods.receiving');
    assert.deepEqual([changed.context.lines[0]!.unitPrice, changed.asked], ['101.00', ['receiveGoods']]);
  });

  test('that changes a line while its goods are booked in has it changed after them, or not at all when they are all', () => {
    const change = { line: 1, outcome: 'changed', unitPrice: '101.00' } as const;
    const part = inState(acknowledged(delivered(open(), 'D-1', 4), change), 'open.supplier.goodsFirst', 'open.goods.receiving');
    assert.deepEqual(stocked(part).asked, ['tellReceived', 'changeOrder']);
    inState(stocked(part), 'open.supplier.changing');
    inState(stocked(acknowledged(delivered(open(), 'D-1', 10), change)), 'open.supplier.finished');
  });

  test('that offers substitutes has them accepted by a person, and each is told', () => {
    const two = { lines: [sampleLine(), sampleLine({ line: 2, itemNumber: 'IMP-3' })] };
    const life = acknowledged(open(two), { line: 1, outcome: 'substituted', substituteItemNumber: 'IMP-2' }, { line: 2, outcome: 'substituted', substituteItemNumber: 'IMP-4' });
    assert.match(String(life.work.get('supplier-proposal')?.facts['outcomes']), /1 substituted by IMP-2; 2 substituted by IMP-4/);
    const done = life.decide('supplier-proposal', 'accept-proposal', { by: 'ben' }).when('order changed');
    assert.deepEqual(done.asked, ['tellSubstituted', 'tellSubstituted', 'tellChanged']);
    assert.deepEqual(done.context.lines.map((line) => [line.itemNumber, line.orderedItemNumber]), [['IMP-2', 'IMP-1'], ['IMP-4', 'IMP-3']]);
    assert.deepEqual(done.context.approvals.at(-1), { tier: 'buyer', decision: 'approved', by: 'ben', at: '2026-11-20T10:00:00.000Z' });
  });

  test('whose proposal costs far more is answered by who may approve the new amount', () => {
    const life = acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '600.00' });
    assert.equal(life.work.get('supplier-proposal')?.owner, 'role:department-director/7010');
  });

  test('can be held to the order by the buyer, and answers anew', () => {
    const again = inState(acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '130.00' }).decide('supplier-proposal', 'hold-to-order').when('order repeated'), 'open.supplier.awaiting');
    assert.equal(again.context.answer, null);
    inState(acknowledged(again, { line: 1, outcome: 'accepted' }), 'open.supplier.agreed');
  });

  test('may improve a proposal while nobody has decided', () => {
    inState(acknowledged(acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '130.00' }), { line: 1, outcome: 'changed', unitPrice: '100.50' }), 'open.supplier.changing');
  });

  test('whose older answer comes after a newer one has been heard already', () => {
    const at = (life: Life, moment: string, ...lines: Parameters<typeof answeredAt> extends [string, ...infer Lines] ? Lines : never) => life.given('order.acknowledged.v1', { document: answeredAt(moment, ...lines) });
    const late = (life: Life) => at(life, '2026-11-20T09:00:00Z', { line: 1, outcome: 'changed', unitPrice: '150.00' });
    const newer = '2026-11-21T09:00:00Z';
    const proposed = at(open(), newer, { line: 1, outcome: 'changed', unitPrice: '130.00' });
    const declined = proposed.decide('supplier-proposal', 'hold-to-order').when('order repeated');
    const cases: [string, Life][] = [
      ['open.supplier.agreed', at(open(), newer, { line: 1, outcome: 'accepted' })], ['open.supplier.proposing', proposed], ['open.supplier.rejecting', at(open(), newer, { line: 1, outcome: 'rejected' })],
      ['open.supplier.awaiting', declined], ['open.supplier.silent', declined.elapse('acknowledgementLimit')],
    ];
    for (const [state, life] of cases) {
      const after = inState(late(inState(life, state)), state);
      assert.deepEqual([after.context.answer, after.kept], [life.context.answer, []]);
    }
    // A supplier that names only the day says nothing about the hour.
    inState(at(at(open(), '2026-11-20T09:00:00Z', { line: 1, outcome: 'accepted' }), '2026-11-20T00:00:00Z', { line: 1, outcome: 'rejected' }), 'open.supplier.rejecting');
    inState(at(at(open(), '2026-11-20T09:00:00Z', { line: 1, outcome: 'accepted' }), '2026-11-19T00:00:00Z', { line: 1, outcome: 'rejected' }), 'open.supplier.agreed');
  });

  test('that rejects what has been paid for is held to it', () => {
    const waiting = invoiced(open(), 'I-1', 10).elapse('goodsLimit', 'bills.waitingForGoods').decide('quantity-exception', 'accept-quantity');
    const rejected = acknowledged(paid(waiting), { line: 1, outcome: 'rejected' });
    assert.deepEqual(rejected.work.get('supplier-rejection')?.resolutions, ['hold-to-order']);
    inState(rejected.decide('supplier-rejection', 'hold-to-order'), 'open.supplier.insisting');
  });

  test('that delivers as ordered while nobody has decided has agreed', () => {
    inState(received(acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '130.00' }), 'D-1', 10), 'open.supplier.finished');
    inState(received(acknowledged(open(), { line: 1, outcome: 'rejected' }), 'D-1', 10), 'open.supplier.finished');
  });

  test('that rejects everything leaves the buyer to cancel, or to keep what came', () => {
    const rejected = acknowledged(open(), { line: 1, outcome: 'rejected' });
    assert.deepEqual(rejected.work.get('supplier-rejection')?.resolutions, ['cancel-order']);
    inState(acknowledged(rejected, { line: 1, outcome: 'accepted' }), 'open.supplier.agreed');
    const partly = received(rejected, 'D-1', 4);
    assert.deepEqual(partly.work.get('supplier-rejection')?.resolutions, ['accept-proposal']);
    const cut = partly.decide('supplier-rejection', 'accept-proposal').when('order changed');
    assert.equal(cut.context.lines[0]!.quantity, 4);
    inState(cut, 'open.supplier.finished', 'open.goods.complete');
  });

  test('whose change the ERP refuses is followed later, or held to the order', () => {
    const failed = acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '101.00' }).when('change-order.failed', failure());
    assert.deepEqual(failed.work.get('order-not-changed')?.resolutions, ['retry-change', 'hold-to-order', 'cancel-order']);
    inState(failed.decide('order-not-changed', 'retry-change'), 'open.supplier.changing');
    inState(failed.decide('order-not-changed', 'hold-to-order'), 'open.supplier.insisting');
    inState(received(failed, 'D-1', 10), 'open.supplier.finished');
    inState(acknowledged(open(), { line: 1, outcome: 'changed', unitPrice: '101.00' }).given('change-order.failed', failure('half-done')), 'open.supplier.changing');
  });
});
