import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type { ErpOperations, PurchaseOrder } from '#contracts/generated/system/erp/v1.ts';
import type { ApiError } from '#chassis/errors/failures.ts';
import { aJournal, anInvoice, anIssue, anOrder, aPayment, aReceipt, aRequisition, callOf, failureOf, openAdapter, query, settingsFor, startProxy, startSandbox, type Proxy, type Sandbox } from './oracle-fusion-support.ts';

type Port = ReturnType<typeof openAdapter>;
type Name = 'createRequisition' | 'createPurchaseOrder' | 'createReceipt' | 'createInvoice' | 'createPayment' | 'createStockMovement' | 'createJournal';

/** How a document is asked for, and how many of it the books hold, whatever the adapter says. */
interface Write {
  name: Name;
  /** Path of the write that makes the document. */
  resource: string;
  body: (placed: PurchaseOrder, port: Port) => Promise<{ reference: string }> | { reference: string };
  booked: string;
}

const WRITES: Write[] = [
  { name: 'createRequisition', resource: '/purchaseRequisitions', body: () => aRequisition(), booked: "select status = 'Approved' as done from erp.requisitions where interface_source_code = $ref" },
  { name: 'createPurchaseOrder', resource: '/draftPurchaseOrders', body: () => anOrder(), booked: "select status = 'OPEN' as done from erp.purchase_orders where reference_number = $ref" },
  { name: 'createReceipt', resource: '/receivingReceiptRequests', body: (placed) => aReceipt(placed, 2), booked: "select status = 'SUCCESS' as done from erp.receipts where comments = $ref" },
  { name: 'createInvoice', resource: '/invoices', body: (placed) => anInvoice(placed, 2), booked: "select validation = 'Validated' as done from erp.invoices where reference_number = $ref" },
  { name: 'createPayment', resource: '/payablesPayments', body: async (placed, port) => aPayment(await port.createInvoice({ body: anInvoice(placed, 2) }, callOf())), booked: "select status = 'Negotiable' as done from erp.payments where description = $ref" },
  { name: 'createStockMovement', resource: '/inventoryStagedTransactions', body: () => anIssue({ itemNumber: 'SPL-1001', location: 'STORES' }), booked: "select status = 'SUCCESS' as done from erp.inventory_transactions where reference = $ref" },
  { name: 'createJournal', resource: '/erpintegrations', body: () => aJournal(), booked: 'select true as done from erp.journals where name = $ref' },
];

