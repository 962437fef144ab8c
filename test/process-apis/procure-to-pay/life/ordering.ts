import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { demand, sampleOrder } from '../samples.ts';
import { acknowledged, checked, definition, delivered, failure, inState, invoiced, paid, path, placed, received, walk, type Life } from './order.ts';

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
