import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { businessTransaction, type BusinessTransaction } from '#chassis/history/business-transaction.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { eventually } from '../../support/eventually.ts';
import { startHospital, type Hospital } from '../hospital/hospital.ts';
import { newcomer } from '../hospital/people.ts';
import { finish, newStory } from '../hospital/story.ts';

const operator = (...facilities: string[]): Principal => ({ kind: 'user', subject: 'olga', service: 'test', scopes: [], roles: [], facilities, bindings: {} });

describe('what happened to an order', () => {
  let hospital: Hospital;
  let told: BusinessTransaction;
  let order: { id: string; orderNumber: string; requisitionNumber: string };
  const ask = (kind: string, value: string, as = operator()) => businessTransaction(hospital.database, { key: { kind, value }, limit: 500 }, as);
  const named = (kind: string) => told.entries.items.filter((entry) => entry.kind === kind).map((entry) => entry.what);

  before(async () => {
    hospital = await startHospital();
    const story = newStory(hospital);
    const placed = await story.until((await story.ask(newcomer())).id, 'open.');
    await story.acknowledge(placed, [{ line: 1, outcome: 'accepted' }]);
    await story.until(placed.id, 'supplier.agreed');
    await finish(story, placed);
    order = { id: placed.id, orderNumber: placed.orderNumber!, requisitionNumber: placed.requisitionNumber };
    told = await eventually(async () => { const now = await ask('order', order.orderNumber); return now.entries.items.some((entry) => entry.what === 'order.closed.v1') && now; });
  });
  after(() => hospital.stop());

  test('begins with what was asked for and ends with the closing, each layer beside the others', () => {
    assert.deepEqual(told.lives.map(({ id, process }) => [id, process]), [[order.id, 'procure-to-pay']]);
    assert.deepEqual(named('event').filter((type) => !type.startsWith('shipment')), ['order.approved.v1', 'order.placed.v1', 'order.acknowledged.v1', 'goods.received.v1', 'invoice.received.v1', 'invoice.matched.v1', 'invoice.paid.v1', 'order.closed.v1']
      .toSorted((left, right) => named('event').indexOf(left) - named('event').indexOf(right)));
    assert.equal(told.entries.items[0]?.what, 'started');
    assert.deepEqual(named('move'), ['check-requisition', 'place-order', 'receive-goods', 'enter-invoice', 'pay-invoice', 'settle-order']);
    assert.deepEqual(named('watch').toSorted(), ['procure-to-pay.order-acknowledged', 'procure-to-pay.receipt-invoiced']);
    const calls = told.entries.items.filter((entry) => entry.kind === 'call');
    const placing = told.entries.items.find((entry) => entry.what === 'place-order')!;
    assert.deepEqual(calls.filter((call) => call.moveId === placing.moveId).map(({ what, outcome, detail }) => [what, outcome, detail?.['step']]), [
      ['erp createRequisition', 'finished', 'create-requisition-in-ERP'], ['erp createPurchaseOrder', 'finished', 'create-order-in-ERP'], ['procurement-network sendOrder', 'finished', 'send-to-supplier'],
    ]);
  });

  test('names the requisition it came from and the invoice that came for it, and is found by both', async () => {
    const related = (kind: string) => told.related.filter((key) => key.kind === kind).map((key) => key.value);
    assert.deepEqual(related('requisition'), [order.requisitionNumber]);
    const [invoice] = related('invoice');
    for (const [kind, value] of [['requisition', order.requisitionNumber], ['invoice', invoice!]] as const) {
      assert.deepEqual((await ask(kind, value)).lives.map(({ id }) => id), [order.id]);
    }
  });

  test('is told to nobody who works elsewhere', async () => {
    assert.deepEqual((await ask('order', order.orderNumber, operator('EAST'))).entries.items, []);
    assert.equal((await ask('order', order.orderNumber, operator('MAIN'))).entries.items.length, told.entries.items.length);
  });
});
