import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type { OrderAcknowledgement, OrderDispatch, ShipNotice, SupplierInvoice } from '#contracts/generated/system/procurement-network/v1.ts';
import { fails } from '../channel-conformance.ts';
import { dispatch, EXCHANGE, startApi, supplier, type ApiUnderTest } from '../platform.ts';

const ITEM = { itemNumber: 'CON-3006', unit: 'BX', unitPrice: '9.00', quantity: 6 };

describe('documents that suppliers hand in through the platform\'s own API', () => {
  let api: ApiUnderTest;
  let count = 0;

  before(async () => { api = await startApi({ connected: false }); });
  after(() => api?.stop());

  async function ordered(change: Partial<OrderDispatch> = {}): Promise<OrderDispatch> {
    count += 1;
    const order = dispatch(`PO-H${count}`, { supplierNumber: 'SUP-150', ...change }, ITEM);
    await api.client.sendOrder({ body: order });
    return order;
  }

  const key = () => `handed-in-${count += 1}`;
  const answer = ({ orderNumber, supplierNumber }: OrderDispatch, change: Partial<OrderAcknowledgement> = {}): OrderAcknowledgement =>
    ({ supplierNumber, orderNumber, number: 'ACK-1', acknowledgedAt: '2026-11-20T09:00:00Z', lines: [{ line: 1, outcome: 'accepted', quantity: 6, unitPrice: '9' }], ...change });
  const notice = ({ orderNumber, supplierNumber }: OrderDispatch, change: Partial<ShipNotice> = {}): ShipNotice =>
    ({ supplierNumber, orderNumber, number: 'SHP-1', shippedAt: '2026-11-20T09:00:00Z', lines: [{ line: 1, itemNumber: 'CON-3006', quantity: 6, unit: 'BX' }], ...change });
  const invoice = ({ orderNumber, supplierNumber }: OrderDispatch, change: Partial<SupplierInvoice> = {}): SupplierInvoice =>
    ({ supplierNumber, orderNumber, number: 'INV-1', invoicedOn: '2026-11-21', currency: 'USD', total: '54.00', lines: [{ line: 1, itemNumber: 'CON-3006', quantity: 6, unit: 'BX', unitPrice: '9.00', amount: '54.00' }], ...change });

  it('are kept and told in one deed, and answered with what was kept', async () => {
    const order = await ordered();
    const kept = await api.client.receiveAcknowledgement({ body: answer(order) });
    assert.deepEqual([kept.kind, kept.channel, kept.status, kept.duplicate, kept.number, kept.orderNumber], ['acknowledgement', 'partner', 'announced', false, 'ACK-1', order.orderNumber]);
    assert.deepEqual(await api.events(order.orderNumber, 'order.acknowledged.v1'), [{ ...answer(order), lines: [{ line: 1, outcome: 'accepted' }] }]);
    const [event] = await api.database.query('select facility, subject from chassis.events where subject = $1', [order.orderNumber]);
    assert.deepEqual(event, { facility: 'MAIN', subject: order.orderNumber });
  });

  it('are told under the correlation of the order, so that question and answer are found together', async () => {
    const order = await ordered();
    await api.client.receiveInvoice({ body: invoice(order) });
    const [row] = await api.database.query(
      `select e.correlation_id = o.correlation_id as together from chassis.events e join procurement_network.dispatched_orders o on o.order_number = e.subject where e.subject = $1`, [order.orderNumber]);
    assert.equal(row!['together'], true);
  });

  it('under a key that was used before have no second effect', async () => {
    const order = await ordered();
    const once = key();
    const first = await api.client.receiveInvoice({ body: invoice(order) }, { idempotencyKey: once });
    assert.deepEqual(await api.client.receiveInvoice({ body: invoice(order) }, { idempotencyKey: once }), first);
    // As after a crash between our deed and the note that it was done.
    await api.database.query(`update chassis.idempotency set status = 'unknown', owner = null, answer = null where key = $1`, [once]);
    assert.deepEqual(await api.client.receiveInvoice({ body: invoice(order) }, { idempotencyKey: once }), first);
    assert.equal((await api.events(order.orderNumber, 'invoice.received.v1')).length, 1);
  });

  it('sent anew are duplicates: answers and notices are told once, invoices each time', async () => {
    const order = await ordered();
    const send = async () => [await api.client.receiveAcknowledgement({ body: answer(order) }), await api.client.receiveShipNotice({ body: notice(order) }), await api.client.receiveInvoice({ body: invoice(order) })];
    const copies = [...await send(), ...await send()];
    assert.deepEqual(copies.map(({ duplicate }) => duplicate), [false, false, false, true, true, true]);
    assert.deepEqual(await Promise.all((['order.acknowledged.v1', 'shipment.announced.v1', 'invoice.received.v1'] as const).map(async (type) => (await api.events(order.orderNumber, type)).length)), [1, 1, 2]);
    const noted = await api.database.query('select kind, outcome, facility from chassis.inbound_messages where keys @> array[$1] order by kind', [`order:${order.orderNumber}`]);
    assert.deepEqual(noted, [{ kind: 'acknowledgement', outcome: 'duplicate', facility: order.facility }, { kind: 'ship-notice', outcome: 'duplicate', facility: order.facility }], 'found by the order although no event tells of them');
    const other = await api.client.receiveInvoice({ body: invoice(order, { total: '55.00' }) });
    assert.equal(other.duplicate, false, 'the same number with another content is another document');
  });

  it('sent anew at the same moment have one original', async () => {
    const order = await ordered();
    const copies = await Promise.all(Array.from({ length: 6 }, () => api.client.receiveShipNotice({ body: notice(order) })));
    assert.deepEqual(copies.map(({ duplicate }) => duplicate).toSorted(), [false, true, true, true, true, true]);
    assert.equal((await api.events(order.orderNumber, 'shipment.announced.v1')).length, 1);
  });

  it('keep their numbers, but for blanks around them', async () => {
    const order = await ordered();
    const kept = await api.client.receiveInvoice({ body: invoice(order, { number: 'INV-1 ' }) });
    assert.equal(kept.number, 'INV-1');
    assert.equal((await api.client.receiveInvoice({ body: invoice(order, { number: 'INV 1' }) })).number, 'INV 1');
    const [row] = await api.database.query<{ body: string }>('select body from procurement_network.documents where id = $1', [kept.documentId]);
    const { body } = await api.payloads.get(api.database, row!.body);
    assert.equal((JSON.parse(body.toString()) as SupplierInvoice).number, 'INV-1 ', 'what came is kept as it came');
  });

  it('for an order that nobody sent, or that another supplier has, are answered alike and kept as rejected', async () => {
    const order = await ordered();
    const theirs = await ordered({ supplierNumber: 'SUP-130' });
    const strangers = await fails(api.client.receiveInvoice({ body: invoice({ ...theirs, supplierNumber: 'SUP-150' }) }), 'not-found', 'unknown-order');
    const nobodys = await fails(api.client.receiveInvoice({ body: invoice({ ...order, orderNumber: 'PO-NONE' }) }), 'not-found', 'unknown-order');
    assert.equal(strangers.message, nobodys.message);
    const { items } = await api.client.listDocuments({ supplierNumber: 'SUP-150', status: 'rejected' });
    assert.deepEqual(items.map(({ orderNumber, problem }) => [orderNumber, problem]), [['PO-NONE', 'it names an order that is not known'], [theirs.orderNumber, 'it names an order of another supplier']]);
    assert.deepEqual(await api.events(theirs.orderNumber, 'invoice.received.v1'), []);
    const noted = await api.database.query('select id, kind, outcome, problem from chassis.inbound_messages where keys @> array[$1]', [`order:${theirs.orderNumber}`]);
    assert.deepEqual(noted, [{ id: items[1]!.documentId, kind: 'invoice', outcome: 'rejected', problem: 'it names an order of another supplier' }]);
  });

  it('rejected for want of the order are taken when they come again under their key and the order is known', async () => {
    count += 1;
    const order = dispatch(`PO-H${count}`, { supplierNumber: 'SUP-150' }, ITEM);
    const once = key();
    await fails(api.client.receiveAcknowledgement({ body: answer(order) }, { idempotencyKey: once }), 'not-found', 'unknown-order');
    await fails(api.client.receiveAcknowledgement({ body: answer(order) }, { idempotencyKey: once }), 'not-found', 'unknown-order');
    await api.client.sendOrder({ body: order });
    const kept = await api.client.receiveAcknowledgement({ body: answer(order) }, { idempotencyKey: once });
    assert.deepEqual([kept.status, kept.problem], ['announced', undefined]);
    const { items } = await api.client.listDocuments({ orderNumber: order.orderNumber });
    assert.deepEqual(items.map(({ documentId }) => documentId), [kept.documentId]);
  });

  it('that answer a line that was not ordered are refused with the place', async () => {
    const order = await ordered();
    const failure = await fails(api.client.receiveAcknowledgement({ body: answer(order, { lines: [{ line: 3, outcome: 'accepted' }] }) }), 'refused', 'unknown-line');
    assert.match(failure.message, /\/lines\/0: the order has no line 3/);
  });

  it('that hold a NUL are refused, as all that does not keep the contract', async () => {
    const order = await ordered();
    await fails(api.client.receiveAcknowledgement({ body: answer(order, { lines: [{ line: 1, outcome: 'rejected', reason: 'no\0ne' }] }) }), 'invalid-request', 'text-not-storable');
    assert.deepEqual((await api.client.listDocuments({ orderNumber: order.orderNumber })).items, []);
  });

  it('that differ from the order are not called accepted', async () => {
    const order = await ordered();
    await api.client.receiveAcknowledgement({ body: answer(order, { lines: [{ line: 1, outcome: 'accepted', quantity: 5, unitPrice: '9.00' }] }) });
    await api.client.receiveAcknowledgement({ body: answer(order, { number: 'ACK-2', lines: [{ line: 1, outcome: 'changed', quantity: 6, unitPrice: '9.000' }] }) });
    await api.client.receiveAcknowledgement({ body: answer(order, { number: 'ACK-3', lines: [{ line: 1, outcome: 'backordered', promisedOn: '2026-12-24', unitPrice: '9.50' }] }) });
    assert.deepEqual((await api.events(order.orderNumber, 'order.acknowledged.v1')).map(({ lines }) => lines[0]), [
      { line: 1, outcome: 'changed', quantity: 5 }, { line: 1, outcome: 'accepted' }, { line: 1, outcome: 'backordered', promisedOn: '2026-12-24', unitPrice: '9.50' },
    ]);
  });

  it('come from whom the token speaks for: no other supplier, exchange or service may hand them in, and nothing is kept', async () => {
    const order = await ordered();
    const documents = [['/acknowledgements', answer(order)], ['/ship-notices', notice(order)], ['/invoices', invoice(order)]] as const;
    for (const [path, body] of documents) {
      for (const as of [undefined, supplier('SUP-100'), EXCHANGE]) {
        const { status, text } = await api.request('POST', path, { ...(as ? { as } : {}), headers: { 'content-type': 'application/json', 'idempotency-key': key() }, body: JSON.stringify(body) });
        assert.deepEqual([path, as?.subject, status, (JSON.parse(text) as { code: string }).code], [path, as?.subject, 403, 'not-the-supplier']);
      }
    }
    await fails(api.service.receiveInvoice({ body: invoice(order) }), 'forbidden', 'not-the-supplier');
    for (const as of [null, supplier('SUP-150'), { ...EXCHANGE, bindings: { ...EXCHANGE.bindings, supplier: 'SUP-150' } }]) {
      const { status, text } = await api.handIn('ISA*00*', as);
      assert.deepEqual([status, (JSON.parse(text) as { code: string }).code], [403, 'no-exchange']);
    }
    assert.deepEqual((await api.service.listDocuments({ orderNumber: order.orderNumber })).items, []);
  });

  it('do not pass the contract with what it does not know', async () => {
    const order = await ordered();
    const send = (body: object) => api.request('POST', '/invoices', { as: supplier('SUP-150'), headers: { 'content-type': 'application/json', 'idempotency-key': key() }, body: JSON.stringify(body) });
    for (const body of [{ ...invoice(order), paid: true }, { ...invoice(order), total: 54 }, { ...invoice(order), lines: [] }, invoice(order, { currency: 'usd' })]) assert.equal((await send(body)).status, 400);
    assert.equal((await api.request('POST', '/invoices', { as: supplier('SUP-150'), headers: { 'content-type': 'application/json' }, body: JSON.stringify(invoice(order)) })).status, 400, 'a key is needed');
    assert.deepEqual(await api.events(order.orderNumber, 'invoice.received.v1'), []);
  });

  it('are kept once each, however often and however close together they come', async () => {
    const order = await ordered();
    const once = key();
    const unknown = { ...order, orderNumber: 'PO-NEVER' };
    await Promise.all(Array.from({ length: 4 }, () => api.client.receiveShipNotice({ body: notice(order) })));
    await Promise.allSettled(Array.from({ length: 3 }, () => api.client.receiveInvoice({ body: invoice(unknown) }, { idempotencyKey: once })));
    const [bodies] = await api.database.query(
      `select count(*) filter (where d.id is null) as "ofNobody", count(*) - count(distinct d.id) as "more" from chassis.payloads p left join procurement_network.documents d on d.body = p.reference where p.purpose = 'supplier-document'`);
    assert.deepEqual(bodies, { ofNobody: 0, more: 0 });
  });
});
