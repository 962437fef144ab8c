import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { procurementNetwork, type DispatchedOrder, type StoredDocument } from '#contracts/generated/system/procurement-network/v1.ts';
import { startExperience, supplierClient, type ExperiencePlatform } from '../experience-platform.ts';
import { fakeApi, type SeenCall } from '../fake-api.ts';

const AT = '2026-11-20T08:00:00Z';

function sent(orderNumber: string, supplierNumber: string): DispatchedOrder {
  return {
    orderNumber, supplierNumber, requisitionReference: 'cath-42', facility: 'MAIN', orderedOn: '2026-11-20', currency: 'USD', revision: 0, status: 'sent', channel: 'partner-rest', sentAt: AT,
    lines: [{ line: 1, itemNumber: 'I-1', quantity: 2, unit: 'EA', unitPrice: '30.00' }],
  };
}

const DOCUMENTS = {
  acknowledgements: { number: 'A-1', acknowledgedAt: AT, lines: [{ line: 1, outcome: 'accepted' }] },
  'ship-notices': { number: 'N-1', shippedAt: AT, lines: [{ line: 1, itemNumber: 'I-1', quantity: 2, unit: 'EA' }] },
  invoices: { number: 'B-1', invoicedOn: '2026-11-20', currency: 'USD', total: '60.00', lines: [{ line: 1, itemNumber: 'I-1', quantity: 2, unit: 'EA', unitPrice: '30.00', amount: '60.00' }] },
} as const;

