import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import type { KnownOrder } from '../../../../../system-apis/procurement-network/orders/known-order.ts';
import type { Sending } from '../../../../../system-apis/procurement-network/port.ts';
import { fails } from '../../channel-conformance.ts';
import { dispatch } from '../../platform.ts';
import { channelOf, startStubVendor, type Asked } from './stub-vendor.ts';

const order = dispatch('PO-1');
const known: KnownOrder = { order, lines: order.lines, isWithdrawn: false };
const first: Sending = { repeated: false, message: () => assert.fail('records carry no numbers of ours'), answered: async () => {} };

const record = (change: object = {}) => ({
  id: 5, 'po-number': 'PO-1', status: 'draft', version: 1, supplier: { number: 'SUP-100' },
  'order-lines': [{ id: 9, 'line-num': '1', status: 'created', item: { 'item-number': 'IMP-1001' }, uom: { code: 'EA' }, quantity: '4.000', price: '1450.0', 'need-by-date': '2026-12-01T00:00:00+00:00' }],
  ...change,
});
const confirmation = (id: number, change: object = {}) => ({
  id, status: 'confirmed', 'created-at': '2026-11-20T08:00:00+00:00', 'order-header': { 'po-number': 'PO-1', supplier: { number: 'SUP-100' } },
  'order-line-confirmations': [{ 'line-num': '1', action: 'accept', status: 'confirmed', item: { 'item-number': 'IMP-1001' }, quantity: '4', price: '1450' }], ...change,
});

