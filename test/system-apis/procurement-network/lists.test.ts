import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { masterData } from '../../../sandbox/hospital/master-data.ts';
import { fails } from './channel-conformance.ts';
import { dispatch, startApi, type ApiUnderTest } from './platform.ts';

const ITEM = { itemNumber: 'CON-3006', unit: 'BX', unitPrice: '9.00', quantity: 6 };

/** Follows `next` to the end. */
async function pages<T>(list: (cursor: string | undefined) => Promise<{ items: T[]; next?: string }>): Promise<T[][]> {
  const all: T[][] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    all.push(page.items);
    cursor = page.next;
    assert.ok(all.length < 100, 'the pages come to an end');
  } while (cursor !== undefined);
  return all;
}

const forged = (...position: string[]) => Buffer.from(JSON.stringify(position)).toString('base64url');

describe('lists', () => {
  let api: ApiUnderTest;
  const numbers = Array.from({ length: 23 }, (_, index) => `PO-L${index}`);

  before(async () => {
    api = await startApi({ connected: false });
    await Promise.all(numbers.map((orderNumber) => api.client.sendOrder({ body: dispatch(orderNumber, { supplierNumber: 'SUP-150' }, ITEM) })));
    await api.client.sendOrder({ body: dispatch('PO-OTHER') });
  });
  after(() => api?.stop());

  describe('of orders', () => {
    const read = (input: Parameters<ApiUnderTest['client']['listOrders']>[0]) => api.client.listOrders(input);

    it('come page by page in the order of sending, each order once', async () => {
      const found = await pages((cursor) => read({ supplierNumber: 'SUP-150', limit: 10, ...(cursor ? { cursor } : {}) }));
      assert.deepEqual(found.map((page) => page.length), [10, 10, 3]);
      const all = found.flat();
      assert.deepEqual(all.map(({ orderNumber }) => orderNumber).toSorted(), numbers.toSorted());
      const moments = all.map(({ sentAt }) => sentAt);
      assert.deepEqual(moments, [...new Set(moments)].toSorted(), 'no two of a supplier at the same moment');
    });

    it('are those of one supplier, or of all', async () => {
      assert.ok((await read({ limit: 200 })).items.some(({ orderNumber }) => orderNumber === 'PO-OTHER'));
      assert.deepEqual((await read({ supplierNumber: 'SUP-140' })).items, []);
    });

    it('read on from a moment miss nothing and repeat nothing, while others are sent', async () => {
      const [first] = (await read({ supplierNumber: 'SUP-150', limit: 1 })).items;
      const seen = new Set<string>();
      let after = first!.sentAt;
      const senders = Promise.all(Array.from({ length: 20 }, (_, index) => api.client.sendOrder({ body: dispatch(`PO-WHILE-${index}`, { supplierNumber: 'SUP-150' }, ITEM) })));
      let isSent = false;
      senders.then(() => { isSent = true; }, () => { isSent = true; });
      for (let last = false; ; last = isSent) {
        const { items } = await read({ supplierNumber: 'SUP-150', sentAfter: after, limit: 7 });
        for (const { orderNumber, sentAt } of items) {
          assert.ok(!seen.has(orderNumber), `${orderNumber} came twice`);
          seen.add(orderNumber);
          after = sentAt;
        }
        if (items.length === 0 && last) break;
      }
      await senders;
      assert.equal(seen.size, numbers.length - 1 + 20);
    });

    it('show a changed and a withdrawn order again, as it is now', async () => {
      const all = (await read({ supplierNumber: 'SUP-150', limit: 200 })).items;
      const after = all.at(-1)!.sentAt;
      const body = dispatch('PO-L3', { supplierNumber: 'SUP-150' }, { ...ITEM, quantity: 2 });
      await api.client.reviseOrder({ orderNumber: 'PO-L3', body });
      await api.client.withdrawOrder({ orderNumber: 'PO-L4' });
      const { items } = await read({ supplierNumber: 'SUP-150', sentAfter: after });
      assert.deepEqual(items.map(({ orderNumber, revision, status, lines }) => [orderNumber, revision, status, lines[0]!.quantity]), [['PO-L3', 1, 'sent', 2], ['PO-L4', 0, 'withdrawn', 6]]);
      assert.equal((await read({ supplierNumber: 'SUP-150', limit: 200 })).items.length, all.length);
    });

    it('are sent at rising moments, also when the clock was put back', async () => {
      await api.database.query(`update procurement_network.dispatched_orders set sent_at = '2099-01-01T00:00:00.999Z' where order_number = 'PO-L5'`);
      const { sentAt } = await api.client.sendOrder({ body: dispatch('PO-PUT-BACK', { supplierNumber: 'SUP-150' }, ITEM) });
      assert.equal(sentAt, '2099-01-01T00:00:01.000Z');
    });

    it('take no cursor that is not theirs', async () => {
      for (const cursor of ['nonsense', forged('2026-11-20T08:00:00.000Z'), forged('yesterday', 'PO-1'), forged('2026-11-20T08:00:00.000Z', ' or 1=1'), forged('2026-99-20T08:00:00.000Z', 'PO-1')]) await fails(read({ cursor }), 'invalid-request');
      await fails(read({ sentAfter: '2026-12-31T23:59:60Z' }), 'invalid-request');
      await fails(read({ limit: 201 }), 'invalid-request');
    });
  });

  describe('of documents', () => {
    before(async () => {
      for (const [index, orderNumber] of numbers.slice(10).entries()) {
        await api.client.receiveInvoice({ body: { supplierNumber: 'SUP-150', orderNumber, number: `INV-${index}`, invoicedOn: '2026-11-21', currency: 'USD', total: '54.00', lines: [{ line: 1, itemNumber: 'CON-3006', quantity: 6, unit: 'BX', unitPrice: '9.00', amount: '54.00' }] } });
      }
      // One transaction gives its documents one moment.
      await api.database.query('update procurement_network.documents set received_at = now() where supplier_number = $1', ['SUP-150']);
    });

    it('come page by page, newest first, each document once, also when they came at the same moment', async () => {
      const found = await pages((cursor) => api.client.listDocuments({ kind: 'invoice', supplierNumber: 'SUP-150', limit: 5, ...(cursor ? { cursor } : {}) }));
      assert.deepEqual(found.map((page) => page.length), [5, 5, 3]);
      assert.equal(new Set(found.flat().map(({ documentId }) => documentId)).size, 13);
      const { documentId } = await api.client.receiveAcknowledgement({ body: { supplierNumber: 'SUP-150', orderNumber: 'PO-L0', number: 'ACK-1', acknowledgedAt: '2026-11-20T09:00:00Z', lines: [{ line: 1, outcome: 'accepted' }] } });
      assert.equal((await api.client.listDocuments({ supplierNumber: 'SUP-150', limit: 1 })).items[0]!.documentId, documentId);
    });

    it('are found by what is known of them', async () => {
      const { items } = await api.client.listDocuments({ orderNumber: 'PO-L12', supplierNumber: 'SUP-150', kind: 'invoice', status: 'announced' });
      assert.deepEqual(items.map(({ orderNumber, number }) => [orderNumber, number]), [['PO-L12', 'INV-2']]);
      for (const other of [{ kind: 'ship-notice' as const }, { status: 'rejected' as const }, { supplierNumber: 'SUP-130' }]) assert.deepEqual((await api.client.listDocuments({ orderNumber: 'PO-L12', ...other })).items, []);
    });

    it('take no cursor that is not theirs, and know no document of another id', async () => {
      for (const cursor of [forged('2026-11-20T08:00:00.000000Z', 'PO-1'), forged()]) await fails(api.client.listDocuments({ cursor }), 'invalid-request');
      await fails(api.client.getDocument({ documentId: '00000000-0000-4000-8000-000000000000' }), 'not-found', 'unknown-document');
    });
  });

  describe('of the catalogue', () => {
    it('come page by page to the end, with what is valid today and nothing else', async () => {
      const found = (await pages((cursor) => api.client.listCatalogEntries({ limit: 7, ...(cursor ? { cursor } : {}) }))).flat();
      const active = masterData.items.filter(({ supplier }) => masterData.suppliers.find(({ number }) => number === supplier)!.status === 'active');
      assert.deepEqual(found.map(({ itemNumber }) => itemNumber).toSorted(), active.map(({ number }) => number).toSorted());
      assert.deepEqual(found.filter(({ validTo }) => validTo! < new Date().toISOString()), []);
    });

    it('are searched by words of the description and by the supplier\'s part number', async () => {
      const { items } = await api.client.listCatalogEntries({ text: 'STENT' });
      assert.ok(items.length >= 2 && items.every(({ description }) => /stent/i.test(description!)));
      const [stent] = items;
      const { items: same } = await api.client.listCatalogEntries({ text: stent!.supplierItemNumber!, supplierNumber: stent!.supplierNumber });
      assert.ok(same.some(({ itemNumber }) => itemNumber === stent!.itemNumber));
      assert.deepEqual((await api.client.listCatalogEntries({ text: 'no such words' })).items, []);
    });

    it('know the supplier that is asked for, and say when there is none', async () => {
      await fails(api.client.getContractPrice({ supplierNumber: 'SUP-999', itemNumber: 'IMP-1001' }), 'not-found', 'unknown-supplier');
      await fails(api.client.getContractPrice({ supplierNumber: 'SUP-110', itemNumber: 'IMP-1001' }), 'not-found', 'no-contract-price');
    });
  });

  it('of capabilities name the channel of each', async () => {
    const { adapter, capabilities } = await api.client.getCapabilities({});
    assert.equal(adapter, 'coupa, x12, partner');
    assert.equal(capabilities.length, 27);
    assert.ok(capabilities.some(({ name, supported }) => name === 'x12/interchanges' && supported));
    assert.ok(capabilities.some(({ name, supported, reason }) => name === 'partner/contract-prices' && !supported && reason));
  });
});