describe('oracle-fusion writes once, though its vendor knows no idempotency key', () => {
  let sandbox: Sandbox;
  let port: Port;
  /** Gives up soon, and speaks through a proxy that holds requests back. */
  let hasty: Port;
  let proxy: Proxy;
  let placed: PurchaseOrder;

  before(async () => {
    sandbox = await startSandbox(60);
    port = openAdapter(settingsFor(sandbox.erp.url, sandbox.erp.credentials, { cacheMs: 60_000 }));
    proxy = await startProxy(sandbox.erp.url);
    hasty = openAdapter(settingsFor(proxy.url, sandbox.erp.credentials, { timeoutMs: 500, lateMs: 30_000, cacheMs: 60_000, journals: { gatherMs: 10, pollMs: 10, settleMs: 30_000 } }));
    placed = await port.createPurchaseOrder({ body: anOrder({}, { quantity: 500 }) }, callOf());
    await port.createStockMovement({ body: anIssue({ kind: 'receipt', itemNumber: 'SPL-1001', location: 'STORES', quantity: 100, costCenter: undefined }) }, callOf());
    await port.createReceipt({ body: aReceipt(placed, 100) }, callOf());
  });

  after(async () => {
    await port.close();
    await hasty.close();
    await proxy.close();
    await sandbox.stop();
  });

  const write = (name: Name, body: object, repeated: boolean, by = port): Promise<{ number: string }> => by[name]({ body } as ErpOperations[Name]['input'] as never, callOf(repeated)) as Promise<{ number: string }>;
  const booked = ({ booked: text }: Write, reference: string) => query<{ done: boolean }>(sandbox.databaseUrl, text.replace('$ref', `'${reference}'`));

  for (const each of WRITES) {
    it(`${each.name}: when the answer is lost, the repeat finds the document and finishes it`, async () => {
      const body = await each.body(placed, port);
      sandbox.erp.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['POST'], pathIncludes: each.resource, times: 1 });
      assert.equal((await failureOf(write(each.name, body, false))).kind, 'unavailable');
      const repeated = await write(each.name, body, true);
      assert.equal(sandbox.erp.faults.done.answerLost > 0, true);
      assert.deepEqual(await booked(each, body.reference), [{ done: true }]);
      assert.deepEqual(await write(each.name, body, true), repeated);
    });

    it(`${each.name}: when the vendor never got it, the repeat writes it`, async () => {
      const body = await each.body(placed, port);
      sandbox.erp.faults.set({ kind: 'failing', status: 503, rate: 1 }, { methods: ['POST'], times: 1 });
      assert.equal((await failureOf(write(each.name, body, false))).kind, 'unavailable');
      await write(each.name, body, true);
      assert.deepEqual(await booked(each, body.reference), [{ done: true }]);
    });
  }

  for (const each of WRITES.filter(({ name }) => ['createPurchaseOrder', 'createStockMovement', 'createJournal'].includes(name))) {
    it(`${each.name}: a request that was given up and comes through late is waited for`, async () => {
      const body = await each.body(placed, port);
      let held = 0;
      proxy.rewrite.holdMs = ({ method, path }) => (method === 'POST' && path.endsWith(each.resource) && (held += 1) === 1 ? 1_200 : 0);
      let failure = await failureOf(write(each.name, body, false, hasty));
      assert.equal(failure.kind, 'upstream-timeout');
      for (let answer: object | undefined; !answer;) {
        assert.ok(failure.retryable, String(failure));
        answer = await write(each.name, body, true, hasty).catch((thrown: ApiError) => { failure = thrown; return undefined; });
      }
      assert.equal(held, 1, 'it was not written again');
      assert.deepEqual(await booked(each, body.reference), [{ done: true }]);
    });
  }

  it('an invoice that is entered and that the vendor then does not validate is no refusal: it is finished by the repeat', async () => {
    const body = anInvoice(placed, 2);
    sandbox.erp.faults.set({ kind: 'failing', status: 400, rate: 1 }, { methods: ['POST'], pathIncludes: 'validateInvoice', times: 1 });
    const failure = await failureOf(write('createInvoice', body, false));
    assert.deepEqual([failure.kind, failure.code, failure.retryable], ['in-progress', 'half-done', true]);
    await write('createInvoice', body, true);
    assert.deepEqual(await booked(WRITES.find(({ name }) => name === 'createInvoice')!, body.reference), [{ done: true }]);
  });

  it('a request that comes through later than anybody waits, while its repeat is on the way, is the answer to the repeat', async () => {
    const rash = openAdapter(settingsFor(proxy.url, sandbox.erp.credentials, { timeoutMs: 1_000, lateMs: 0, cacheMs: 60_000 }));
    try {
      const order = await port.createPurchaseOrder({ body: anOrder({}, { quantity: 3 }) }, callOf());
      const body = aReceipt(order, 3);
      const delays = [1_500, 900];
      proxy.rewrite.holdMs = ({ method, path }) => (method === 'POST' && path.endsWith('/receivingReceiptRequests') ? delays.shift() ?? 0 : 0);
      assert.equal((await failureOf(write('createReceipt', body, false, rash))).kind, 'upstream-timeout');
      const receipt = await write('createReceipt', body, true, rash);
      assert.deepEqual(delays, [], 'both were sent');
      assert.deepEqual(await query(sandbox.databaseUrl, `select status, number from erp.receipts where comments = '${body.reference}' order by status desc`), [{ status: 'SUCCESS', number: receipt.number }, { status: 'ERROR', number: null }]);
    } finally {
      proxy.rewrite.holdMs = () => 0;
      await rash.close();
    }
  });

  it('a process that knows of nothing waits for an import that another may have sent', async () => {
    const other = openAdapter(settingsFor(sandbox.erp.url, sandbox.erp.credentials));
    try {
      const body = aJournal();
      sandbox.erp.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['POST'], times: 1 });
      await failureOf(other.createJournal({ body }, callOf()));
      const journal = await port.createJournal({ body }, callOf(true));
      assert.deepEqual((await port.listJournals({ reference: body.reference }, callOf())).items, [journal]);
    } finally {
      await other.close();
    }
  });

  it('nothing in the books is there twice, and the stock is what its movements say', async () => {
    const { readRepetitions, readTotals } = await import('../../../sandbox/erp/books.ts');
    const { Pool } = (await import('pg')).default;
    const pool = new Pool({ connectionString: sandbox.databaseUrl });
    try {
      assert.deepEqual(await readRepetitions(pool), []);
      const { stockDifferences, budgetDifferences, unbalancedJournals } = await readTotals(pool);
      assert.deepEqual({ stockDifferences, budgetDifferences, unbalancedJournals }, { stockDifferences: 0, budgetDifferences: 0, unbalancedJournals: [] });
    } finally {
      await pool.end();
    }
  });
});

