import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { balanceOf } from '../hospital/erp-books.ts';
import { startHospital, type Hospital } from '../hospital/hospital.ts';
import { newcomer } from '../hospital/people.ts';
import { assertCleared, billedInFull, finish, inFull, newStory, problemOf, type Story } from '../hospital/story.ts';
import { billed } from './samples.ts';
import type { NewRequisition, Order } from '#contracts/generated/process/procure-to-pay/v1.ts';

let hospital: Hospital;
before(async () => { hospital = await startHospital(); });
after(() => hospital.stop());

async function placed(changes: Partial<NewRequisition> = {}): Promise<{ story: Story; order: Order }> {
  const story = newStory(hospital);
  const { id } = await story.ask(newcomer(), changes);
  return { story, order: await story.until(id, 'open.') };
}
const pieces = (quantity: number) => ({ lines: [{ itemNumber: 'IMP-1', quantity, unit: 'EA' }] });
const ofOrder = (orderNumber: string) => ({
  order: hospital.erp.orders.find((each) => each.number === orderNumber)!,
  invoices: hospital.erp.invoices.filter((each) => each.orderNumber === orderNumber),
  payments: hospital.erp.payments.filter((each) => each.reference.startsWith(`${orderNumber}/`)),
  receipts: hospital.erp.receipts.filter((each) => each.orderNumber === orderNumber),
  sent: hospital.network.sent.filter((each) => each.orderNumber === orderNumber),
});

