import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Database } from '#chassis/storage/database.ts';
import { definitionOf } from '../../../process-apis/procure-to-pay/definition.ts';
import type { Order } from '../../../process-apis/procure-to-pay/order.ts';
import type { Systems } from '../../../process-apis/procure-to-pay/systems.ts';
import { forgottenStates, sharedDecisions, walkThrough, type WalkedLife } from '../chart-walk.ts';
import { answer, bill, billed, delivery, demand, sampleLine, sampleOrder, samplePolicy } from './samples.ts';

const policy = samplePolicy();
const clock = { now: () => new Date('2026-11-20T10:00:00Z') };
const definition = definitionOf({ systems: {} as Systems, database: {} as Database, clock, policy });
const walk = walkThrough(definition);
type Life = WalkedLife<Order>;

const failure = (code?: string) => ({ failure: { kind: 'refused', code, detail: 'The ERP says no.' }, moveId: '11111111-1111-4111-8111-111111111111' });
const path = (...names: string[]) => names.map((name) => ({ name, owner: name === 'finance' ? 'role:chief-financial-officer' : `role:department-${name}/7010` }));
const checked = (life: Life, facts: object = {}) => life.when('accepted', { supplierNumber: 'SUP-1', lines: life.context.lines, path: [], split: false, ...facts });
const placed = (life: Life) => life.when('placed', { erpRequisitionNumber: 'PR-1', orderNumber: 'PO-1' });
/** An order of ten pieces at 100.00, placed and open. */
const open = (order: Partial<Order> = {}) => placed(checked(walk.begin(sampleOrder(order))));
const acknowledged = (life: Life, ...lines: Parameters<typeof answer>) => life.given('order.acknowledged.v1', { document: answer(...lines) });
const delivered = (life: Life, reference: string, quantity: number) => life.given('delivered', { delivery: delivery(reference, [1, quantity]) });
const stocked = (life: Life) => life.when('goods received', { lines: life.context.delivery!.lines, receiptNumber: `R-${life.context.delivery!.reference}` });
const received = (life: Life, reference: string, quantity: number) => stocked(delivered(life, reference, quantity));
const invoiced = (life: Life, number: string, quantity: number, unitPrice = '100.00') => life.given('invoice.received.v1', { document: bill(number, [billed(1, quantity, unitPrice)]) });
const paid = (life: Life) => life.when('invoice entered').when('invoice paid');
const closed = () => paid(invoiced(received(acknowledged(open(), { line: 1, outcome: 'accepted' }), 'D-1', 10), 'I-1', 10)).when('settled');

const inState = (life: Life, ...parts: string[]) => {
  for (const part of parts) assert.ok(life.state.split(' + ').includes(part), `${part} in ${life.state}`);
  return life;
};

describe('a need', () => {
  test('that passes and is small is ordered at once', () => {
    const life = checked(walk.begin(sampleOrder()));
    assert.equal(life.state, 'ordering');
    assert.deepEqual(life.asked, ['tellApproved', 'placeOrder']);
    assert.deepEqual(life.context.approvals.map((approval) => approval.decision), ['automatic']);
  });

  test('of a person that does not pass is refused', () => {
    const life = walk.begin(sampleOrder()).when('refused', { reasons: [{ code: 'unknown-item', detail: 'The item master does not know this item.' }] });
    assert.equal(life.state, 'refused');
    assert.ok(life.isOver);
    assert.deepEqual(life.asked, ['tellRefused']);
  });

  test('of a rule that does not pass waits for the buyer, who has it checked again or gives it up', () => {
    const unfit = walk.begin(demand()).when('refused', { reasons: [{ code: 'budget-exceeded', detail: 'Too much.' }] });
    assert.equal(unfit.work.get('demand-refused')?.owner, 'role:buyer');
    const again = unfit.decide('demand-refused', 'check-again');
    assert.deepEqual(again.asked, ['checkRequisition']);
    const ordered = checked(again);
    assert.equal(ordered.context.supplierNumber, 'SUP-1');
    assert.deepEqual(ordered.context.reasons, []);
    assert.equal(unfit.decide('demand-refused', 'give-up').state, 'refused');
  });

  test('can be withdrawn until it is ordered, and not later', () => {
    const begun = walk.begin(sampleOrder());
    assert.deepEqual(begun.when('withdraw', { by: 'nina' }).asked, ['tellCancelled']);
    assert.equal(begun.when('withdraw', { by: 'nina' }).given('accepted').state, 'withdrawn');
    assert.equal(checked(begun, { path: path('manager') }).when('withdraw', { by: 'nina' }).state, 'withdrawn');
    assert.equal(checked(begun).given('withdraw', { by: 'nina' }).state, 'ordering');
  });
});