describe('a supplier', () => {
  const orders = [sent('PO-1', 'S-1'), sent('PO-2', 'S-2')];
  const seen: SeenCall[] = [];
  let outcome: Partial<StoredDocument>;
  const stored = (kind: StoredDocument['kind']) => async (): Promise<StoredDocument> => ({ documentId: randomUUID(), kind, channel: 'partner-rest', receivedAt: AT, status: 'announced', duplicate: false, ...outcome });
  const network = fakeApi(procurementNetwork, {
    listOrders: async ({ supplierNumber }) => ({ items: orders.filter((order) => order.supplierNumber === supplierNumber) }),
    async getOrder({ orderNumber }) {
      const order = orders.find((each) => each.orderNumber === orderNumber);
      if (!order) throw new ApiError('not-found', 'There is no such order.');
      return order;
    },
    receiveAcknowledgement: stored('acknowledgement'),
    receiveShipNotice: stored('ship-notice'),
    receiveInvoice: stored('invoice'),
    receiveInterchange: async () => 'ISA*ack~',
  }, seen);
  const mine = supplierClient('S-1');
  let platform: ExperiencePlatform;
  before(async () => { platform = await startExperience({ below: [network] }); });
  after(() => platform.stop());
  beforeEach(() => {
    seen.length = 0;
    outcome = {};
  });

  test('sees its own orders only, whatever it asks for', async () => {
    const { status, body } = await platform.send(mine, 'GET', '/partner/v1/orders?limit=10');
    assert.equal(status, 200);
    assert.deepEqual((body as { items: DispatchedOrder[] }).items.map((order) => order.orderNumber), ['PO-1']);
    const asked = await platform.send(mine, 'GET', '/partner/v1/orders?supplierNumber=S-2');
    assert.equal(asked.status, 400, 'a parameter that the contract does not have');
  });

  test('cannot tell an order of somebody else from one that does not exist', async () => {
    const foreign = await platform.send(mine, 'GET', '/partner/v1/orders/PO-2');
    const absent = await platform.send(mine, 'GET', '/partner/v1/orders/PO-999');
    assert.equal(foreign.status, 404);
    const without = ({ correlationId: _, ...rest }: Record<string, unknown>) => rest;
    assert.deepEqual(without(foreign.body as Record<string, unknown>), without(absent.body as Record<string, unknown>));
    const own = await platform.send(mine, 'GET', '/partner/v1/orders/PO-1');
    assert.equal(own.status, 200);
  });

  for (const [path, document] of Object.entries(DOCUMENTS)) {
    test(`sends ${path} for its orders, in its own name and under its key`, async () => {
      const { status, body } = await platform.send(mine, 'POST', `/partner/v1/orders/PO-1/${path}`, document, { 'idempotency-key': `key-of-${path}` });
      assert.equal(status, 202);
      assert.deepEqual(Object.keys(body as object).sort(), ['documentId', 'duplicate', 'receivedAt']);
      const received = seen.find(({ operation }) => operation.startsWith('receive'))!;
      assert.deepEqual(received.input['body'], { ...document, supplierNumber: 'S-1', orderNumber: 'PO-1' });
      assert.equal(received.call.idempotencyKey, `key-of-${path}`);
      assert.equal(received.call.principal.subject, 'partner-S-1');
    });

    test(`cannot send ${path} for an order of somebody else, nor in another name`, async () => {
      const foreign = await platform.send(mine, 'POST', `/partner/v1/orders/PO-2/${path}`, document, { 'idempotency-key': `foreign-${path}` });
      assert.equal(foreign.status, 404);
      const named = await platform.send(mine, 'POST', `/partner/v1/orders/PO-1/${path}`, { ...document, supplierNumber: 'S-2' }, { 'idempotency-key': `named-${path}` });
      assert.equal(named.status, 400);
      assert.ok(!seen.some(({ operation }) => operation.startsWith('receive')));
    });
  }

  test('needs a key for a document, and a repeat with it gets the first receipt', async () => {
    const without = await platform.send(mine, 'POST', '/partner/v1/orders/PO-1/invoices', DOCUMENTS.invoices);
    assert.equal(without.status, 400);
    const repeat = () => platform.send(mine, 'POST', '/partner/v1/orders/PO-1/invoices', DOCUMENTS.invoices, { 'idempotency-key': 'repeated-1' });
    assert.deepEqual((await repeat()).body, (await repeat()).body);
    const other = await platform.send(mine, 'POST', '/partner/v1/orders/PO-1/invoices', { ...DOCUMENTS.invoices, total: '61.00' }, { 'idempotency-key': 'repeated-1' });
    assert.equal(other.status, 422);
  });

  test('is told at once when a document cannot be used', async () => {
    outcome = { status: 'rejected', problem: 'The order has no line 7.' };
    const { status, body } = await platform.send(mine, 'POST', '/partner/v1/orders/PO-1/acknowledgements', DOCUMENTS.acknowledgements, { 'idempotency-key': 'rejected-1' });
    assert.equal(status, 422);
    assert.equal((body as { detail: string }).detail, 'The order has no line 7.');
  });

  test('is known by its token: without a supplier in it nothing is done', async () => {
    const nobody = supplierClient(undefined);
    for (const [method, path, body] of [['GET', '/orders'], ['GET', '/orders/PO-1'], ['POST', '/orders/PO-1/invoices', DOCUMENTS.invoices]] as const) {
      const answer = await platform.send(nobody, method, `/partner/v1${path}`, body, { 'idempotency-key': 'nobody-1' });
      assert.equal(answer.status, 403);
      assert.equal((answer.body as { code: string }).code, 'no-supplier');
    }
    assert.equal(seen.length, 0);
  });

  test('cannot hand in an X12 interchange, which may speak for anybody; a network between can', async () => {
    const interchange = 'ISA*00*~IEA*1*1~';
    const send = (bindings: Record<string, string>) => platform.send(supplierClient(undefined, { bindings }), 'POST', '/partner/v1/interchanges', interchange, { 'content-type': 'application/edi-x12' });
    const carrier = await send({ exchange: 'x12' });
    assert.equal(carrier.status, 200);
    assert.equal(carrier.body, 'ISA*ack~');
    assert.equal(seen.at(-1)!.input['body'], interchange);
    const others: Record<string, string>[] = [{}, { supplier: 'S-1' }, { supplier: 'S-1', exchange: 'x12' }, { exchange: 'edifact' }];
    for (const bindings of others) assert.equal((await send(bindings)).status, 403);
    assert.equal(seen.length, 1);
  });
});