describe('the vendor\'s answers', () => {
  let vendor: Awaited<ReturnType<typeof startStubVendor>>;
  let channel: ReturnType<typeof channelOf>;

  beforeEach(async () => {
    vendor = await startStubVendor();
    channel = channelOf(vendor, { patienceMs: 300 });
  });
  afterEach(async () => {
    await channel.close();
    await vendor.close();
  });

  const price = () => channel.catalog!.contractPrice({ supplierNumber: 'SUP-100', itemNumber: 'IMP-1001', on: '2026-11-20' });

  describe('to the sign-on', () => {
    it('are asked for once, however many calls wait for the token', async () => {
      await Promise.all([1, 2, 3, 4].map(() => channel.inbox!.poll(undefined)));
      assert.equal(vendor.tokens, 1);
      assert.deepEqual([...new Set(vendor.asked.map(({ authorization }) => authorization))], ['Bearer token-1']);
    });

    it('are asked for anew when a token is not taken any more, and once only', async () => {
      vendor.answer = ({ authorization }) => (authorization === 'Bearer token-1' ? { status: 401 } : { body: [] });
      await channel.inbox!.poll(undefined);
      assert.equal(vendor.tokens, 2);
      vendor.answer = () => ({ status: 401 });
      await fails(channel.inbox!.poll(undefined), 'unavailable', 'vendor-sign-on-failed');
    });

    for (const [said, answer, kind, code] of [
      ['a refusal', { status: 401, body: { error: 'invalid_client' } }, 'unavailable', 'vendor-sign-on-failed'],
      ['no JSON', { body: '<html>' }, 'upstream-broken', 'vendor-answer-invalid'],
      ['no token', { body: { expires_in: 5 } }, 'upstream-broken', 'vendor-answer-invalid'],
      ['a failure', { status: 500 }, 'unavailable', 'vendor-unavailable'],
    ] as const) {
      it(`are named when they are ${said}, and tried again by the next call`, async () => {
        vendor.tokenAnswer = answer;
        const failure = await fails(channel.inbox!.poll(undefined), kind, code);
        assert.doesNotMatch(failure.message, /geheim/);
        vendor.tokenAnswer = undefined;
        await channel.inbox!.poll(undefined);
      });
    }
  });

  describe('with a status', () => {
    for (const [status, kind, code] of [
      [403, 'unavailable', 'vendor-sign-on-failed'], [500, 'unavailable', 'vendor-failed'], [503, 'unavailable', 'vendor-unavailable'],
      [400, 'upstream-broken', 'vendor-answer-invalid'], [404, 'upstream-broken', 'vendor-answer-invalid'], [302, 'upstream-broken', 'vendor-answer-invalid'],
    ] as const) {
      it(`of ${status} are ${kind}`, async () => {
        vendor.answer = () => ({ status, body: { errors: { base: ['Mr Smith says no'] } } });
        const failure = await fails(price(), kind, code);
        assert.doesNotMatch(failure.message, /Smith/);
      });
    }

    it('of 429 are waited for within our patience, and then told with a moment to come back', async () => {
      let refusals = 1;
      vendor.answer = () => (refusals-- > 0 ? { status: 429, headers: { 'retry-after': '0' } } : { body: [] });
      await channel.withdrawOrder(order, first);
      assert.equal(vendor.asked.length, 2);
      vendor.answer = () => ({ status: 429, headers: { 'retry-after': '7' } });
      const failure = await fails(channel.withdrawOrder(order, first), 'rate-limited', 'vendor-throttles');
      assert.equal(failure.retryAfterMs, 7_000);
      await fails(price(), 'rate-limited', 'vendor-throttles');
      assert.equal(vendor.asked.length, 3, 'all calls hold back after one was throttled');
    });
  });

  describe('that break their own shape are named with the place', () => {
    it('a page that is no list', async () => {
      vendor.answer = () => ({ body: { invoices: [] } });
      const failure = await fails(channel.inbox!.poll(undefined), 'upstream-broken', 'vendor-answer-invalid');
      assert.match(failure.message, /order_header_confirmations is not a list/);
    });

    it('an order without lines', async () => {
      vendor.answer = () => ({ status: 201, body: record({ 'order-lines': 'none' }) });
      const failure = await fails(channel.sendOrder(order, first), 'upstream-broken', 'vendor-answer-invalid');
      assert.match(failure.message, /\/order-lines must be array/);
    });

    it('a refusal that says nothing', async () => {
      vendor.answer = () => ({ status: 422, body: { message: 'no' } });
      await fails(channel.sendOrder(order, first), 'upstream-broken', 'vendor-answer-invalid');
    });

    it('a price that no money can be', async () => {
      const item = { id: 1, item: { 'item-number': 'IMP-1001', name: 'Stent' }, supplier: { number: 'SUP-100' }, 'supplier-part-num': 'HC-1', currency: { code: 'USD' }, uom: { code: 'EA' }, contract: { number: 'CTR-100', status: 'published', 'start-date': '2026-01-01T00:00:00+00:00', 'end-date': null } };
      vendor.answer = () => ({ body: [{ ...item, price: '1.00005' }] });
      await fails(price(), 'upstream-broken', 'vendor-answer-invalid');
    });
  });

  describe('to documents that nobody fetched', () => {
    const pages = (asked: Asked) => ({ body: asked.path === '/api/order_header_confirmations' ? all.filter(({ id }) => id > Number(asked.query.get('id[gt]'))).slice(0, 50) : [] });
    let all: { id: number }[] = [];

    it('are read on by id until a page is short, one resource after the other', async () => {
      all = Array.from({ length: 120 }, (_, index) => confirmation(index + 1));
      vendor.answer = pages;
      const records: string[] = [];
      let after: string | undefined;
      do {
        const page = await channel.inbox!.poll(after);
        records.push(...page.records.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual([records.length, new Set(records).size], [120, 120]);
      assert.deepEqual(vendor.asked.map(({ path, query }) => `${path} ${query.get('exported') ?? query.get('export-flag')} ${query.get('id[gt]')}`), [
        '/api/order_header_confirmations false 0', '/api/order_header_confirmations false 50', '/api/order_header_confirmations false 100', '/api/asn/headers false 0', '/api/invoices false 0',
      ]);
    });

    it('hand a record that cannot be read on as one, beside those that can', async () => {
      all = [confirmation(1, { 'order-line-confirmations': [{ 'line-num': 'one' }] }), confirmation(2)];
      vendor.answer = pages;
      const { records: [broken, good] } = await channel.inbox!.poll(undefined);
      assert.match(broken!.documents[0]!.problem!, /^\/order-line-confirmations\/0/);
      assert.deepEqual(good!.documents[0]!.read!(known).content.lines, [{ line: 1, outcome: 'accepted', quantity: 4, unitPrice: '1450.00' }]);
    });

    it('say which mark each resource has', async () => {
      vendor.answer = () => ({ body: {} });
      await channel.inbox!.confirm('/asn/headers/7');
      await channel.inbox!.confirm('/invoices/8');
      assert.deepEqual(vendor.asked.map(({ method, path, body }) => [method, path, body]), [['PUT', '/api/asn/headers/7', '{"export-flag":true}'], ['PUT', '/api/invoices/8', '{"exported":true}']]);
    });

    it('split a notice for two orders, and reject an invoice for two and a credit note', async () => {
      const line = (po: string, number: string) => ({ 'order-line': { 'order-header-number': po, 'line-num': number }, item: { 'item-number': 'IMP-1001' }, uom: { code: 'EA' }, quantity: '1' });
      const invoice = (id: number, change: object, ...orders: string[]) => ({
        id, 'invoice-number': `INV-${id}`, 'invoice-date': '2026-11-20T00:00:00+00:00', supplier: { number: 'SUP-100' }, currency: { code: 'USD' }, 'gross-total': '10.00',
        'invoice-lines': orders.map((po) => ({ 'po-number': po, 'order-line-num': '1', item: { 'item-number': 'IMP-1001' }, uom: { code: 'EA' }, quantity: '1', price: '5.00', total: '5.00' })), ...change,
      });
      vendor.answer = ({ path }) => ({
        body: path === '/api/asn/headers' ? [{ id: 3, 'asn-number': 'SHP-3', 'ship-date': '2026-11-20T00:00:00+00:00', supplier: { number: 'SUP-100' }, lines: [line('PO-1', '1'), line('PO-2', '1'), line('PO-1', '2')] }]
          : path === '/api/invoices' ? [invoice(1, {}, 'PO-1', 'PO-2'), invoice(2, { 'document-type': 'Credit Note' }, 'PO-1'), invoice(3, { 'invoice-number': ' INV-3 ' }, 'PO-1')] : [],
      });
      const { records: [notice] } = await channel.inbox!.poll('1/0');
      assert.deepEqual(notice!.documents.map(({ source, orderNumber }) => [source, orderNumber]), [['/asn/headers/3#PO-1', 'PO-1'], ['/asn/headers/3#PO-2', 'PO-2']]);
      assert.deepEqual(notice!.documents[0]!.read!(known).content.lines.map(({ line: number }) => number), [1, 2]);
      const { records: [two, credit, plain] } = await channel.inbox!.poll('2/0');
      assert.match(two!.documents[0]!.problem!, /more than one order/);
      assert.match(credit!.documents[0]!.problem!, /credit notes/);
      assert.equal(plain!.documents[0]!.read!(known).content.number, 'INV-3');
    });
  });

  describe('to orders', () => {
    const answers = (...wanted: (readonly [method: string, path: RegExp, answer: object])[]) => {
      const left = [...wanted];
      vendor.answer = ({ method, path, query }) => {
        const [expected, pattern, answer] = left.shift() ?? assert.fail(`nothing more was expected than ${method} ${path}`);
        assert.equal(method, expected);
        assert.match(`${path}?${query}`, pattern);
        return answer;
      };
      return () => assert.equal(left.length, 0, `${left.length} more were expected`);
    };
    const taken = { status: 422, body: { errors: { 'po-number': ['has already been taken'] } } };

    it('that exist already lead to the order that is there', async () => {
      const done = answers(['POST', /purchase_orders/, taken], ['GET', /po-number=PO-1/, { body: [record()] }], ['PUT', /5\/issue/, { body: record({ status: 'issued' }) }]);
      await channel.sendOrder(order, first);
      done();
    });

    it('that exist for another supplier are not issued', async () => {
      const done = answers(['POST', /purchase_orders/, taken], ['GET', /po-number=PO-1/, { body: [record({ supplier: { number: 'SUP-110' } })] }]);
      await fails(channel.sendOrder(order, first), 'conflict', 'order-number-taken');
      done();
    });

    it('that were issued by somebody at the same moment are issued', async () => {
      const wrong = { status: 422, body: { errors: { status: ['cannot issue a purchase order that is issued'] } } };
      const done = answers(['POST', /purchase_orders/, { status: 201, body: record() }], ['PUT', /issue/, wrong], ['GET', /po-number=PO-1/, { body: [record({ status: 'issued' })] }]);
      await channel.sendOrder(order, first);
      done();
    });

    it('whose issue is refused leave no draft behind', async () => {
      const wrong = { status: 422, body: { errors: { base: ['supplier is on hold'] } } };
      const done = answers(
        ['POST', /purchase_orders/, { status: 201, body: record() }], ['PUT', /5\/issue/, wrong], ['GET', /po-number=PO-1/, { body: [record()] }], ['PUT', /5\/cancel/, { body: record({ status: 'cancelled' }) }]);
      await fails(channel.sendOrder(order, first), 'refused');
      done();
    });

    it('that were cancelled there are not issued', async () => {
      const done = answers(['GET', /po-number=PO-1/, { body: [record({ status: 'cancelled' })] }]);
      await fails(channel.sendOrder(order, { ...first, repeated: true }), 'refused', 'order-state');
      done();
    });

    it('that say the same already are left alone', async () => {
      const done = answers(['GET', /po-number=PO-1/, { body: [record({ status: 'issued' })] }], ['GET', /order_header_confirmations/, { body: [] }]);
      await channel.reviseOrder(order, first);
      done();
    });

    it('on which the supplier waits are agreed to when the answer is what it proposed, and changed for the rest', async () => {
      const lines = [record()['order-lines'][0]!, { ...record()['order-lines'][0]!, id: 10, 'line-num': '2' }];
      const before = record({ status: 'issued', 'order-lines': lines });
      const after = record({ status: 'issued', 'order-lines': [{ ...lines[0]!, price: '1500.00' }, lines[1]!] });
      const proposal = confirmation(7, { status: 'pending_buyer_review', 'order-line-confirmations': [
        { 'line-num': '1', action: 'change_price', status: 'pending_buyer_review', item: { 'item-number': 'IMP-1001' }, quantity: '4', price: '1500' },
        { 'line-num': '2', action: 'reject', status: 'rejected', item: { 'item-number': 'IMP-1001' }, quantity: '4', price: '1450' },
      ] });
      const done = answers(
        ['GET', /po-number=PO-1/, { body: [before] }], ['GET', /order_header_confirmations/, { body: [proposal] }], ['POST', /7\/accept_header/, { body: proposal }],
        ['GET', /po-number=PO-1/, { body: [after] }], ['PUT', /purchase_orders\/5/, { body: after }]);
      await channel.reviseOrder({ ...order, lines: [{ ...order.lines[0]!, unitPrice: '1500.00' }] }, first);
      done();
      assert.deepEqual(JSON.parse(vendor.asked.at(-1)!.body), { 'order-lines': [{ 'line-num': '2', status: 'cancelled' }] });
    });

    it('on which the supplier waits are changed when the answer is another', async () => {
      const issued = record({ status: 'issued' });
      const proposal = confirmation(7, { status: 'pending_buyer_review', 'order-line-confirmations': [{ 'line-num': '1', action: 'change_price', status: 'pending_buyer_review', item: { 'item-number': 'IMP-1001' }, quantity: '4', price: '1500' }] });
      const done = answers(['GET', /po-number=PO-1/, { body: [issued] }], ['GET', /order_header_confirmations/, { body: [proposal] }], ['PUT', /purchase_orders\/5/, { body: issued }]);
      await channel.reviseOrder({ ...order, lines: [{ ...order.lines[0]!, unitPrice: '1470.00', quantity: 2 }] }, first);
      done();
      assert.deepEqual(JSON.parse(vendor.asked.at(-1)!.body), { 'order-lines': [{ 'line-num': '1', quantity: '2', price: '1470.00' }] });
    });

    it('whose proposal was answered in the meantime are changed as far as they still differ', async () => {
      const issued = record({ status: 'issued' });
      const proposal = confirmation(7, { status: 'pending_buyer_review', 'order-line-confirmations': [{ 'line-num': '1', action: 'change_price', status: 'pending_buyer_review', item: { 'item-number': 'IMP-1001' }, quantity: '4', price: '1500' }] });
      const done = answers(
        ['GET', /po-number=PO-1/, { body: [issued] }], ['GET', /order_header_confirmations/, { body: [proposal] }], ['POST', /accept_header/, { status: 422, body: { errors: { status: ['is not pending_buyer_review'] } } }],
        ['GET', /po-number=PO-1/, { body: [issued] }], ['PUT', /purchase_orders\/5/, { body: issued }]);
      await channel.reviseOrder({ ...order, lines: [{ ...order.lines[0]!, unitPrice: '1500.00' }] }, first);
      done();
    });

    it('cannot change their units, and cannot be changed when they are not there', async () => {
      answers(['GET', /po-number=PO-1/, { body: [record({ status: 'issued' })] }]);
      await fails(channel.reviseOrder({ ...order, lines: [{ ...order.lines[0]!, unit: 'BX' }] }, first), 'refused', 'unit-cannot-change');
      answers(['GET', /po-number=PO-1/, { body: [] }]);
      await fails(channel.reviseOrder(order, first), 'refused', 'order-not-on-network');
    });

    it('that were never there need no withdrawal; that are closed refuse it', async () => {
      answers(['GET', /po-number=PO-1/, { body: [] }]);
      await channel.withdrawOrder(order, first);
      answers(
        ['GET', /po-number=PO-1/, { body: [record({ status: 'closed' })] }], ['PUT', /cancel/, { status: 422, body: { errors: { status: ['cannot cancel a purchase order that is closed'] } } }],
        ['GET', /po-number=PO-1/, { body: [record({ status: 'closed' })] }]);
      await fails(channel.withdrawOrder(order, first), 'refused', 'order-state');
    });

    it('carry our number, the requisition\'s reference, and the supplier\'s part beside ours', async () => {
      const done = answers(['POST', /purchase_orders/, { status: 201, body: record() }], ['PUT', /issue/, { body: record() }]);
      await channel.sendOrder({ ...order, lines: [{ ...order.lines[0]!, supplierItemNumber: 'HC-1', quantity: 0.125 }] }, first);
      done();
      const body = JSON.parse(vendor.asked[0]!.body) as Record<string, unknown>;
      assert.deepEqual([body['po-number'], body['supplier'], body['ship-to-address'], body['custom-fields']], ['PO-1', { number: 'SUP-100' }, { 'location-code': 'MAIN' }, { 'requisition-reference': 'REQ-PO-1', urgency: 'standard' }]);
      assert.deepEqual(body['order-lines'], [{ 'line-num': '1', item: { 'item-number': 'IMP-1001' }, 'source-part-num': 'HC-1', description: 'Stent', uom: { code: 'EA' }, quantity: '0.125', price: '1450.00', 'need-by-date': '2026-12-01' }]);
    });
  });

  it('to prices are used again for a while, and not when they failed', async () => {
    const item = { id: 1, item: { 'item-number': 'IMP-1001', name: 'Stent' }, supplier: { number: 'SUP-100' }, 'supplier-part-num': 'HC-1', price: '1450.00', currency: { code: 'USD' }, uom: { code: 'EA' }, contract: { number: 'CTR-100', status: 'published', 'start-date': '2026-01-01T00:00:00+00:00', 'end-date': '2026-12-31T00:00:00+00:00' } };
    vendor.answer = () => ({ status: 500 });
    await fails(price(), 'unavailable');
    vendor.answer = () => ({ body: [{ ...item, id: 2, price: '1300.00', contract: { ...item.contract, status: 'expired', 'start-date': '2024-01-01T00:00:00+00:00', 'end-date': '2025-12-31T00:00:00+00:00' } }, item, { ...item, id: 3, price: '1.00', contract: { ...item.contract, status: 'draft' } }] });
    const [one, two] = await Promise.all([price(), price()]);
    assert.deepEqual([one, await price()], [two, two]);
    assert.equal(vendor.asked.length, 2);
    assert.deepEqual([one.unitPrice, one.validFrom, one.validTo, one.supplierItemNumber, one.description], ['1450.00', '2026-01-01', '2026-12-31', 'HC-1', 'Stent']);
    const before = await channel.catalog!.contractPrice({ supplierNumber: 'SUP-100', itemNumber: 'IMP-1001', on: '2025-06-01' });
    assert.equal(before.unitPrice, '1300.00', 'an earlier day has its own contract');
  });
});