describe('a supplier', () => {
  test('that answers before the order is known to be placed is heard', async () => {
    const story = newStory(hospital);
    hospital.network.onOrder = async ({ orderNumber, supplierNumber }) => {
      hospital.network.onOrder = undefined;
      await hospital.tell('order.acknowledged.v1', orderNumber, { orderNumber, supplierNumber, number: 'ACK-early', acknowledgedAt: new Date().toISOString(), lines: [{ line: 1, outcome: 'accepted' }] });
    };
    const { id } = await story.ask(newcomer());
    await story.until(id, 'supplier.agreed');
  });

  test('that substitutes is accepted by the buyer; ERP, supplier and clinicians hear of it', async () => {
    const { story, order } = await placed();
    await story.acknowledge(order, [{ line: 1, outcome: 'substituted', substituteItemNumber: 'IMP-2', unitPrice: '110.00', promisedOn: '2026-12-01' }]);
    await story.decide('ben', order.id, 'supplier-proposal', 'accept-proposal');
    const changed = await story.until(order.id, 'supplier.agreed');
    assert.deepEqual(changed.lines.map((line) => [line.itemNumber, line.orderedItemNumber, line.unitPrice]), [['IMP-2', 'IMP-1', '110.00']]);
    const { order: inErp, sent } = ofOrder(order.orderNumber!);
    assert.deepEqual(inErp.lines.map((line) => [line.itemNumber, line.unitPrice, line.promisedOn]), [['IMP-2', '110.00', '2026-12-01']]);
    assert.deepEqual(sent.map(({ revision, lines }) => [revision, lines[0]!.itemNumber]), [[0, 'IMP-1'], [1, 'IMP-2']]);
    const notice = hospital.ehr.notices.find((each) => each.reference.startsWith(order.orderNumber!));
    assert.equal(notice?.text, `Item IMP-1 is replaced by IMP-2 on order ${order.orderNumber}.`);
    const closed = await finish(story, changed);
    assert.deepEqual(closed.approvals?.at(-1), { ...closed.approvals!.at(-1)!, tier: 'buyer', decision: 'approved', by: 'ben' });
    assertCleared(hospital, order.orderNumber!);
  });

  test('that proposes far more than was approved needs whoever may approve that, and not the one who asked', async () => {
    const story = newStory(hospital);
    const { id } = await story.ask('maya');
    const order = await story.until(id, 'open.');
    await story.acknowledge(order, [{ line: 1, outcome: 'changed', unitPrice: '200.00' }]);
    assert.equal((await problemOf(story.decide('ben', id, 'supplier-proposal', 'accept-proposal'))).code, 'not-owner');
    assert.equal((await problemOf(story.decide('maya', id, 'supplier-proposal', 'accept-proposal'))).code, 'own-request');
    await story.decide('helen', id, 'supplier-proposal', 'accept-proposal');
    assert.deepEqual((await story.until(id, 'supplier.agreed')).approvals?.at(-1)?.tier, 'manager');
  });

  test('that is held to the order hears so and answers anew, and nothing has changed meanwhile', async () => {
    const { story, order } = await placed();
    await story.acknowledge(order, [{ line: 1, outcome: 'changed', unitPrice: '112.00' }]);
    await story.decide('ben', order.id, 'supplier-proposal', 'hold-to-order');
    await story.until(order.id, 'supplier.awaiting');
    assert.deepEqual(ofOrder(order.orderNumber!).sent.map(({ lines }) => lines[0]!.unitPrice), ['100.00', '100.00']);
    await story.acknowledge(order, [{ line: 1, outcome: 'accepted' }]);
    await story.until(order.id, 'supplier.agreed');
  });

  test('that rejects everything has its order cancelled at both ends', async () => {
    const { story, order } = await placed();
    await story.acknowledge(order, [{ line: 1, outcome: 'rejected' }]);
    await story.decide('ben', order.id, 'supplier-rejection', 'cancel-order');
    await story.until(order.id, 'cancelled');
    assert.equal(ofOrder(order.orderNumber!).order.status, 'cancelled');
    assert.ok(hospital.network.withdrawn.includes(order.orderNumber!));
    assert.equal((await problemOf(story.deliver(order, [{ line: 1, quantity: 1 }]))).code, 'order-not-open');
  });

  test('is sent no goods back before it is settled whether they are wanted', async () => {
    const { story, order } = await placed();
    await story.acknowledge(order, [{ line: 1, outcome: 'rejected' }]);
    let early: Awaited<ReturnType<typeof problemOf>> | undefined;
    hospital.network.onWithdrawal = async () => { early ??= await problemOf(story.deliver(order, [{ line: 1, quantity: 1 }])); };
    await story.decide('ben', order.id, 'supplier-rejection', 'cancel-order');
    await story.until(order.id, 'cancelled');
    delete hospital.network.onWithdrawal;
    assert.deepEqual([early?.kind, early?.code], ['in-progress', 'order-being-cancelled']);
  });

  test('that will not let go of an order keeps it, and its goods are still received', async () => {
    const { story, order } = await placed();
    hospital.network.shipped.add(order.orderNumber!);
    await story.acknowledge(order, [{ line: 1, outcome: 'rejected' }]);
    await story.decide('ben', order.id, 'supplier-rejection', 'cancel-order');
    const item = await story.work(order.id, 'order-not-cancelled');
    assert.equal(item.facts?.['trouble'], 'It is on its way already.');
    await story.decide('ben', order.id, 'order-not-cancelled', 'keep-order');
    await finish(story, order);
    assertCleared(hospital, order.orderNumber!);
  });

  test('that answers a cancellation is not taken up while it is under way, and nothing is left to decide when it is done', async () => {
    const { story, order } = await placed();
    hospital.network.shipped.add(order.orderNumber!);
    await story.acknowledge(order, [{ line: 1, outcome: 'changed', unitPrice: '112.00' }]);
    await story.decide('ben', order.id, 'supplier-proposal', 'cancel-order');
    await story.work(order.id, 'order-not-cancelled');
    // "Rejected" is how some suppliers confirm a cancellation.
    await story.acknowledge(order, [{ line: 1, outcome: 'rejected' }]);
    const openItems = () => hospital.database.query<{ kind: string }>(`select kind from chassis.work_items where life_id = $1 and status = 'open' order by kind`, [order.id]);
    await eventually(async () => (await hospital.database.query(`select 1 from chassis.timeline where life_id = $1 and event = 'order.acknowledged.v1 (kept for later)'`, [order.id])).length === 1);
    assert.deepEqual(await openItems(), [{ kind: 'order-not-cancelled' }]);
    hospital.network.shipped.delete(order.orderNumber!);
    await story.decide('ben', order.id, 'order-not-cancelled', 'retry-cancellation');
    await story.until(order.id, 'cancelled');
    assert.deepEqual([await openItems(), ofOrder(order.orderNumber!).sent.length], [[], 1]);
  });

  test('that nobody can reach leaves nothing in the ERP, and the order is placed once somebody can', async () => {
    hospital.network.unknown.add('SUP-2');
    const story = newStory(hospital);
    const order = await story.ask(newcomer(), { lines: [{ itemNumber: 'GLV-1', quantity: 2, unit: 'BX' }] });
    const item = await story.work(order.id, 'order-not-placed');
    assert.equal(item.facts?.['trouble'], 'No channel leads to this supplier.');
    const documents = () => [...hospital.erp.requisitions, ...hospital.erp.orders].filter((each) => each.reference.startsWith(order.reference)).map((each) => each.status);
    assert.deepEqual(documents(), ['cancelled', 'cancelled']);
    hospital.network.unknown.delete('SUP-2');
    await story.decide('ben', order.id, 'order-not-placed', 'retry');
    const again = await story.until(order.id, 'open.');
    assert.deepEqual(documents().toSorted(), ['approved', 'cancelled', 'cancelled', 'open']);
    await finish(story, again);
  });
});

