import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CASCADE, interchange850, order850, post } from './network-edi-support.ts';
import { call, networkForTest, order, purchaseOrder, signOn, until } from './network-support.ts';

describe('the control of the procurement network', () => {
  let network: Awaited<ReturnType<typeof networkForTest>>;

  before(async () => {
    network = await networkForTest();
  });
  after(() => network.dispose());

  const put = (path: string, body: unknown) => call('PUT', `${network.url}/control${path}`, body);
  const pending = async () => (await call<Record<string, number>>('GET', `${network.url}/control/pending`)).body;

  test('sets the behaviour for one exact reference, and takes it back', async () => {
    assert.equal((await put('/behaviours/REQ-1', { behaviour: 'backorder' })).status, 200);
    assert.equal((await put('/behaviours/REQ-1', { behaviour: 'reject-line', itemNumber: 'IMP-1001' })).status, 200);
    assert.equal((await put('/behaviours/REQ-1', { behaviour: 'be nice' })).status, 400);
    const { body } = await call('GET', `${network.url}/control`);
    assert.deepEqual(body['overrides'], [
      { reference: 'REQ-1', behaviour: 'backorder' },
      { reference: 'REQ-1', behaviour: 'reject-line', itemNumber: 'IMP-1001' },
    ]);
    assert.equal((await call('DELETE', `${network.url}/control/behaviours/REQ-1`)).status, 204);
    assert.deepEqual((await call('GET', `${network.url}/control`)).body['overrides'], []);
  });

  test('makes Coupa and the value-added network fail apart from each other, and never the dock', async () => {
    const coupa = await signOn(network);
    await put('/faults/coupa', { mode: { kind: 'failing', status: 503, rate: 1 } });
    assert.equal((await fetch(`${network.url}/api/suppliers`)).status, 503);
    assert.equal((await post(network.url, CASCADE.number, interchange850('1', [order850('PO-F', 'REQ-F')]))).ta1?.verdict, 'A');
    assert.equal((await call('GET', `${network.url}/dock/deliveries`)).status, 200);
    await put('/faults/coupa', { mode: { kind: 'none' } });
    assert.equal((await coupa.get('/suppliers')).status, 200);

    await put('/faults/van', { mode: { kind: 'down' } });
    await assert.rejects(post(network.url, CASCADE.number, interchange850('2', [order850('PO-G', 'REQ-G')])));
    assert.equal((await coupa.get('/suppliers')).status, 200);
    await put('/faults/van', { mode: { kind: 'none' } });
    assert.equal((await put('/faults/elsewhere', { mode: { kind: 'none' } })).status, 400);
    assert.equal((await put('/faults/coupa', { mode: { kind: 'slow' } })).status, 400);
  });

  test('pauses one supplier and lets the others work', async () => {
    await until(async () => (await pending())['openTasks'] === 0);
    const coupa = await signOn(network);
    for (const reference of ['REQ-P', 'REQ-Q']) await put(`/behaviours/${reference}`, { behaviour: 'deliver-in-full' });
    assert.equal((await put('/suppliers/SUP-100', { paused: true })).status, 200);
    await order(coupa, purchaseOrder('PO-P', 'REQ-P'));
    await order(coupa, purchaseOrder('PO-Q', 'REQ-Q', { supplier: { number: 'SUP-110' } }, { item: { 'item-number': 'IMP-1104' } }));
    await until(async () => (await coupa.get('/invoices?po-number=PO-Q')).body.length === 1);
    assert.equal((await coupa.get('/order_header_confirmations?po-number=PO-P')).body.length, 0);
    await put('/suppliers/SUP-100', { paused: false });
    await until(async () => (await coupa.get('/invoices?po-number=PO-P')).body.length === 1);
    assert.equal((await put('/suppliers/SUP-999', { paused: true })).status, 400);
  });

  test('scales the time of suppliers', async () => {
    const coupa = await signOn(network);
    await until(async () => (await pending())['openTasks'] === 0);
    assert.equal((await put('/delays', { msPerHour: 3_600_000 })).status, 200);
    await order(coupa, purchaseOrder('PO-SLOW', 'REQ-SLOW'));
    assert.equal((await pending())['openTasks'], 1);
    assert.equal((await coupa.get('/order_header_confirmations?po-number=PO-SLOW')).body.length, 0);
    assert.equal((await put('/delays', { msPerHour: -1 })).status, 400);
  });
});
