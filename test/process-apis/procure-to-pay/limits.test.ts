import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { balanceOf } from '../hospital/erp-books.ts';
import { startHospital, type Hospital } from '../hospital/hospital.ts';
import { newcomer } from '../hospital/people.ts';
import { assertCleared, billedInFull, newStory, problemOf } from '../hospital/story.ts';
import { billed } from './samples.ts';

describe('a time limit that passes', () => {
  let hospital: Hospital;
  before(async () => { hospital = await startHospital({ limits: { approvalMs: 300, reviewMs: 300, acknowledgementMs: 400, goodsMs: 1_500, invoiceMs: 2_000, archiveMs: 400 } }); });
  after(() => hospital.stop());
  const pieces = (quantity: number) => ({ lines: [{ itemNumber: 'IMP-1', quantity, unit: 'EA' }] });

  test('takes an approval up to the next tier, which decides for those below', async () => {
    const story = newStory(hospital);
    const order = await story.ask(newcomer(), pieces(30));
    await eventually(async () => (await story.work(order.id, 'approval')).owner === 'role:chief-financial-officer');
    await story.decide('grace', order.id, 'approval', 'approve');
    const { approvals } = await story.until(order.id, 'open.');
    const decided = approvals!.filter((approval) => approval.note === undefined);
    assert.deepEqual(decided.map(({ tier, decision, by }) => [tier, decision, by]), [['manager', 'escalated', 'time-limit'], ['director', 'escalated', 'time-limit'], ['finance', 'approved', 'grace']]);
  });

  test('takes the review of an emergency up as well', async () => {
    const story = newStory(hospital);
    const order = await story.ask(newcomer(), { urgency: 'emergency', justification: 'A patient waits.' });
    await eventually(async () => (await story.work(order.id, 'emergency-review')).owner === 'role:chief-financial-officer');
    await story.decide('grace', order.id, 'emergency-review', 'object-to-emergency', 'It could have waited.');
    await story.until(order.id, 'review.objected');
  });

  test('asks the buyer about a silent supplier, and an order that never came is archived in the end', async () => {
    const story = newStory(hospital);
    const order = await story.ask(newcomer());
    await story.decide('ben', order.id, 'no-acknowledgement', 'wait-for-answer');
    await story.decide('ben', order.id, 'no-acknowledgement', 'cancel-order');
    const archived = await story.until(order.id, 'archived');
    await story.bill(archived, billedInFull(archived), { number: 'FORGOTTEN-1' });
    const told = await eventually(async () => {
      const [row] = await hospital.database.query<{ data: { invoiceNumber: string; reasons: string[] } }>(`select data from chassis.events where correlation_id = $1 and type = 'invoice.refused.v1'`, [story.run]);
      return row?.data;
    });
    assert.deepEqual([told.invoiceNumber, told.reasons], ['FORGOTTEN-1', ['The order was closed or cancelled long ago.']]);
  });

  test('lets the buyer end a delivery that stays short; ERP and supplier hear of it, and what came is paid', async () => {
    const story = newStory(hospital);
    const { id } = await story.ask(newcomer(), pieces(2));
    const order = await story.until(id, 'open.');
    await story.deliver(order, [{ line: 1, quantity: 1 }]);
    await story.decide('ben', id, 'goods-overdue', 'keep-waiting');
    await story.decide('ben', id, 'goods-overdue', 'end-delivery');
    const cut = await story.until(id, 'goods.complete');
    assert.deepEqual(cut.lines.map((line) => [line.quantity, line.receivedQuantity]), [[1, 1]]);
    assert.equal(hospital.erp.orders.find((each) => each.number === order.orderNumber)?.lines[0]?.quantity, 1);
    assert.equal(hospital.network.sent.filter((each) => each.orderNumber === order.orderNumber).at(-1)?.lines[0]?.quantity, 1);
    await story.bill(order, [billed(1, 1)]);
    await story.until(id, 'closed');
    assertCleared(hospital, order.orderNumber!);
  });

  test('asks accounts payable for an invoice that does not come, and about one whose goods do not', async () => {
    const story = newStory(hospital);
    const { id } = await story.ask(newcomer(), pieces(2));
    const order = await story.until(id, 'open.');
    await story.bill(order, billedInFull(order), { number: 'EARLY-1' });
    await story.decide('carla', id, 'quantity-exception', 'accept-quantity');
    await eventually(async () => (await story.until(id, 'open.')).invoices?.[0]?.state === 'paid');
    // Paid beforehand: the goods that come at last clear the account, and no second invoice is waited for.
    await story.deliver(order, [{ line: 1, quantity: 2 }]);
    await story.until(id, 'closed');
    assertCleared(hospital, order.orderNumber!);
    const other = await story.ask(newcomer());
    assert.deepEqual((await story.work(other.id, 'invoice-missing')).resolutions, ['wait-for-invoice']);
  });

  test('closes an order whose kept surplus nobody bills, once accounts payable has written its accrual off', async () => {
    const story = newStory(hospital);
    const { id } = await story.ask(newcomer(), pieces(10));
    await story.decide('maya', id, 'approval', 'approve');
    const order = await story.until(id, 'open.');
    await story.deliver(order, [{ line: 1, quantity: 11 }]);
    await story.decide('ben', id, 'over-receipt', 'accept-surplus');
    await story.until(id, 'goods.complete');
    await story.bill(order, [billed(1, 10)]);
    await story.decide('carla', id, 'invoice-missing', 'expect-no-invoice', 'A present.');
    const item = await story.work(id, 'accrual-write-off');
    assert.deepEqual([item.owner, item.facts?.['unbilled']], ['role:accounts-payable-manager', '100.00']);
    assert.equal((await problemOf(story.decide('carla', id, 'accrual-write-off', 'write-off-accrual'))).code, 'not-owner');
    await story.decide('arthur', id, 'accrual-write-off', 'write-off-accrual');
    await story.until(id, 'closed');
    assertCleared(hospital, order.orderNumber!);
    // Eleven pieces at 98.00 in stock and 100.00 on the order: 22.00 of variance, less the hundred that nobody billed.
    assert.equal(balanceOf(hospital.erp, '5190', order.orderNumber).balance, '-78.00');
  });
});