describe('goods', () => {
  test('that come in parts, reported together and one of them twice, are received once each', async () => {
    const { story, order } = await placed(pieces(2));
    await Promise.all([story.deliver(order, [{ line: 1, quantity: 1 }], 'part-1'), story.deliver(order, [{ line: 1, quantity: 1 }], 'part-2'), story.deliver(order, [{ line: 1, quantity: 1 }], 'part-2')]);
    const received = await story.until(order.id, 'goods.complete');
    assert.equal(received.lines[0]!.receivedQuantity, 2);
    await story.deliver(received, [{ line: 1, quantity: 1 }], 'part-1');
    assert.deepEqual(ofOrder(order.orderNumber!).receipts.map((receipt) => receipt.reference).toSorted(), [`${order.orderNumber}/part-1`, `${order.orderNumber}/part-2`]);
    assert.equal((await problemOf(story.deliver(order, [{ line: 1, quantity: 1 }], 'part-3'))).code, 'nothing-expected');
  });

  test('under one delivery note for two orders are received for both', async () => {
    const [one, other] = [await placed(), await placed()];
    await one.story.deliver(one.order, inFull(one.order), 'note-77');
    await other.story.deliver(other.order, inFull(other.order), 'note-77');
    await one.story.until(one.order.id, 'goods.complete');
    await other.story.until(other.order.id, 'goods.complete');
  });

  test('of which nothing is on the order are not accepted at the dock', async () => {
    const { story, order } = await placed();
    assert.deepEqual(await problemOf(story.deliver(order, [{ line: 1, quantity: 1 }, { line: 7, quantity: 1 }])), { kind: 'refused', code: 'unknown-line', pointers: ['/lines/1/line'] });
  });

  test('beyond the order are kept, and the order grows in the ERP and is paid', async () => {
    const { story, order } = await placed(pieces(2));
    await story.deliver(order, [{ line: 1, quantity: 2.5 }]);
    // A quarter more than was approved is not the buyer's to decide.
    await story.decide('maya', order.id, 'over-receipt', 'accept-surplus');
    const grown = await story.until(order.id, 'goods.complete');
    assert.equal(ofOrder(order.orderNumber!).order.lines[0]!.quantity, 2.5);
    await story.bill(grown, billedInFull(grown));
    await story.until(order.id, 'closed');
    assertCleared(hospital, order.orderNumber!);
  });

  test('beyond the order are sent back, and only what was ordered is in stock', async () => {
    const { story, order } = await placed(pieces(2));
    await story.deliver(order, [{ line: 1, quantity: 3 }]);
    await story.decide('maya', order.id, 'over-receipt', 'return-surplus');
    await story.until(order.id, 'goods.complete');
    assert.deepEqual(ofOrder(order.orderNumber!).receipts.map((receipt) => receipt.lines[0]!.quantity), [2]);
  });

  test('that the ERP does not take are reported anew by the dock', async () => {
    const { story, order } = await placed();
    await story.deliver(order, [{ line: 1, quantity: 2, tracking: { lot: 'EXPIRED' } }]);
    assert.equal((await story.work(order.id, 'goods-not-received')).owner, 'role:dock-clerk');
    await story.decide('dora', order.id, 'goods-not-received', 'discard-delivery');
    await finish(story, order);
    assertCleared(hospital, order.orderNumber!);
  });
});

