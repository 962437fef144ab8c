import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';

import type { OrderDispatch } from '#contracts/generated/system/procurement-network/v1.ts';
import { coupaOrders, interchangesReceived, ordersRepeated, ordersUnderstood } from '../../../../sandbox/network/books.ts';
import { eventually } from '../../../support/eventually.ts';
import { fails } from '../channel-conformance.ts';
import { dispatch, startApi, type ApiUnderTest } from '../platform.ts';
import { startApiProcess } from '../api-process.ts';

const X12 = { supplierNumber: 'SUP-130' };
const GLOVES = { itemNumber: 'CON-3002', unit: 'BX', unitPrice: '18.00' };

let count = 0;
const next = (change: Partial<OrderDispatch> = {}, line: Partial<OrderDispatch['lines'][number]> = {}) => dispatch(`PO-R${count += 1}`, change, line);

describe('an order whose sending got lost on the way', () => {
  let api: ApiUnderTest;
  let books: pg.Pool;

  before(async () => {
    api = await startApi();
    books = new pg.Pool({ connectionString: api.network.databaseUrl, max: 2 });
  });
  after(async () => {
    await books?.end();
    await api?.stop();
  });

  const atSupplier = async ({ orderNumber }: OrderDispatch) => ({
    orders: (await ordersUnderstood(books)).filter((each) => each.poNumber === orderNumber).length,
    repeats: (await ordersRepeated(books)).filter((each) => each.poNumber === orderNumber).length,
  });
  const ONCE = { orders: 1, repeats: 0 };
  const LOST = { kind: 'answerLost', rate: 1 } as const;

  describe('in a network of records', () => {
    it('is found there when the answer to its creation is lost', async () => {
      const order = next();
      api.network.faults.set(LOST, { methods: ['POST'], pathIncludes: '/purchase_orders', times: 1 });
      assert.equal((await api.client.sendOrder({ body: order })).status, 'sent');
      await api.told(order.orderNumber, 'order.acknowledged.v1');
      assert.deepEqual(await atSupplier(order), ONCE);
      assert.deepEqual((await coupaOrders(books)).filter((each) => each.poNumber === order.orderNumber).map(({ status }) => status), ['issued']);
    });

    it('is not issued a second time when the answer to its issue is lost', async () => {
      const order = next();
      api.network.faults.set(LOST, { methods: ['PUT'], pathIncludes: '/issue', times: 1 });
      assert.equal((await api.client.sendOrder({ body: order })).status, 'sent');
      await api.told(order.orderNumber, 'order.acknowledged.v1');
      assert.deepEqual(await atSupplier(order), ONCE);
    });

    it('is changed once when the answer to the change is lost', async () => {
      const order = next();
      await api.network.control.setBehaviour(order.requisitionReference, 'price-higher-on-acknowledgement');
      await api.client.sendOrder({ body: order });
      const [proposal] = await api.told(order.orderNumber, 'order.acknowledged.v1');
      const agreed = { ...order, lines: order.lines.map((line) => ({ ...line, unitPrice: proposal!.lines[0]!.unitPrice! })) };
      api.network.faults.set(LOST, { methods: ['POST'], pathIncludes: 'accept_header', times: 1 });
      assert.equal((await api.client.reviseOrder({ orderNumber: order.orderNumber, body: agreed })).revision, 1);
      await api.told(order.orderNumber, 'invoice.received.v1');
      const [record] = (await coupaOrders(books)).filter((each) => each.poNumber === order.orderNumber);
      assert.deepEqual([record!.version, record!.lines[0]!.price], [2, agreed.lines[0]!.unitPrice]);
    });

    it('is withdrawn once when the answer to the withdrawal is lost', async () => {
      const order = next();
      await api.network.control.setBehaviour(order.requisitionReference, 'price-higher-on-acknowledgement');
      await api.client.sendOrder({ body: order });
      api.network.faults.set(LOST, { methods: ['PUT'], pathIncludes: '/cancel', times: 1 });
      assert.equal((await api.client.withdrawOrder({ orderNumber: order.orderNumber })).status, 'withdrawn');
      assert.deepEqual((await ordersUnderstood(books)).filter((each) => each.poNumber === order.orderNumber).map(({ orderState }) => orderState), ['cancelled']);
    });

    it('waits for the network to be well again, and is not listed as sent until then', async () => {
      const order = next();
      api.network.faults.set({ kind: 'down' });
      await fails(api.client.sendOrder({ body: order }, { idempotencyKey: 'down-and-up-1' }), 'unavailable');
      await fails(api.client.getOrder({ orderNumber: order.orderNumber }), 'not-found', 'unknown-order');
      api.network.faults.set({ kind: 'none' });
      const sent = await eventually(() => api.client.sendOrder({ body: order }, { idempotencyKey: 'down-and-up-1' }));
      assert.equal(sent.status, 'sent');
      await api.told(order.orderNumber, 'order.acknowledged.v1');
      assert.deepEqual(await atSupplier(order), ONCE);
    });

    it('gets through a network that fails now and then', async () => {
      api.network.faults.set({ kind: 'failing', status: 500, rate: 0.3 });
      const orders = Array.from({ length: 10 }, () => next());
      await Promise.all(orders.map((body) => eventually(() => api.client.sendOrder({ body }, { idempotencyKey: `failing-${body.orderNumber}` }))));
      api.network.faults.set({ kind: 'none' });
      for (const order of orders) {
        await api.told(order.orderNumber, 'order.acknowledged.v1');
        assert.deepEqual(await atSupplier(order), ONCE);
      }
    });
  });

  describe('as an interchange', () => {
    it('is sent as the very same interchange, which the supplier knows as a duplicate', async () => {
      const order = next(X12, GLOVES);
      api.network.vanFaults.set(LOST, { times: 1 });
      assert.equal((await api.client.sendOrder({ body: order })).status, 'sent');
      await api.told(order.orderNumber, 'order.acknowledged.v1');
      assert.deepEqual(await atSupplier(order), ONCE);
      const sent = (await interchangesReceived(books)).slice(-2);
      assert.deepEqual(sent.map(({ outcome }) => outcome), ['accepted', 'duplicate']);
      assert.equal(sent[0]!.controlNumber, sent[1]!.controlNumber);
      const kept = await api.database.query('select outcome, answer from procurement_network.sent_interchanges where order_number = $1', [order.orderNumber]);
      assert.deepEqual(kept, [{ outcome: 'accepted', answer: 'TA1 R 025' }]);
    });

    it('goes out when the value-added network is back', async () => {
      const order = next(X12, GLOVES);
      api.network.vanFaults.set({ kind: 'down' });
      await fails(api.client.sendOrder({ body: order }, { idempotencyKey: 'van-down-1' }), 'unavailable');
      api.network.vanFaults.set({ kind: 'none' });
      await eventually(() => api.client.sendOrder({ body: order }, { idempotencyKey: 'van-down-1' }));
      await api.told(order.orderNumber, 'order.acknowledged.v1');
      assert.deepEqual(await atSupplier(order), ONCE);
    });

    it('is not sent again when its acknowledgement is here already', async () => {
      const order = next(X12, GLOVES);
      await api.client.sendOrder({ body: order });
      const before = (await interchangesReceived(books)).length;
      await api.database.query(`update procurement_network.dispatched_orders set status = 'sending', sent_at = null where order_number = $1`, [order.orderNumber]);
      assert.equal((await api.client.sendOrder({ body: order })).status, 'sent');
      assert.equal((await interchangesReceived(books)).length, before);
    });
  });

  it('is one order, when the process was killed between the network\'s deed and our note of it', async () => {
    const order = next();
    const first = await startApiProcess(api.config);
    api.network.faults.set({ kind: 'slow', delayMs: 400 }, { pathIncludes: '/issue' });
    const slow = api.network.faults.done.slow;
    const sending = first.client.sendOrder({ body: order }, { idempotencyKey: 'killed-between-1' });
    const lost = fails(sending, 'unavailable');
    await eventually(() => api.network.faults.done.slow > slow);
    await first.kill();
    await lost;
    await first.close();
    api.network.faults.set({ kind: 'none' });
    const second = await startApiProcess(api.config);
    try {
      assert.equal((await eventually(() => second.client.sendOrder({ body: order }, { idempotencyKey: 'killed-between-1' }))).status, 'sent');
    } finally {
      await second.close();
    }
    await api.told(order.orderNumber, 'order.acknowledged.v1');
    assert.deepEqual(await atSupplier(order), ONCE);
  });

  it('is one order, when its interchange left and the process was killed before the answer', async () => {
    const order = next(X12, GLOVES);
    const first = await startApiProcess(api.config);
    api.network.vanFaults.set({ kind: 'slow', delayMs: 400 });
    const slow = api.network.vanFaults.done.slow;
    const lost = fails(first.client.sendOrder({ body: order }, { idempotencyKey: 'killed-between-2' }), 'unavailable');
    await eventually(() => api.network.vanFaults.done.slow > slow);
    await first.kill();
    await lost;
    await first.close();
    api.network.vanFaults.set({ kind: 'none' });
    const second = await startApiProcess(api.config);
    try {
      assert.equal((await eventually(() => second.client.sendOrder({ body: order }, { idempotencyKey: 'killed-between-2' }))).status, 'sent');
    } finally {
      await second.close();
    }
    await api.told(order.orderNumber, 'order.acknowledged.v1');
    assert.deepEqual(await atSupplier(order), ONCE);
    const [sent, ...more] = await api.database.query('select control_number from procurement_network.sent_interchanges where order_number = $1', [order.orderNumber]);
    assert.ok(sent && more.length === 0);
  });
});

