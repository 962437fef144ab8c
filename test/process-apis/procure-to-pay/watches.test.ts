import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Principal } from '#chassis/security/principal.ts';
import { listExceptions } from '#chassis/watches/exceptions.ts';
import { eventually } from '../../support/eventually.ts';
import { startHospital, type Hospital } from '../hospital/hospital.ts';
import { newcomer } from '../hospital/people.ts';
import { billedInFull, finish, newStory } from '../hospital/story.ts';

const operator: Principal = { kind: 'user', subject: 'olga', service: 'test', scopes: [], roles: [], facilities: [], bindings: {} };
const exceptionsOf = async (hospital: Hospital, orderNumber: string) => (await listExceptions(hospital.database, { key: { kind: 'order', value: orderNumber } }, operator)).items;
const exception = (hospital: Hospital, orderNumber: string, watch: string, state: string) => eventually(async () => (await exceptionsOf(hospital, orderNumber)).find((each) => each.watch === watch && each.state === state));

describe('an order that somebody keeps waiting', () => {
  let hospital: Hospital;
  before(async () => { hospital = await startHospital({ policy: { watches: { acknowledgedWithinMs: 300, invoicedWithinMs: 300 } } }); });
  after(() => hospital.stop());

  test('calls the buyer when the supplier is silent, and no longer when it answers after all', async () => {
    const story = newStory(hospital);
    const order = await story.until((await story.ask(newcomer())).id, 'open.');
    const missed = await exception(hospital, order.orderNumber!, 'procure-to-pay.order-acknowledged', 'open');
    assert.deepEqual([missed.owner, missed.title, missed.facility, missed.correlationId], ['role:buyer', `The supplier has not answered order ${order.orderNumber}`, order.facility, story.run]);
    assert.ok(missed.keys.includes(`requisition:${order.requisitionNumber}`) && missed.keys.includes(`supplier:${order.supplierNumber}`));
    await story.acknowledge(order, [{ line: 1, outcome: 'accepted' }]);
    assert.equal((await exception(hospital, order.orderNumber!, 'procure-to-pay.order-acknowledged', 'cleared-late')).clearedBy, 'order.acknowledged.v1');
  });

  test('calls the clerk when goods came and no invoice, and no longer when it comes', async () => {
    const story = newStory(hospital);
    const order = await story.until((await story.ask(newcomer())).id, 'open.');
    await story.deliver(order, order.lines.map(({ line, quantity }) => ({ line, quantity })));
    const missed = await exception(hospital, order.orderNumber!, 'procure-to-pay.receipt-invoiced', 'open');
    assert.deepEqual([missed.owner, missed.title], ['role:accounts-payable-clerk', `Goods of order ${order.orderNumber} came and no invoice for them`]);
    await story.bill(order, billedInFull(order));
    await exception(hospital, order.orderNumber!, 'procure-to-pay.receipt-invoiced', 'cleared-late');
  });
});

describe('an order that nobody keeps waiting', () => {
  test('calls nobody, and neither does one that is cancelled', async (t) => {
    const hospital = await startHospital();
    t.after(() => hospital.stop());
    const story = newStory(hospital);
    const order = await story.until((await story.ask(newcomer())).id, 'open.');
    await story.acknowledge(order, [{ line: 1, outcome: 'accepted' }]);
    await story.until(order.id, 'supplier.agreed');
    await finish(story, order);
    const states = (key: string) => hospital.database.query<{ watch: string; state: string }>('select watch, state from chassis.expectations where key = $1 and begun_at is not null order by watch', [`order:${key}`]);
    await eventually(async () => (await states(order.orderNumber!)).every(({ state }) => state === 'met'));
    assert.deepEqual(await states(order.orderNumber!), [{ watch: 'procure-to-pay.order-acknowledged', state: 'met' }, { watch: 'procure-to-pay.receipt-invoiced', state: 'met' }]);
    assert.deepEqual((await listExceptions(hospital.database, {}, operator)).items, []);
  });
});
