import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { invoicesSent, ordersUnderstood } from '../../sandbox/network/books.ts';
import { BEHAVIOURS, behaviourOf } from '../../sandbox/network/suppliers/behaviour.ts';
import type { Behaviour } from '../../sandbox/network/suppliers/behaviour.ts';
import { call, networkForTest, order, purchaseOrder, signOn, until } from './network-support.ts';
import type { Coupa, CoupaRecord, Json } from './network-support.ts';

type Lines = Record<string, string | null>[];
interface DockDelivery { id: number; poNumber: string; facility: string; received: boolean; lines: Lines }

describe('suppliers that act in the simulated Coupa', () => {
  let network: Awaited<ReturnType<typeof networkForTest>>;
  let coupa: Coupa;
  let count = 0;

  before(async () => {
    network = await networkForTest();
    coupa = await signOn(network);
  });
  after(() => network.dispose());

  const place = async (behaviour: Behaviour, line: Json = {}, change: Json = {}) => {
    count += 1;
    const poNumber = `PO-${behaviour}-${count}`;
    await network.control.setBehaviour(`REQ-${count}`, behaviour);
    return { poNumber, order: await order(coupa, purchaseOrder(poNumber, `REQ-${count}`, change, line)) };
  };
  const some = (path: string, poNumber: string, atLeast = 1) =>
    until(async () => {
      const { body } = await coupa.get(`${path}?po-number=${encodeURIComponent(poNumber)}&order_by=id`);
      return body.length >= atLeast && body;
    });
  const confirmations = (poNumber: string, atLeast = 1) => some('/order_header_confirmations', poNumber, atLeast);
  const shipNotices = (poNumber: string, atLeast = 1) => some('/asn/headers', poNumber, atLeast);
  const invoices = (poNumber: string, atLeast = 1) => some('/invoices', poNumber, atLeast);
  const deliveries = (poNumber: string, atLeast = 1) =>
    until(async () => {
      const { body } = await call<{ deliveries: DockDelivery[] }>('GET', `${network.url}/dock/deliveries?status=arrived`);
      const found = body.deliveries.filter((each) => each.poNumber === poNumber);
      return found.length >= atLeast && found;
    });
  const linesOf = (record: CoupaRecord | undefined, name: string) => (record?.[name] ?? []) as Lines;
  const quantities = (lines: Lines) => lines.map((line) => Number(line['quantity']));
  const confirmed = (record: CoupaRecord | undefined) => linesOf(record, 'order-line-confirmations')[0];
  const settled = (poNumber: string) =>
    until(async () => {
      const { body } = await call<{ openTasks: number }>('GET', `${network.url}/control/orders/${encodeURIComponent(poNumber)}`);
      return body.openTasks === 0;
    });

  test('accept, ship with lot and expiry, deliver to the dock and invoice what was ordered', async () => {
    const { poNumber } = await place('deliver-in-full');
    const [confirmation] = await confirmations(poNumber);
    assert.equal(confirmation?.status, 'confirmed');
    assert.deepEqual([confirmed(confirmation)?.['action'], confirmed(confirmation)?.['price']], ['accept', '1450.00']);
    const [asn] = await shipNotices(poNumber);
    const [line] = linesOf(asn, 'lines');
    assert.match(String(line?.['lot-number']), /^L[0-9A-Z]{7}$/);
    assert.match(String(line?.['expiration-date']), /^\d{4}-/);
    assert.equal(line?.['gtin'], '08717648200274');
    const [delivery] = await deliveries(poNumber);
    assert.deepEqual([delivery?.facility, quantities(delivery?.lines ?? [])], ['MAIN', [4]]);
    assert.equal(delivery?.lines[0]?.['lot'], line?.['lot-number']);
    const [invoice] = await invoices(poNumber);
    assert.deepEqual([invoice?.['gross-total'], linesOf(invoice, 'invoice-lines')[0]?.['po-number']], ['5800.00', poNumber]);
    await settled(poNumber);
    assert.equal((await invoices(poNumber)).length, 1);
    const [now] = (await coupa.get(`/purchase_orders?po-number=${poNumber}`)).body;
    assert.equal(now?.['acknowledged-flag'], true);
  });

  test('give each piece of a serial-controlled item its own serial number', async () => {
    const { poNumber } = await place(
      'deliver-in-full',
      { item: { 'item-number': 'IMP-1103' }, price: '5480.00', quantity: '3' },
      { supplier: { number: 'SUP-110' } },
    );
    const [delivery] = await deliveries(poNumber);
    const serials = delivery?.lines.map((line) => line['serial']);
    assert.deepEqual(quantities(delivery?.lines ?? []), [1, 1, 1]);
    assert.equal(new Set(serials).size, 3);
    assert.ok(serials?.every((serial) => /^S[0-9A-Z]{7}$/.test(String(serial))));
  });

  test('short-ship, send the rest later, and invoice each shipment', async () => {
    const { poNumber } = await place('short-shipment-two-invoices', { quantity: '10' });
    const notices = await shipNotices(poNumber, 2);
    const parts = notices.flatMap((notice) => quantities(linesOf(notice, 'lines')));
    assert.equal(parts.length, 2);
    assert.equal((parts[0] ?? 0) + (parts[1] ?? 0), 10);
    assert.ok((parts[0] ?? 0) >= 1 && (parts[0] ?? 0) < 10);
    assert.equal((await deliveries(poNumber, 2)).length, 2);
    const bills = await invoices(poNumber, 2);
    assert.deepEqual(bills.flatMap((bill) => quantities(linesOf(bill, 'invoice-lines'))), parts);
  });

  test('short-ship and invoice once, when the rest has left', async () => {
    const { poNumber } = await place('short-shipment-one-invoice', { quantity: '10' });
    const bills = await invoices(poNumber);
    await deliveries(poNumber, 2);
    await settled(poNumber);
    assert.deepEqual((await invoices(poNumber)).flatMap((bill) => quantities(linesOf(bill, 'invoice-lines'))), [10]);
    assert.equal(bills.length, 1);
  });

  test('offer a substitute, wait, and ship it once the buyer has changed the order to it', async () => {
    const { poNumber, order: placed } = await place('substitute');
    const [offer] = await confirmations(poNumber);
    assert.equal(offer?.status, 'pending_buyer_review');
    assert.deepEqual(
      [confirmed(offer)?.['action'], confirmed(offer)?.['item'], confirmed(offer)?.['price']],
      ['change_item', { 'item-number': 'IMP-1002' }, '1390.00'],
    );
    await settled(poNumber);
    assert.equal((await coupa.get(`/asn/headers?po-number=${poNumber}`)).body.length, 0);

    const changed = await coupa.send('PUT', `/purchase_orders/${placed.id}`, {
      'order-lines': [{ 'line-num': '1', item: { 'item-number': 'IMP-1002' }, price: '1390.00' }],
    });
    assert.equal(changed.body['version'], 2);
    const [superseded, agreed] = await confirmations(poNumber, 2);
    assert.deepEqual([superseded?.status, agreed?.status], ['superseded', 'confirmed']);
    const [delivery] = await deliveries(poNumber);
    assert.equal(delivery?.lines[0]?.['itemNumber'], 'IMP-1002');
    const [invoice] = await invoices(poNumber);
    assert.equal(invoice?.['gross-total'], '5560.00');
  });

  test('reject the line when the buyer insists on the item that cannot be had', async () => {
    const { poNumber, order: placed } = await place('substitute');
    await confirmations(poNumber);
    await coupa.send('PUT', `/purchase_orders/${placed.id}`, { 'order-lines': [{ 'line-num': '1', item: { 'item-number': 'IMP-1001' } }] });
    const [, answer] = await confirmations(poNumber, 2);
    assert.deepEqual([answer?.status, confirmed(answer)?.['action']], ['rejected', 'reject']);
    await settled(poNumber);
    assert.equal((await coupa.get(`/asn/headers?po-number=${poNumber}`)).body.length, 0);
  });

  test('ask for a higher price and ship when the buyer accepts the confirmation, which raises the order itself', async () => {
    const { poNumber, order: placed } = await place('price-higher-on-acknowledgement');
    const [offer] = await confirmations(poNumber);
    const asked = String(confirmed(offer)?.['price']);
    assert.ok(Number(asked) > 1450 && Number(asked) <= 1450 * 1.15 + 0.01);
    const accepted = await coupa.send('POST', `/order_header_confirmations/${offer?.id}/accept_header`);
    assert.deepEqual([accepted.status, accepted.body.status], [200, 'confirmed']);
    assert.equal((await coupa.send('POST', `/order_header_confirmations/${offer?.id}/accept_header`)).status, 422);
    const [invoice] = await invoices(poNumber);
    assert.equal(linesOf(invoice, 'invoice-lines')[0]?.['price'], asked);
    const now = await coupa.get<CoupaRecord>(`/purchase_orders/${placed.id}`);
    assert.deepEqual([now.body['version'], linesOf(now.body, 'order-lines')[0]?.['price']], [2, asked]);
  });

  test('give in when the buyer insists on the ordered price', async () => {
    const { poNumber, order: placed } = await place('price-higher-on-acknowledgement');
    await confirmations(poNumber);
    await coupa.send('PUT', `/purchase_orders/${placed.id}`, { 'order-lines': [{ 'line-num': '1', price: '1450.00' }] });
    const [invoice] = await invoices(poNumber);
    assert.equal(linesOf(invoice, 'invoice-lines')[0]?.['price'], '1450.00');
  });

  test('ship nothing of a proposal that the buyer turns down, which needs a reason', async () => {
    const { poNumber, order: placed } = await place('price-higher-on-acknowledgement');
    const [offer] = await confirmations(poNumber);
    const path = `/order_header_confirmations/${offer?.id}/reject_header`;
    assert.equal((await coupa.send('POST', path, {})).status, 422);
    assert.equal((await coupa.send('POST', path, { 'reason-insight-events': [{ comment: 'Too dear' }] })).body.status, 'rejected_by_buyer');
    await settled(poNumber);
    assert.equal((await coupa.get(`/asn/headers?po-number=${poNumber}`)).body.length, 0);
    const now = await coupa.get<CoupaRecord>(`/purchase_orders/${placed.id}`);
    assert.equal(linesOf(now.body, 'order-lines')[0]?.['status'], 'cancelled');
  });

  test('acknowledge the price and invoice a higher one', async () => {
    const { poNumber } = await place('price-higher-on-invoice');
    assert.equal(confirmed((await confirmations(poNumber))[0])?.['price'], '1450.00');
    const [invoice] = await invoices(poNumber);
    assert.ok(Number(linesOf(invoice, 'invoice-lines')[0]?.['price']) > 1450);
  });

  test('promise a later date and deliver', async () => {
    const { poNumber } = await place('backorder');
    const line = confirmed((await confirmations(poNumber))[0]);
    assert.deepEqual([line?.['action'], line?.['status']], ['backorder', 'backordered']);
    assert.ok(String(line?.['promised-date']) > '2026-12-01');
    assert.deepEqual(quantities((await deliveries(poNumber))[0]?.lines ?? []), [4]);
  });

  test('reject a line and deliver the others', async () => {
    count += 1;
    const reference = `REQ-${count}`;
    await network.control.setBehaviour(reference, 'deliver-in-full');
    await network.control.setBehaviour(reference, 'reject-line', 'IMP-1003');
    const lines = ['IMP-1001', 'IMP-1003'].map((number, index) => ({
      'line-num': String(index + 1), item: { 'item-number': number }, quantity: '2', price: '10.00', uom: { code: 'EA' },
    }));
    await order(coupa, purchaseOrder('PO-TWO-LINES', reference, { 'order-lines': lines }));
    const [confirmation] = await confirmations('PO-TWO-LINES');
    assert.deepEqual(linesOf(confirmation, 'order-line-confirmations').map((line) => line['action']), ['accept', 'reject']);
    const [delivery] = await deliveries('PO-TWO-LINES');
    assert.deepEqual(delivery?.lines.map((line) => line['itemNumber']), ['IMP-1001']);
  });

  test('reject a whole order', async () => {
    const { poNumber } = await place('reject-order');
    const [confirmation] = await confirmations(poNumber);
    assert.deepEqual([confirmation?.status, confirmed(confirmation)?.['action']], ['rejected', 'reject']);
  });

  test('send an invoice a second time under the same number', async () => {
    const { poNumber } = await place('invoice-resent');
    const [first, second] = await invoices(poNumber, 2);
    assert.equal(second?.['invoice-number'], first?.['invoice-number']);
    assert.equal(second?.['gross-total'], first?.['gross-total']);
    assert.notEqual(second?.id, first?.id);
  });

  test('send an invoice a second time under a number that looks like the first', async () => {
    const { poNumber } = await place('invoice-near-duplicate');
    const [first, second] = await invoices(poNumber, 2);
    const plain = (record: CoupaRecord | undefined) => Number(String(record?.['invoice-number']).replace(/\D/g, ''));
    assert.notEqual(second?.['invoice-number'], first?.['invoice-number']);
    assert.equal(plain(second), plain(first));
  });

  test('ship a few too many, and invoice either what was ordered or all of it', async () => {
    const free = await place('over-delivery');
    const billed = await place('over-delivery-billed');
    for (const [{ poNumber }, surplusIsBilled] of [[free, false], [billed, true]] as const) {
      const arrived = quantities((await deliveries(poNumber))[0]?.lines ?? [])[0] ?? 0;
      assert.ok(arrived > 4 && arrived <= 7);
      const [invoice] = await invoices(poNumber);
      assert.deepEqual(quantities(linesOf(invoice, 'invoice-lines')), [surplusIsBilled ? arrived : 4]);
    }
  });

  test('ship a part, bill that and forget the rest', async () => {
    const { poNumber } = await place('short-shipment-only');
    await deliveries(poNumber);
    await settled(poNumber);
    const came = (await deliveries(poNumber)).map((delivery) => quantities(delivery.lines));
    assert.equal(came.length, 1);
    assert.ok(came[0]![0]! < 4);
    assert.deepEqual((await invoices(poNumber)).map((invoice) => quantities(linesOf(invoice, 'invoice-lines'))), came);
  });

  test('ship a few more in a box of their own, which nobody is billed for', async () => {
    const { poNumber } = await place('over-delivery-apart');
    const [ordered, surplus] = await deliveries(poNumber, 2);
    assert.deepEqual(quantities(ordered?.lines ?? []), [4]);
    assert.ok(quantities(surplus?.lines ?? [])[0]! <= 3);
    await settled(poNumber);
    assert.deepEqual((await invoices(poNumber)).map((invoice) => quantities(linesOf(invoice, 'invoice-lines'))), [[4]]);
  });

  test('ship nothing of an order that was cancelled in time, and confirm the cancellation', async () => {
    await network.control.pauseSupplier('SUP-100');
    const { poNumber, order: placed } = await place('deliver-in-full');
    const cancelled = await coupa.send('PUT', `/purchase_orders/${placed.id}/cancel`);
    assert.equal(cancelled.body.status, 'cancelled');
    await network.control.resumeSupplier('SUP-100');
    const [confirmation] = await confirmations(poNumber);
    assert.equal(confirmed(confirmation)?.['action'], 'cancel');
    await settled(poNumber);
    assert.equal((await coupa.get(`/asn/headers?po-number=${poNumber}`)).body.length, 0);
  });

  test('show documents until they are marked as exported', async () => {
    const { poNumber } = await place('deliver-in-full');
    for (const [path, flag] of [['/order_header_confirmations', 'exported'], ['/asn/headers', 'export-flag'], ['/invoices', 'exported']] as const) {
      const [record] = await some(path, poNumber);
      const unexported = async () => (await coupa.get(`${path}?exported=false&po-number=${poNumber}`)).body.length;
      assert.equal(record?.[flag], false);
      assert.equal(await unexported(), 1);
      const marked = await coupa.send('PUT', `${path}/${record?.id}`, { [flag]: true });
      assert.equal(marked.body[flag], true);
      assert.equal(await unexported(), 0);
      assert.equal((await coupa.send('PUT', `${path}/${record?.id}`, { status: 'approved' })).status, 422);
    }
  });

  test('leave deliveries on the dock until the clerk has received them', async () => {
    const { poNumber } = await place('deliver-in-full');
    const [delivery] = await deliveries(poNumber);
    const received = await call('PUT', `${network.url}/dock/deliveries/${delivery?.id}/received`);
    assert.equal(received.body['received'], true);
    const again = await call('PUT', `${network.url}/dock/deliveries/${delivery?.id}/received`);
    assert.equal(again.body['receivedAt'], received.body['receivedAt']);
    const waiting = await call<{ deliveries: DockDelivery[] }>('GET', `${network.url}/dock/deliveries?status=arrived`);
    assert.ok(waiting.body.deliveries.every((each) => each.poNumber !== poNumber));
    assert.equal((await call('PUT', `${network.url}/dock/deliveries/999999/received`)).status, 404);
  });

  test('take back what the dock refuses, and are owed nothing for it', async () => {
    const { poNumber, order: placed } = await place('deliver-in-full');
    const [delivery] = await deliveries(poNumber);
    await invoices(poNumber);
    await settled(poNumber);
    assert.equal((await coupa.send('PUT', `/purchase_orders/${placed.id}/cancel`)).body.status, 'cancelled');
    const returned = await call('PUT', `${network.url}/dock/deliveries/${delivery?.id}/returned`);
    assert.notEqual(returned.body['returnedAt'], null);
    const again = await call('PUT', `${network.url}/dock/deliveries/${delivery?.id}/returned`);
    assert.equal(again.body['returnedAt'], returned.body['returnedAt']);
    const database = new pg.Pool({ connectionString: network.databaseUrl, max: 1 });
    const [line] = (await ordersUnderstood(database)).filter((each) => each.poNumber === poNumber);
    const [bill] = (await invoicesSent(database)).filter((each) => each.poNumber === poNumber);
    await database.end();
    assert.deepEqual([line?.lineState, Number(line?.shippedQuantity), bill?.kind], ['cancelled', 0, 'unowed']);
    assert.equal((await call('PUT', `${network.url}/dock/deliveries/999999/returned`)).status, 404);
  });
});

test('the shares of the behaviours add up, and are met over many references', () => {
  const names = Object.keys(BEHAVIOURS) as Behaviour[];
  assert.equal(names.reduce((sum, name) => sum + BEHAVIOURS[name].perMille, 0), 1000);
  const references = Array.from({ length: 20_000 }, (_, index) => `REQ-${index}`);
  const drawn = references.map((reference) => behaviourOf(1, reference, 'IMP-1001'));
  for (const name of names) {
    const share = drawn.filter((each) => each === name).length / references.length;
    assert.ok(Math.abs(share * 1000 - BEHAVIOURS[name].perMille) < 12, `${name} was drawn ${share * 1000} times in a thousand`);
  }
});

test('a behaviour depends on seed, reference and item, and on nothing else', () => {
  const draw = (seed: number) => Array.from({ length: 500 }, (_, index) => behaviourOf(seed, `REQ-${index}`, 'CON-3001'));
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  assert.notDeepEqual(draw(1), Array.from({ length: 500 }, (_, index) => behaviourOf(1, `REQ-${index}`, 'CON-3002')));
});
