import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';

import { eventually } from '../../../support/eventually.ts';
import { startApiProcess } from '../api-process.ts';
import { dispatch, startApi, type ApiUnderTest } from '../platform.ts';

describe('what suppliers leave in a network', () => {
  let api: ApiUnderTest;
  let vendor: pg.Pool;
  let count = 0;

  before(async () => {
    api = await startApi({ pollMs: 15 });
    vendor = new pg.Pool({ connectionString: api.network.databaseUrl, max: 2 });
  });
  after(async () => {
    await vendor?.end();
    await api?.stop();
  });

  const order = () => dispatch(`PO-P${count += 1}`);
  async function place() {
    const body = order();
    await api.network.control.setBehaviour(body.requisitionReference, 'deliver-in-full');
    await api.client.sendOrder({ body });
    return body.orderNumber;
  }
  const waiting = async (table: 'acknowledgements' | 'shipments' | 'invoices') => (await vendor.query<{ count: number }>(`select count(*)::int as count from network.${table} where exported = false`)).rows[0]!.count;

  it('is confirmed there after it was kept here', async () => {
    const orderNumber = await place();
    await api.told(orderNumber, 'invoice.received.v1');
    await api.quiet(orderNumber);
    assert.equal((await api.client.listDocuments({ orderNumber })).items.length, 3);
  });

  it('is told once, however often its confirmation fails', async () => {
    api.network.faults.set({ kind: 'failing', status: 500, rate: 1 }, { methods: ['PUT'], pathIncludes: '/order_header_confirmations/' });
    const orderNumber = await place();
    await api.told(orderNumber, 'order.acknowledged.v1');
    const failed = api.network.faults.done.failing;
    await eventually(() => api.network.faults.done.failing >= failed + 2);
    assert.equal(await waiting('acknowledgements'), 1);
    api.network.faults.set({ kind: 'none' });
    await api.quiet(orderNumber);
    assert.equal((await api.events(orderNumber, 'order.acknowledged.v1')).length, 1);
  });

  it('does not wait for a record that the network will not let us confirm', async () => {
    api.network.faults.set({ kind: 'failing', status: 404, rate: 1 }, { methods: ['PUT'], pathIncludes: '/order_header_confirmations/' });
    const orderNumber = await place();
    await api.told(orderNumber, 'invoice.received.v1');
    await eventually(async () => (await waiting('invoices')) === 0);
    assert.equal(await waiting('acknowledgements'), 1);
    api.network.faults.set({ kind: 'none' });
    await api.quiet(orderNumber);
  });

  it('is told once when the answer to the confirmation is lost', async () => {
    api.network.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['PUT'], pathIncludes: '/invoices/', times: 1 });
    const orderNumber = await place();
    await api.told(orderNumber, 'invoice.received.v1');
    await api.quiet(orderNumber);
    assert.equal((await api.events(orderNumber, 'invoice.received.v1')).length, 1);
  });

  it('does not wait for one document that cannot be used', async () => {
    const strange = await place();
    await api.quiet(strange);
    // An invoice about a quantity that no contract of ours has room for.
    await vendor.query(`insert into network.invoices (order_id, number, kind, invoice_date, total, exported) select id, 'INV-ODD', 'original', current_date, 0, false from network.orders where po_number = $1`, [strange]);
    await vendor.query(
      `insert into network.invoice_lines (invoice_id, line_number, order_line_number, item_number, description, uom, quantity, price, amount)
       select id, 1, 1, 'IMP-1001', 'odd', 'EA', 0.0001, 1, 0 from network.invoices where number = 'INV-ODD'`);
    const good = await place();
    await api.told(good, 'invoice.received.v1');
    await api.quiet(good);
    const { items } = await eventually(async () => {
      const found = await api.client.listDocuments({ orderNumber: strange, status: 'rejected' });
      return found.items.length > 0 && found;
    });
    assert.deepEqual(items.map(({ kind, number, problem }) => [kind, number, problem]), [['invoice', 'INV-ODD', '/invoice-lines/0/quantity: is not a quantity above zero of at most three decimal places']]);
    await eventually(async () => (await waiting('invoices')) === 0);
  });

  it('for an order that did not come from here is kept as rejected and confirmed', async () => {
    await vendor.query(
      `insert into network.orders (channel, supplier_number, po_number, revision, reference, facility, currency, ordered_on)
       values ('coupa', 'SUP-100', 'PO-BY-HAND', 1, 'by hand', 'MAIN', 'USD', current_date)`);
    await vendor.query(`insert into network.coupa_orders (po_number, status, supplier_id, currency, custom_fields) select 'PO-BY-HAND', 'issued', id, 'USD', '{}' from network.coupa_suppliers where number = 'SUP-100'`);
    await vendor.query(`insert into network.acknowledgements (order_id, revision, status, exported) select id, 1, 'confirmed', false from network.orders where po_number = 'PO-BY-HAND'`);
    await vendor.query(
      `insert into network.acknowledgement_lines (acknowledgement_id, line_number, decision, item_number, uom, quantity, price)
       select a.id, 1, 'accept', 'IMP-1001', 'EA', 1, 1 from network.acknowledgements a join network.orders o on o.id = a.order_id where o.po_number = 'PO-BY-HAND'`);
    const { items } = await eventually(async () => {
      const found = await api.client.listDocuments({ orderNumber: 'PO-BY-HAND' });
      return found.items.length > 0 && found;
    });
    assert.deepEqual(items.map(({ status, problem }) => [status, problem]), [['rejected', 'it names an order that is not known']]);
    await eventually(async () => (await waiting('acknowledgements')) === 0);
  });

  it('is fetched in pages, all of it', async () => {
    await api.network.control.pauseSupplier('SUP-100');
    const orders = [];
    for (let index = 0; index < 55; index += 1) orders.push(await place());
    api.network.faults.set({ kind: 'down' }, { methods: ['GET'] });
    await api.network.control.resumeSupplier('SUP-100');
    for (const table of ['acknowledgements', 'shipments', 'invoices'] as const) await eventually(async () => (await waiting(table)) > 50);
    api.network.faults.set({ kind: 'none' });
    // What comes in while a sweep is under way may be found from its end: an invoice before the acknowledgement.
    for (const orderNumber of orders) for (const type of ['order.acknowledged.v1', 'shipment.announced.v1', 'invoice.received.v1'] as const) await api.told(orderNumber, type);
    const [row] = await api.database.query(
      `select count(*)::int as told, count(distinct (subject, type))::int as different from chassis.events where subject = any($1)`, [orders]);
    assert.deepEqual(row, { told: 165, different: 165 });
  });

  it('is fetched by one of several processes, and by another when that one is killed', async () => {
    const [one, two] = await Promise.all([startApiProcess(api.config), startApiProcess(api.config)]);
    try {
      const before = await Promise.all(Array.from({ length: 10 }, place));
      for (const orderNumber of before) await api.told(orderNumber, 'order.acknowledged.v1');
      await one.kill();
      const later = await Promise.all(Array.from({ length: 10 }, place));
      await two.kill();
      for (const orderNumber of [...before, ...later]) await api.told(orderNumber, 'invoice.received.v1');
      for (const orderNumber of [...before, ...later]) await api.quiet(orderNumber);
      const [row] = await api.database.query(
        `select count(*)::int as told, count(distinct (subject, type))::int as different from chassis.events where subject = any($1)`, [[...before, ...later]]);
      assert.deepEqual(row, { told: 60, different: 60 });
    } finally {
      await one.close();
      await two.close();
    }
  });

  it('is found after a restart', async () => {
    api.network.faults.set({ kind: 'down' }, { methods: ['GET'] });
    const orderNumber = await place();
    await eventually(async () => (await waiting('invoices')) > 0);
    await api.restart();
    api.network.faults.set({ kind: 'none' });
    await api.told(orderNumber, 'invoice.received.v1');
  });
});

describe('a network with the vendor\'s own quota', () => {
  it('is kept within it while orders, prices and documents share it', async () => {
    const api = await startApi({ coupa: {}, pollMs: 100, network: { quota: { perSecond: 25, burst: 20 } } });
    try {
      const orders = Array.from({ length: 12 }, (_, index) => dispatch(`PO-Q${index}`));
      for (const order of orders) await api.network.control.setBehaviour(order.requisitionReference, 'deliver-in-full');
      await Promise.all([
        ...orders.map((body) => api.client.sendOrder({ body })),
        ...['IMP-1001', 'IMP-1002'].map((itemNumber) => api.client.getContractPrice({ supplierNumber: 'SUP-100', itemNumber })),
      ]);
      for (const { orderNumber } of orders) await api.told(orderNumber, 'invoice.received.v1');
      for (const { orderNumber } of orders) await api.quiet(orderNumber);
      const [{ count } = { count: -1 }] = await api.database.query<{ count: number }>('select count(*) as count from chassis.events');
      assert.equal(count, 36);
    } finally {
      await api.stop();
    }
  });
});