describe('an invoice', () => {
  test('that comes before the goods is paid when they are there', async () => {
    const { story, order } = await placed(pieces(2));
    await story.bill(order, billedInFull(order));
    await story.until(order.id, 'bills.waitingForGoods');
    await story.deliver(order, [{ line: 1, quantity: 1 }]);
    await eventually(async () => (await story.until(order.id, 'bills.waitingForGoods')).lines[0]!.receivedQuantity === 1);
    assert.deepEqual(ofOrder(order.orderNumber!).payments, []);
    await story.deliver(order, [{ line: 1, quantity: 1 }]);
    await story.until(order.id, 'closed');
    assertCleared(hospital, order.orderNumber!);
  });

  test('at another price is a variance once it is accepted', async () => {
    const { story, order } = await placed();
    const before = balanceOf(hospital.erp, '5190', order.orderNumber).balance;
    await story.deliver(order, inFull(order));
    await story.bill(order, [billed(1, 2, '107.50')]);
    assert.match(String((await story.work(order.id, 'price-exception')).facts?.['why']), /billed 107.50, ordered at 100.00/);
    await story.decide('carla', order.id, 'price-exception', 'accept-price');
    await story.until(order.id, 'closed');
    assertCleared(hospital, order.orderNumber!);
    // Fifteen for the price, and two a piece between contract and standard cost.
    assert.deepEqual([before, balanceOf(hospital.erp, '5190', order.orderNumber).balance], ['0.00', '19.00']);
  });

  test('that is refused is not paid, and a right one is', async () => {
    const { story, order } = await placed();
    await story.deliver(order, inFull(order));
    await story.bill(order, [billed(1, 2, '150.00')], { number: 'W-1' });
    await story.decide('carla', order.id, 'price-exception', 'refuse-invoice', 'Not as agreed.');
    await story.bill(order, billedInFull(order), { number: 'W-1' });
    const closed = await story.until(order.id, 'closed');
    assert.deepEqual(closed.invoices?.map(({ total, state }) => [total, state]), [['300.00', 'refused'], ['200.00', 'paid']]);
    assert.equal(ofOrder(order.orderNumber!).payments.length, 1);
  });

  test('for more than came, accepted by a person, leaves nothing on the clearing account', async () => {
    const { story, order } = await placed();
    await story.deliver(order, inFull(order));
    await story.bill(order, [billed(1, 3)]);
    await story.decide('carla', order.id, 'quantity-exception', 'accept-quantity');
    await story.until(order.id, 'closed');
    assertCleared(hospital, order.orderNumber!);
  });

  test('sent twice, announced twice and sent after closing is paid once', async () => {
    const { story, order } = await placed();
    await story.deliver(order, inFull(order));
    const eventId = crypto.randomUUID();
    await story.bill(order, billedInFull(order), { number: 'TWICE-1', eventId });
    await story.bill(order, billedInFull(order), { number: 'TWICE-1', eventId });
    await story.until(order.id, 'closed');
    await story.bill(order, billedInFull(order), { number: 'TWICE-1' });
    const refused = await eventually(async () => (await story.until(order.id, 'closed')).invoices?.find((invoice) => invoice.state === 'refused'));
    assert.equal(refused.number, 'TWICE-1');
    assert.equal(ofOrder(order.orderNumber!).payments.length, 1);
    await story.bill(order, [billed(1, 1)], { number: 'LATE-9' });
    await story.decide('carla', order.id, 'invoice-after-closing', 'refuse-invoice');
    await story.until(order.id, 'closed.quiet');
  });

  test('nearly like another is seen by a person, and is paid when it is genuine', async () => {
    const { story, order } = await placed();
    await story.deliver(order, inFull(order));
    await story.bill(order, [billed(1, 1)], { number: `${order.orderNumber}-007` });
    await eventually(async () => (await story.until(order.id, 'open.')).invoices?.[0]?.state === 'paid');
    await story.bill(order, [billed(1, 1)], { number: `${order.orderNumber}-7` });
    await story.decide('carla', order.id, 'suspected-duplicate', 'is-genuine');
    await story.until(order.id, 'closed');
    assert.equal(ofOrder(order.orderNumber!).payments.length, 2);
  });

  test('that does not fit the order is refused', async () => {
    const { story, order } = await placed();
    await story.bill(order, [billed(5, 1)]);
    await story.decide('carla', order.id, 'invoice-faulty', 'refuse-invoice');
    await story.until(order.id, 'bills.awaiting');
  });

  test('of another supplier has no effect on the order and becomes a dead letter', async () => {
    const { story, order } = await placed();
    await story.bill(order, billedInFull(order), { supplierNumber: 'SUP-2', number: 'FOREIGN-1' });
    const failure = await eventually(async () => {
      const [row] = await hospital.database.query<{ failure: { code: string } }>(`select t.failure from chassis.troubled_events t join chassis.events e on e.id = t.event_id where e.correlation_id = $1 and t.status = 'dead'`, [story.run]);
      return row?.failure;
    });
    assert.equal(failure.code, 'foreign-order');
    assert.deepEqual((await story.until(order.id, 'bills.awaiting')).invoices, []);
  });

  test('under a number that the supplier used for another order is decided by a person', async () => {
    const [one, other] = [await placed(), await placed()];
    for (const { story, order } of [one, other]) {
      await story.deliver(order, inFull(order));
      await story.bill(order, billedInFull(order), { number: 'SHARED-1' });
      await story.until(order.id, order === one.order ? 'closed' : 'bills.notEntered');
    }
    assert.equal((await other.story.work(other.order.id, 'invoice-not-entered')).facts?.['trouble'], 'The supplier has used this number before.');
    await other.story.decide('carla', other.order.id, 'invoice-not-entered', 'refuse-invoice');
    await other.story.bill(other.order, billedInFull(other.order), { number: 'SHARED-2' });
    await other.story.until(other.order.id, 'closed');
  });

  test('that is large is paid after approval, and not by the one who asked', async () => {
    const story = newStory(hospital);
    const { id } = await story.ask('nina', { ...pieces(101), urgency: 'emergency', justification: 'Stock was lost in the flood.' });
    const order = await story.until(id, 'review.awaiting');
    await story.deliver(order, inFull(order));
    await story.bill(order, billedInFull(order));
    assert.equal((await problemOf(story.decide('carla', id, 'payment-approval', 'approve-payment'))).code, 'not-owner');
    await story.decide('arthur', id, 'payment-approval', 'approve-payment');
    await story.until(id, 'bills.complete');
    assert.equal((await story.until(id, 'review.awaiting')).approvals?.[0]?.note, 'Stock was lost in the flood.');
    await story.decide('maya', id, 'emergency-review', 'confirm-emergency', 'Rightly so.');
    const closed = await story.until(id, 'closed');
    assert.deepEqual(closed.approvals?.map(({ tier, decision, by }) => [tier, decision, by]), [['emergency', 'automatic', 'nina'], ['emergency-review', 'reviewed', 'maya']]);
    assertCleared(hospital, order.orderNumber!);
  });
});

describe('an order', () => {
  test('with something left on its clearing account is written off by the manager', async () => {
    const { story, order } = await placed();
    await story.deliver(order, inFull(order));
    await story.until(order.id, 'goods.complete');
    // Somebody has posted by hand.
    hospital.erp.journals.push({ number: 'JE-hand', reference: `hand/${order.orderNumber}`, source: 'adjustment', documentNumber: order.orderNumber!, postedOn: '2026-11-21', currency: 'USD', lines: [{ account: '2150', debit: '7.00' }, { account: '5900', credit: '7.00' }] });
    await story.bill(order, billedInFull(order));
    const item = await story.work(order.id, 'clearing-not-zero');
    assert.equal(item.facts?.['balance'], '7.00');
    await story.decide('arthur', order.id, 'clearing-not-zero', 'write-off', 'Posted by hand.');
    await story.until(order.id, 'closed');
    assertCleared(hospital, order.orderNumber!);
  });

  test('waits through a stop and start of the process, and goes on', async () => {
    const { story, order } = await placed();
    await story.acknowledge(order, [{ line: 1, outcome: 'accepted' }]);
    await hospital.restart();
    await finish(story, await story.until(order.id, 'open.'));
    assertCleared(hospital, order.orderNumber!);
  });
});
