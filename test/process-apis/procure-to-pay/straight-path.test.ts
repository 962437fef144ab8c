import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { balanceOf, stockValueChange } from '../hospital/erp-books.ts';
import { startHospital, type Hospital } from '../hospital/hospital.ts';
import { assertCleared, finish, newStory } from '../hospital/story.ts';
import { eventually } from '../../support/eventually.ts';

describe('from a used implant to a closed order', () => {
  let hospital: Hospital;
  before(async () => { hospital = await startHospital(); });
  after(() => hospital.stop());

  test('stock, cost, order, receipt, invoice, payment and ledger agree, and the clearing account is zero', async () => {
    const story = newStory(hospital);
    const use = await story.use({ quantity: 3 });
    const order = await story.orderFor(`use:${use.id}`);
    const placed = await story.until(order.id, 'open.');
    await story.acknowledge(placed, [{ line: 1, outcome: 'accepted', promisedOn: '2026-12-01' }]);
    await story.until(order.id, 'supplier.agreed');
    const closed = await finish(story, placed);

    assert.deepEqual(closed.lines.map(({ itemNumber, quantity, unitPrice, receivedQuantity, invoicedQuantity, promisedOn }) => ({ itemNumber, quantity, unitPrice, receivedQuantity, invoicedQuantity, promisedOn })),
      [{ itemNumber: 'IMP-1', quantity: 3, unitPrice: '100.00', receivedQuantity: 3, invoicedQuantity: 3, promisedOn: '2026-12-01' }]);
    assert.deepEqual(closed.approvals?.map(({ tier, decision }) => [tier, decision]), [['none', 'automatic']]);
    assert.deepEqual(closed.invoices?.map(({ total, state }) => [total, state]), [['300.00', 'paid']]);
    assertCleared(hospital, closed.orderNumber!);

    const { requisitions, orders, receipts, invoices, payments, movements, journals } = hospital.erp;
    assert.deepEqual([requisitions, orders, receipts, invoices, payments, movements].map((documents) => documents.length), [1, 1, 1, 1, 1, 1]);
    assert.deepEqual(orders.map(({ status, total }) => [status, total]), [['closed', '300.00']]);
    assert.deepEqual(movements.map(({ kind, quantity, costCenter, caseReference, value }) => ({ kind, quantity, costCenter, caseReference, value })), [{ kind: 'issue', quantity: 3, costCenter: '7010', caseReference: 'enc-1', value: '294.00' }]);
    assert.deepEqual(journals.map((journal) => journal.source), ['consumption', 'receipt', 'invoice', 'payment']);
    // Standard cost is 98.00 and the contract price 100.00: two a piece are a variance of the receipt.
    assert.equal(balanceOf(hospital.erp, '5190').balance, '6.00');
    assert.equal(balanceOf(hospital.erp, '5100').balance, '294.00');
    assert.equal(balanceOf(hospital.erp, '1010').balance, '-300.00');
    assert.equal(balanceOf(hospital.erp, '1310').balance, stockValueChange(hospital.erp));
    assert.deepEqual(hospital.network.sent.map(({ revision, requisitionReference }) => [revision, requisitionReference]), [[0, `use:${use.id}`]]);
  });

  test('everything that happened is told in order, under one correlation id', async () => {
    const [{ correlation_id: run }] = await hospital.database.query<{ correlation_id: string }>(`select correlation_id from chassis.events where type = 'supply.used.v1'`) as [{ correlation_id: string }];
    const told = await eventually(async () => {
      const rows = await hospital.database.query<{ type: string }>('select type from chassis.events where correlation_id = $1 order by seq', [run]);
      return rows.some((row) => row.type === 'order.closed.v1') && rows.map((row) => row.type);
    });
    // The invoice comes from outside while the goods are still being received.
    assert.deepEqual(told.filter((type) => type !== 'invoice.received.v1'), [
      'supply.used.v1', 'stock.depleted.v1', 'replenishment.requested.v1', 'order.approved.v1', 'order.placed.v1', 'order.acknowledged.v1', 'goods.received.v1', 'invoice.matched.v1', 'invoice.paid.v1', 'order.closed.v1',
    ]);
  });

  test('the use says what it cost and what was asked for it', async () => {
    const { items } = await hospital.as('sofia', () => hospital.consumption.listConsumptions({}));
    assert.deepEqual(items.map(({ state, itemNumber, costCenter, quantity, cost, currency }) => ({ state, itemNumber, costCenter, quantity, cost, currency })), [{ state: 'done', itemNumber: 'IMP-1', costCenter: '7010', quantity: 3, cost: '294.00', currency: 'USD' }]);
    const { timeline } = await hospital.as('sofia', () => hospital.consumption.getConsumption({ consumptionId: items[0]!.id }));
    assert.deepEqual(timeline.map((entry) => entry.event), ['started', 'identified', 'depleted', 'replenished']);
  });

  test('a demand closed with its order is no longer on its way', async () => {
    await eventually(async () => {
      const [demand] = await hospital.database.query<{ open: boolean; arrived: string }>('select open, arrived::text from consumption_to_replenishment.demands');
      return demand?.open === false && demand.arrived === '3';
    });
  });
});