describe('an approval', () => {
  const approving = (...names: string[]) => checked(walk.begin(sampleOrder()), { path: path(...names) });

  test('goes from tier to tier, each with its own work item', () => {
    const first = approving('manager', 'director');
    assert.equal(first.work.get('approval')?.owner, 'role:department-manager/7010');
    const second = first.decide('approval', 'approve', { by: 'maya', note: 'Needed.' });
    assert.equal(second.state, 'approving');
    assert.equal(second.work.get('approval')?.owner, 'role:department-director/7010');
    assert.notEqual(second.work.get('approval')?.discriminator, first.work.get('approval')?.discriminator);
    const done = second.decide('approval', 'approve', { by: 'helen', inPlaceOf: 'luis' });
    assert.equal(done.state, 'ordering');
    assert.deepEqual(done.context.approvals.map(({ tier, decision, by, inPlaceOf, note }) => [tier, decision, by, inPlaceOf, note]), [['manager', 'approved', 'maya', undefined, 'Needed.'], ['director', 'approved', 'helen', 'luis', undefined]]);
    assert.equal(done.context.approvedTotal, '1000.00');
  });

  test('that is denied ends the order with the reason', () => {
    const life = approving('manager').decide('approval', 'reject', { note: 'Use what is on the shelf.' });
    assert.equal(life.state, 'rejected');
    assert.deepEqual(life.context.reasons, [{ code: 'rejected', detail: 'Use what is on the shelf.' }]);
    assert.deepEqual(life.asked, ['tellRejected']);
  });

  test('that is not given in time goes one tier up, and who decides there has decided for the tier below', () => {
    const late = approving('manager', 'director').elapse('approvalLimit');
    assert.equal(late.work.get('approval')?.owner, 'role:department-director/7010');
    assert.equal(late.decide('approval', 'approve', { by: 'helen' }).state, 'ordering');
    assert.deepEqual(late.context.approvals.map(({ tier, decision }) => [tier, decision]), [['manager', 'escalated']]);
  });

  test('waits at the top for as long as it takes, and says once that nobody is further up', () => {
    const top = approving('finance').elapse('approvalLimit');
    assert.equal(top.state, 'approving');
    assert.equal(top.context.escalations, 0);
    assert.equal(top.context.approvals.at(-1)?.note, 'There is nobody further up.');
    assert.throws(() => top.elapse('approvalLimit'));
    assert.equal(top.decide('approval', 'approve').state, 'ordering');
  });
});

describe('an emergency', () => {
  const emergency = () => placed(checked(walk.begin(sampleOrder({ urgency: 'emergency', justification: 'A patient waits.' })), { path: path('manager') }));

  test('is ordered at once and reviewed afterwards, with a full trace', () => {
    const life = inState(emergency(), 'open.review.awaiting');
    assert.equal(life.work.get('emergency-review')?.owner, 'role:department-manager/7010');
    const done = life.decide('emergency-review', 'confirm-emergency', { by: 'maya', note: 'Right.' });
    assert.deepEqual(done.context.approvals.map(({ tier, decision, by, note }) => [tier, decision, by, note]), [['emergency', 'automatic', 'nina', 'A patient waits.'], ['emergency-review', 'reviewed', 'maya', 'Right.']]);
  });

  test('is reviewed further up when nobody does, and does not close before', () => {
    const late = emergency().elapse('reviewLimit');
    assert.equal(late.work.get('emergency-review')?.owner, 'role:department-director/7010');
    const top = late.elapse('reviewLimit').elapse('reviewLimit');
    assert.equal(top.work.get('emergency-review')?.owner, 'role:chief-financial-officer');
    const unreviewed = paid(invoiced(received(top, 'D-1', 10), 'I-1', 10));
    inState(unreviewed, 'open.review.awaiting', 'open.goods.complete', 'open.bills.complete');
    assert.equal(unreviewed.decide('emergency-review', 'confirm-emergency').state, 'settling');
  });

  test('may be objected to, which is written down', () => {
    const life = inState(emergency().decide('emergency-review', 'object-to-emergency', { by: 'maya', note: 'It could have waited.' }), 'open.review.objected');
    assert.equal(life.context.approvals.at(-1)?.decision, 'rejected');
  });
});

