import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { call, networkForTest, order, purchaseOrder, signOn } from './network-support.ts';
import type { Coupa, CoupaRecord } from './network-support.ts';

type Started = Awaited<ReturnType<typeof networkForTest>>;

describe('the simulated Coupa', () => {
  let network: Started;
  let coupa: Coupa;

  before(async () => {
    network = await networkForTest();
    coupa = await signOn(network);
  });
  after(() => network.dispose());

  test('gives a token for client credentials in the body or in the header, and for nothing else', async () => {
    const [client] = network.clients;
    const ask = async (fields: Record<string, string>, headers: Record<string, string> = {}) => {
      const response = await fetch(`${network.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(fields), headers });
      const body = (await response.json()) as Record<string, unknown>;
      return { status: response.status, error: body['error'], type: body['token_type'] };
    };
    const good = { grant_type: 'client_credentials', client_id: client?.id ?? '', client_secret: client?.secret ?? '' };
    const basic = `Basic ${Buffer.from(`${client?.id}:${client?.secret}`).toString('base64')}`;

    assert.deepEqual(await ask(good), { status: 200, error: undefined, type: 'bearer' });
    assert.deepEqual(await ask({ grant_type: 'client_credentials' }, { authorization: basic }), { status: 200, error: undefined, type: 'bearer' });
    assert.deepEqual(await ask({ ...good, client_secret: 'wrong' }), { status: 401, error: 'invalid_client', type: undefined });
    assert.deepEqual(await ask({ ...good, grant_type: 'password' }), { status: 400, error: 'unsupported_grant_type', type: undefined });
    assert.deepEqual(await ask({ ...good, scope: 'core.everything' }), { status: 400, error: 'invalid_scope', type: undefined });
  });

  test('refuses a call without a valid token, and one whose token lacks the scope', async () => {
    assert.equal((await call('GET', `${network.url}/api/suppliers`)).status, 401);
    assert.equal((await call('GET', `${network.url}/api/suppliers`, undefined, { authorization: 'Bearer made-up' })).status, 401);
    const reader = await signOn(network, 'core.supplier.read');
    assert.equal((await reader.get('/suppliers')).status, 200);
    const refused = await reader.get<{ errors: { base: string[] } }>('/invoices');
    assert.equal(refused.status, 403);
    assert.match(String(refused.body.errors.base[0]), /core\.invoice\.read/);
  });

  test('lists suppliers, items, contracts and contract prices as decimal strings with their validity', async () => {
    const suppliers = await coupa.get('/suppliers?status=active&order_by=number');
    assert.deepEqual(suppliers.body.map((each) => each['number']), ['SUP-100', 'SUP-110', 'SUP-120', 'SUP-130', 'SUP-140', 'SUP-150']);
    const [item] = (await coupa.get('/items?item-number=IMP-1001')).body;
    assert.deepEqual(item?.['uom'], { code: 'EA' });

    const prices = (await coupa.get('/supplier_items?item[item-number]=IMP-1001')).body;
    const contracts = prices.map((each) => each['contract'] as Record<string, string>);
    assert.deepEqual(prices.map((each) => each['price']), ['1450.00', '1348.50']);
    assert.deepEqual(contracts.map((each) => [each['number'], each['status']]), [['CTR-100', 'published'], ['CTR-100-OLD', 'expired']]);
    assert.ok(contracts.every((each) => /^\d{4}-\d\d-\d\dT/.test(String(each['end-date']))));
    assert.equal((await coupa.get('/contracts?status=published&supplier[number]=SUP-100')).body.length, 1);
  });

  test('pages by offset, at most fifty a page, with no total: a short page is the last', async () => {
    const first = await coupa.get('/items?order_by=id&limit=500');
    const second = await coupa.get('/items?order_by=id&offset=50&limit=50');
    const none = await coupa.get('/items?order_by=id&offset=100');
    assert.equal(first.body.length, 50);
    assert.ok(second.body.length > 0 && second.body.length < 50);
    assert.equal(none.body.length, 0);
    const ids = [...first.body, ...second.body].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(![...first.headers.keys()].some((name) => name === 'link' || name.includes('total')));
    const backwards = await coupa.get('/items?order_by=id&dir=desc&limit=1');
    assert.equal(backwards.body[0]?.id, Math.max(...ids));
  });

  test('answers 400 to an unknown filter, a bad value, a bad page and a broken body', async () => {
    const status = async (path: string) => (await coupa.get<unknown>(path)).status;
    assert.equal(await status('/items?colour=red'), 400);
    assert.equal(await status('/items?updated-at[near]=2026-01-01'), 400);
    assert.equal(await status('/purchase_orders?exported=perhaps'), 400);
    assert.equal(await status('/purchase_orders?updated-at[gt]=yesterday'), 400);
    assert.equal(await status('/items?limit=-1'), 400);
    assert.equal(await status('/items?order_by=colour'), 400);
    assert.equal(await status(`/items?item-number=${encodeURIComponent("' or 1=1 --")}`), 200);
    const broken = await fetch(`${network.url}/api/purchase_orders`, {
      method: 'POST', body: '{"po-number":', headers: { authorization: `Bearer ${coupa.token}`, 'content-type': 'application/json' },
    });
    assert.equal(broken.status, 400);
    assert.ok('errors' in ((await broken.json()) as object));
    assert.equal(await status('/items?name=%00'), 400);
    assert.equal((await coupa.send('POST', '/purchase_orders', purchaseOrder('PO-\0', 'REQ'))).status, 400);
  });

  test('answers 404 to an unknown record and an unknown resource', async () => {
    assert.equal((await coupa.get<unknown>('/purchase_orders/999999')).status, 404);
    assert.equal((await coupa.get<unknown>('/invoices/x')).status, 404);
    assert.equal((await coupa.get<unknown>('/requisitions')).status, 404);
  });

  test('creates an external order as a draft, and tells all mistakes of a bad one at once', async () => {
    const created = await coupa.send('POST', '/purchase_orders', purchaseOrder('PO-DRAFT', 'REQ-DRAFT'));
    assert.equal(created.status, 201);
    assert.deepEqual(
      [created.body['type'], created.body.status, created.body['version'], created.body['po-number']],
      ['ExternalOrderHeader', 'draft', 1, 'PO-DRAFT'],
    );
    const [line] = created.body['order-lines'] as Record<string, unknown>[];
    assert.deepEqual([line?.['quantity'], line?.['price'], line?.['total']], ['4', '1450.00', '5800.00']);

    const bad = await coupa.send<{ errors: Record<string, string[]> }>('POST', '/purchase_orders', { 'order-lines': [{ quantity: '-1', price: 'x' }] });
    assert.equal(bad.status, 422);
    assert.deepEqual(Object.keys(bad.body.errors).sort(), [
      'order-lines[0].item', 'order-lines[0].price', 'order-lines[0].quantity', 'order-lines[0].uom', 'po-number', 'supplier',
    ]);
  });

  test('has no idempotency: a repeated POST is refused because the po-number is taken, and the first is found by it', async () => {
    await coupa.send('POST', '/purchase_orders', purchaseOrder('PO-TWICE', 'REQ-TWICE'));
    const again = await coupa.send<unknown>('POST', '/purchase_orders', purchaseOrder('PO-TWICE', 'REQ-TWICE'));
    assert.equal(again.status, 422);
    assert.deepEqual(again.body, { errors: { 'po-number': ['has already been taken'] } });
    assert.equal((await coupa.get('/purchase_orders?po-number=PO-TWICE')).body.length, 1);
  });

  test('lets one of many simultaneous equal orders through', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => coupa.send('POST', '/purchase_orders', purchaseOrder('PO-RACE', 'REQ-RACE'))));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 11 }, () => 422)]);
  });

  test('refuses an order to a supplier outside the network, an inactive one, an unknown one, and for an unknown item', async () => {
    const errors = async (supplier: string, item = 'IMP-1001') => {
      const body = purchaseOrder('PO-NO', 'REQ-NO', { supplier: { number: supplier } }, { item: { 'item-number': item } });
      const { status, body: { errors: found } } = await coupa.send<{ errors: object }>('POST', '/purchase_orders', body);
      return [status, found];
    };
    assert.deepEqual(await errors('SUP-130'), [422, { supplier: ['does not receive orders through this network'] }]);
    assert.deepEqual(await errors('SUP-190'), [422, { supplier: ['is inactive'] }]);
    assert.deepEqual(await errors('SUP-999'), [422, { supplier: ['is invalid'] }]);
    assert.deepEqual(await errors('SUP-100', 'EHR-88417'), [422, { item: ['EHR-88417 does not exist'] }]);
  });

  test('allows issue, cancel and close only from the states that they start from', async () => {
    await network.control.setBehaviour('REQ-STATES', 'deliver-in-full');
    const issued = await order(coupa, purchaseOrder('PO-STATES', 'REQ-STATES'));
    assert.equal(issued.status, 'issued');
    const act = async (action: string) => (await coupa.send('PUT', `/purchase_orders/${issued.id}/${action}`)).status;
    assert.equal(await act('issue'), 422);
    assert.equal(await act('close'), 200);
    assert.equal(await act('cancel'), 422);
    assert.equal((await coupa.send<unknown>('PUT', `/purchase_orders/${issued.id}`, { 'order-lines': [{ 'line-num': '1', quantity: '1' }] })).status, 422);
  });

  test('compares updated-at by the second and filters by status and number', async () => {
    const [draft] = (await coupa.get('/purchase_orders?po-number=PO-DRAFT&status=draft')).body as [CoupaRecord];
    const at = encodeURIComponent(String(draft['updated-at']));
    const found = async (operator: string) => (await coupa.get(`/purchase_orders?po-number=PO-DRAFT&updated-at[${operator}]=${at}`)).body.length;
    assert.equal(await found('gt'), 0);
    assert.equal(await found('gt_or_eq'), 1);
    assert.equal((await coupa.get('/purchase_orders?status[in]=closed,cancelled&po-number=PO-DRAFT')).body.length, 0);
  });

  test('marks an order as exported without raising its version', async () => {
    const [draft] = (await coupa.get('/purchase_orders?po-number=PO-DRAFT')).body as [CoupaRecord];
    const marked = await coupa.send('PUT', `/purchase_orders/${draft.id}`, { exported: true });
    assert.deepEqual([marked.body.exported, marked.body['version']], [true, 1]);
    assert.ok(marked.body['last-exported-at']);
  });
});

test('Coupa answers 429 beyond its burst, and each client has a bucket of its own', async () => {
  const scopes = ['core.supplier.read'];
  const network = await networkForTest({
    quota: { perSecond: 0.001, burst: 3 },
    clients: [{ id: 'one', secret: 's1', scopes }, { id: 'two', secret: 's2', scopes }],
  });
  try {
    const one = await signOn(network);
    const two = await signOn({ url: network.url, clients: network.clients.slice(1) });
    const statuses: number[] = [];
    for (let request = 0; request < 5; request += 1) statuses.push((await one.get('/suppliers')).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    const refused = await one.get<unknown>('/suppliers');
    assert.deepEqual(refused.body, { errors: { base: ['API rate limit exceeded'] } });
    assert.equal(refused.headers.get('retry-after'), null);
    assert.equal((await two.get('/suppliers')).status, 200);
  } finally {
    await network.dispose();
  }
});

test('an order whose answer is lost has been created all the same', async () => {
  const network = await networkForTest();
  try {
    const coupa = await signOn(network);
    network.control.setFaults('coupa', { kind: 'answerLost', rate: 1 }, { methods: ['POST'], pathIncludes: '/api/purchase_orders', times: 1 });
    await assert.rejects(coupa.send('POST', '/purchase_orders', purchaseOrder('PO-LOST', 'REQ-LOST')));
    assert.equal((await coupa.send('POST', '/purchase_orders', purchaseOrder('PO-LOST', 'REQ-LOST'))).status, 422);
    assert.equal((await coupa.get('/purchase_orders?po-number=PO-LOST')).body.length, 1);
  } finally {
    await network.dispose();
  }
});