describe('oracle-fusion finishes what an earlier attempt left half done', () => {
  let sandbox: Sandbox;
  let port: Port;

  before(async () => {
    sandbox = await startSandbox();
    port = openAdapter(settingsFor(sandbox.erp.url, sandbox.erp.credentials));
  });

  after(async () => {
    await port.close();
    await sandbox.stop();
  });

  /** The next write of this kind is applied and its answer lost. */
  const lose = (pathIncludes: string, methods = ['POST']) => sandbox.erp.faults.set({ kind: 'answerLost', rate: 1 }, { methods, pathIncludes, times: 1 });
  const refuse = (pathIncludes: string, methods = ['POST']) => sandbox.erp.faults.set({ kind: 'failing', status: 503, rate: 1 }, { methods, pathIncludes, times: 1 });

  it('a requisition that was created and not submitted', async () => {
    const body = aRequisition();
    refuse('submitRequisition');
    await failureOf(port.createRequisition({ body }, callOf()));
    assert.equal((await port.listRequisitions({ reference: body.reference }, callOf())).items[0]!.status, 'incomplete');
    assert.equal((await port.createRequisition({ body }, callOf(true))).status, 'approved');
    assert.equal((await port.listRequisitions({ reference: body.reference }, callOf())).items.length, 1);
  });

  it('an order that was created and not submitted', async () => {
    const body = anOrder();
    refuse('/action/submit');
    await failureOf(port.createPurchaseOrder({ body }, callOf()));
    assert.equal((await port.createPurchaseOrder({ body }, callOf(true))).status, 'open');
    assert.equal((await port.listPurchaseOrders({ reference: body.reference }, callOf())).items.length, 1);
  });

  it('a change of an order that was written and not submitted', async () => {
    const { number: orderNumber } = await port.createPurchaseOrder({ body: anOrder() }, callOf());
    const body = { reference: 'chg-half', reason: 'Agreed', lines: [{ line: 1, quantity: 7 }] };
    lose('/draftPurchaseOrders/', ['PATCH']);
    await failureOf(port.changePurchaseOrder({ orderNumber, body }, callOf()));
    const before = sandbox.erp.requests.get('PATCH draftPurchaseOrders 200');
    assert.equal((await port.changePurchaseOrder({ orderNumber, body }, callOf(true))).lines[0]!.quantity, 7);
    assert.equal(sandbox.erp.requests.get('PATCH draftPurchaseOrders 200'), before, 'the change was not written again');
  });

  it('an invoice that was entered and not validated', async () => {
    const placed = await port.createPurchaseOrder({ body: anOrder() }, callOf());
    await port.createReceipt({ body: aReceipt(placed, 10) }, callOf());
    const body = anInvoice(placed, 10);
    refuse('validateInvoice');
    await failureOf(port.createInvoice({ body }, callOf()));
    assert.equal((await port.getInvoice(body, callOf())).status, 'entered');
    assert.equal((await port.createInvoice({ body }, callOf(true))).status, 'validated');
  });

  it('an invoice that was entered by somebody else is a duplicate all the same', async () => {
    const placed = await port.createPurchaseOrder({ body: anOrder() }, callOf());
    const body = anInvoice(placed, 1);
    await port.createInvoice({ body }, callOf());
    assert.equal((await failureOf(port.createInvoice({ body: { ...body, reference: 'of-another' } }, callOf(true)))).code, 'duplicate-invoice');
    await port.cancelInvoice(body, callOf());
    assert.equal((await failureOf(port.createInvoice({ body }, callOf(true)))).code, 'duplicate-invoice', 'a cancelled invoice keeps its number');
  });

  it('an order that is cancelled or closed already', async () => {
    const { number: orderNumber } = await port.createPurchaseOrder({ body: anOrder() }, callOf());
    lose('/action/close');
    await failureOf(port.closePurchaseOrder({ orderNumber }, callOf()));
    assert.equal((await port.closePurchaseOrder({ orderNumber }, callOf(true))).status, 'closed');
    const { number } = await port.createPurchaseOrder({ body: anOrder() }, callOf());
    lose('/action/cancel');
    await failureOf(port.cancelPurchaseOrder({ orderNumber: number }, callOf()));
    assert.equal((await port.cancelPurchaseOrder({ orderNumber: number }, callOf(true))).status, 'cancelled');
  });
});