describe('placing an order', () => {
  test('that fails waits for the buyer, and a second attempt is another document to the ERP', () => {
    const failed = checked(walk.begin(sampleOrder())).when('place-order.failed', failure());
    assert.equal(failed.work.get('order-not-placed')?.facts['trouble'], 'The ERP says no.');
    const input = (life: Life) => definition.moves['placeOrder']!.input(life.context, null) as { documentReference: string };
    const again = failed.decide('order-not-placed', 'retry');
    assert.equal(again.state, 'ordering');
    assert.deepEqual([input(checked(walk.begin(sampleOrder()))).documentReference, input(again).documentReference], ['ref-1/SUP-1', 'ref-1/SUP-1/2']);
    assert.equal(placed(again).context.trouble, null);
    assert.deepEqual(failed.decide('order-not-placed', 'cancel-order').asked, ['tellCancelled']);
  });

  test('lets an acknowledgement, goods and an invoice that came early wait for it', () => {
    const early = invoiced(delivered(acknowledged(checked(walk.begin(sampleOrder())), { line: 1, outcome: 'accepted' }), 'D-1', 10), 'I-1', 10);
    assert.deepEqual(early.kept, ['order.acknowledged.v1', 'delivered', 'invoice.received.v1']);
    const life = inState(placed(early), 'open.supplier.agreed', 'open.goods.receiving', 'open.bills.waitingForGoods');
    assert.deepEqual(life.kept, []);
  });
});

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

  test('that fails can be tried again or given up', () => {
    const failed = rejected().decide('supplier-rejection', 'cancel-order').when('cancel-order.failed', failure());
    assert.deepEqual(failed.work.get('order-not-cancelled')?.resolutions, ['retry-cancellation', 'keep-order']);
    inState(failed.decide('order-not-cancelled', 'retry-cancellation'), 'open.cancellation.running');
    inState(failed.decide('order-not-cancelled', 'keep-order'), 'open.cancellation.possible');
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

describe('an invoice', () => {
  const here = () => received(acknowledged(open(), { line: 1, outcome: 'accepted' }), 'D-1', 10);

  test('that agrees is entered and paid', () => {
    const entering = inState(invoiced(here(), 'I-1', 10), 'open.bills.entering');
    assert.deepEqual(entering.asked, ['enterInvoice']);
    const entered = entering.when('invoice entered');
    assert.deepEqual(entered.asked, ['tellMatched', 'payInvoice']);
    const done = entered.when('invoice paid');
    assert.equal(done.state, 'settling');
    assert.deepEqual(done.asked, ['tellPaid', 'settleOrder']);
    assert.deepEqual(done.context.invoices.map((invoice) => invoice.state), ['paid']);
  });

  test('that is large is paid when somebody has approved it', () => {
    const large = { lines: [sampleLine({ unitPrice: '2000.00' })] };
    const life = invoiced(received(open(large), 'D-1', 10), 'I-1', 10, '2000.00').when('invoice entered');
    assert.equal(life.work.get('payment-approval')?.owner, 'role:accounts-payable-manager');
    inState(life.decide('payment-approval', 'approve-payment'), 'open.bills.paying');
  });

  test('that comes before the goods waits for them', () => {
    const early = inState(invoiced(open(), 'I-1', 10), 'open.bills.waitingForGoods');
    inState(received(early, 'D-1', 4), 'open.bills.waitingForGoods');
    inState(received(received(early, 'D-1', 4), 'D-2', 6), 'open.bills.entering');
  });

  test('whose goods do not come in time is decided by a person, or by the goods', () => {
    const late = invoiced(open(), 'I-1', 10).elapse('goodsLimit', 'waitingForGoods');
    assert.equal(late.work.get('quantity-exception')?.owner, 'role:accounts-payable-clerk');
    inState(received(late, 'D-1', 10), 'open.bills.entering');
    inState(late.decide('quantity-exception', 'accept-quantity'), 'open.bills.entering');
    assert.deepEqual(late.decide('quantity-exception', 'refuse-invoice').asked, ['tellInvoiceRefused']);
  });

  test('at another price is accepted or refused, and accepting the price does not pay for goods that are not there', () => {
    const dear = invoiced(here(), 'I-1', 10, '110.00');
    inState(dear.decide('price-exception', 'accept-price'), 'open.bills.entering');
    inState(dear.decide('price-exception', 'refuse-invoice'), 'open.bills.awaiting');
    inState(invoiced(open(), 'I-1', 10, '110.00').decide('price-exception', 'accept-price'), 'open.bills.waitingForGoods');
  });

  test('for more than came is accepted or refused', () => {
    const over = invoiced(here(), 'I-1', 12);
    inState(over.decide('quantity-exception', 'accept-quantity'), 'open.bills.entering');
    inState(over.decide('quantity-exception', 'refuse-invoice'), 'open.bills.awaiting');
  });

  test('sent twice is refused the second time, without a person', () => {
    const first = invoiced(received(open(), 'D-1', 4), 'I-1', 4);
    const again = invoiced(first, 'I-1', 4);
    assert.deepEqual(again.kept, ['invoice.received.v1']);
    const life = inState(paid(again), 'open.bills.awaiting');
    assert.deepEqual(life.context.invoices.map((invoice) => [invoice.number, invoice.state]), [['I-1', 'paid'], ['I-1', 'refused']]);
  });

  test('nearly the same as another is looked at by a person, and is not paid for nothing when it is genuine', () => {
    const suspect = invoiced(paid(invoiced(received(open(), 'D-1', 4), 'INV-01', 4)), 'INV-1', 4);
    inState(suspect.decide('suspected-duplicate', 'is-duplicate'), 'open.bills.awaiting');
    inState(suspect.decide('suspected-duplicate', 'is-genuine'), 'open.bills.waitingForGoods');
  });

  test('that does not fit the order is refused with a reason', () => {
    const faulty = open().when('invoice.received.v1', { document: bill('I-1', [billed(9, 1)]) });
    assert.match(String(faulty.work.get('invoice-faulty')?.facts['why']), /Line 9 is not on the order/);
    inState(faulty.decide('invoice-faulty', 'refuse-invoice'), 'open.bills.awaiting');
  });

  test('that the ERP refuses is tried again or refused; one that only lacks its journal is neither', () => {
    const failed = invoiced(here(), 'I-1', 10).when('enter-invoice.failed', failure('duplicate-invoice'));
    inState(failed.decide('invoice-not-entered', 'retry-invoice'), 'open.bills.entering');
    inState(failed.decide('invoice-not-entered', 'refuse-invoice'), 'open.bills.awaiting');
    inState(invoiced(here(), 'I-1', 10).given('enter-invoice.failed', failure('half-done')), 'open.bills.entering');
  });

  test('that does not come is asked for', () => {
    const missing = here().elapse('invoiceLimit');
    assert.equal(missing.work.get('invoice-missing')?.owner, 'role:accounts-payable-clerk');
    inState(missing.decide('invoice-missing', 'wait-for-invoice'), 'open.bills.awaiting');
    inState(invoiced(missing, 'I-1', 10), 'open.bills.entering');
  });

  test('that will never come, as for a surplus that was kept, is given up by the clerk and its accrual by the manager', () => {
    const surplus = stocked(delivered(acknowledged(open(), { line: 1, outcome: 'accepted' }), 'D-1', 12).decide('over-receipt', 'accept-surplus'));
    const missing = inState(paid(invoiced(surplus, 'I-1', 10)), 'open.bills.awaiting').elapse('invoiceLimit');
    assert.deepEqual([missing.work.get('invoice-missing')?.resolutions, missing.work.get('invoice-missing')?.facts['unbilled']], [['wait-for-invoice', 'expect-no-invoice'], '200.00']);
    const unbilled = inState(missing.decide('invoice-missing', 'expect-no-invoice', { by: 'carla' }), 'open.bills.unbilled');
    const item = unbilled.work.get('accrual-write-off');
    assert.deepEqual([item?.owner, item?.facts['unbilled'], item?.resolutions], ['role:accounts-payable-manager', '200.00', ['write-off-accrual', 'wait-for-invoice']]);
    const settling = unbilled.decide('accrual-write-off', 'write-off-accrual', { by: 'arthur' });
    assert.deepEqual([settling.state, settling.asked], ['settling', ['settleOrder']]);
    const input = definition.moves['settleOrder']!.input(settling.context, null) as { accrual: string; writesOff: boolean };
    assert.deepEqual([input.accrual, input.writesOff], ['200.00', false]);
    // The manager may know better, and so may the supplier.
    inState(unbilled.decide('accrual-write-off', 'wait-for-invoice'), 'open.bills.awaiting');
    const late = inState(invoiced(unbilled, 'I-2', 2), 'open.bills.entering').when('invoice entered').when('invoice paid');
    assert.equal((definition.moves['settleOrder']!.input(late.context, null) as { accrual: string }).accrual, '0');
  });

  test('is not given up while goods are still to come', () => {
    const part = received(open(), 'D-1', 4).elapse('invoiceLimit');
    assert.deepEqual(part.work.get('invoice-missing')?.resolutions, ['wait-for-invoice']);
    inState(part.given('expect-no-invoice', { by: 'carla' }), 'open.bills.missing');
    assert.deepEqual(received(part, 'D-2', 6).work.get('invoice-missing')?.resolutions, ['wait-for-invoice', 'expect-no-invoice']);
  });

  test('is not asked for any more when the rest of the order falls away', () => {
    const part = paid(invoiced(received(open(), 'D-1', 4), 'I-1', 4)).elapse('invoiceLimit').elapse('goodsLimit', 'goods.awaiting');
    assert.ok(part.work.has('invoice-missing'));
    inState(acknowledged(part, { line: 1, outcome: 'rejected' }).decide('supplier-rejection', 'accept-proposal').when('order changed'), 'settling');
  });
});

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

describe('the chart', () => {
  test('has no state in which an order would be forgotten', () => assert.deepEqual(forgottenStates(definition), []));
  test('has no decision that two regions would both take', () => assert.deepEqual(sharedDecisions(definition), []));
  // Only when the walks above have all been made.
  after(() => assert.deepEqual(walk.missing(), []));
});