describe('an order that is refused', () => {
  let api: ApiUnderTest;
  before(async () => { api = await startApi(); });
  after(() => api?.stop());

  it('is refused with a code that says why, and its number is free for a better one', async () => {
    const order = next();
    const unknown = { ...order, lines: [{ ...order.lines[0]!, itemNumber: 'NOTHING-404' }] };
    await fails(api.client.sendOrder({ body: unknown }), 'refused', 'unknown-item');
    assert.equal((await api.client.sendOrder({ body: order })).status, 'sent');
    await fails(api.client.sendOrder({ body: next({ supplierNumber: 'SUP-999' }) }), 'refused', 'unknown-supplier');
    await fails(api.client.sendOrder({ body: next({ supplierNumber: 'SUP-190' }) }), 'refused', 'supplier-inactive');
  });

  it('by the partner\'s 999 goes out anew, under a new number, once it is mended', async () => {
    const order = next(X12, GLOVES);
    const rejected = { ...order, lines: [{ ...order.lines[0]!, itemNumber: 'CON:3002' }] };
    await fails(api.client.sendOrder({ body: rejected }), 'refused', 'order-not-printable');
    await fails(api.client.sendOrder({ body: next({ ...X12, orderNumber: 'PO-LONGER-THAN-X12-HAS-ROOM-FOR' }, GLOVES) }), 'refused', 'order-not-printable');
    // Two lines of one number: a supplier cannot tell them apart.
    const twins = { ...order, lines: [order.lines[0]!, order.lines[0]!] };
    const failure = await fails(api.client.sendOrder({ body: twins }), 'refused', 'interchange-rejected');
    assert.match(failure.message, /999 R/);
    assert.equal((await api.client.sendOrder({ body: order })).status, 'sent');
    const kept = await api.database.query<{ control_number: number; outcome: string }>('select control_number, outcome from procurement_network.sent_interchanges where order_number = $1 order by id', [order.orderNumber]);
    assert.deepEqual(kept.map(({ outcome }) => outcome), ['rejected', 'accepted']);
    assert.ok(kept[1]!.control_number > kept[0]!.control_number);
  });

  it('for want of a mailbox leaves nothing behind that could be sent in its place', async () => {
    const order = next({ supplierNumber: 'SUP-140' }, GLOVES);
    const mailbox = api.config.apis['procurement-network'] as { channels: { x12: { settings: { suppliers: Record<string, object> } } } };
    mailbox.channels.x12.settings.suppliers['SUP-140'] = { address: 'ZZ:PRAIRIESURG', mailbox: '/edi/NOBODY' };
    await api.restart();
    await fails(api.client.sendOrder({ body: order }), 'refused', 'unknown-mailbox');
    mailbox.channels.x12.settings.suppliers['SUP-140'] = { address: 'ZZ:PRAIRIESURG' };
    await api.restart();
    await eventually(() => api.client.sendOrder({ body: { ...order, lines: [{ ...order.lines[0]!, quantity: 7 }] } }));
    const [answer] = await api.told(order.orderNumber, 'order.acknowledged.v1');
    assert.notEqual(answer!.lines[0]!.outcome, 'changed', 'the supplier answers what was ordered last');
  });
});
