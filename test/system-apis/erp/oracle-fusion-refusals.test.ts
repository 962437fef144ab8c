import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import { aJournal, anInvoice, anIssue, anOrder, aPayment, aReceipt, aRequisition, callOf, failureOf, openAdapter, query, settingsFor, startProxy, startSandbox, type Answer, type Exchange, type Proxy, type Sandbox } from './oracle-fusion-support.ts';

type Port = ReturnType<typeof openAdapter>;

describe('oracle-fusion', () => {
  let sandbox: Sandbox;
  let proxy: Proxy;
  let port: Port;

  before(async () => {
    sandbox = await startSandbox();
    proxy = await startProxy(sandbox.erp.url);
    // Maternity (7060) has no stock of its own here, so what it orders is charged to its budget of 250.00 a year.
    port = openAdapter(settingsFor(proxy.url, sandbox.erp.credentials));
  });

  after(async () => {
    await port.close();
    await proxy.close();
    await sandbox.stop();
  });

  beforeEach(() => {
    proxy.rewrite = {};
    sandbox.erp.faults.set({ kind: 'none' });
  });

  const codeOf = async (call: Promise<unknown>) => {
    const { kind, code } = await failureOf(call);
    return `${kind} ${code}`;
  };

  describe('names what the vendor refuses', () => {
    const tooDear = { costCenter: '7060', quantity: 40 };

    it('an order that the budget does not cover, and leaves nothing of it behind', async () => {
      const body = anOrder({}, tooDear);
      assert.equal(await codeOf(port.createPurchaseOrder({ body }, callOf())), 'refused budget-exceeded');
      assert.deepEqual((await port.listPurchaseOrders({ reference: body.reference }, callOf())).items, []);
    });

    it('an order that the vendor calls a success and leaves incomplete', async () => {
      proxy.rewrite.request = ({ path, body }) => (path.endsWith('/action/submit') ? JSON.stringify({ ...JSON.parse(body) as object, validateFlag: undefined }) : undefined);
      const body = anOrder({}, tooDear);
      assert.equal(await codeOf(port.createPurchaseOrder({ body }, callOf())), 'refused budget-exceeded');
      assert.deepEqual((await port.listPurchaseOrders({ reference: body.reference }, callOf())).items, []);
    });

    it('a requisition that the budget does not cover, and leaves nothing of it behind', async () => {
      const body = aRequisition({ costCenter: '7060', lines: [{ itemNumber: 'SPL-1001', quantity: 40, unit: 'EA', unitPrice: '8.50', account: '5110' }] });
      assert.equal(await codeOf(port.createRequisition({ body }, callOf())), 'refused budget-exceeded');
      assert.deepEqual((await port.listRequisitions({ reference: body.reference }, callOf())).items, []);
    });

    it('a refusal whose traces could not be removed is no refusal yet, and the repeat finds them', async () => {
      const body = anOrder({}, tooDear);
      proxy.rewrite.answer = ({ method }) => (method === 'DELETE' ? { status: 503, text: '' } : undefined);
      proxy.rewrite.request = ({ method }) => { if (method === 'DELETE') throw new Error('nobody there'); return undefined; };
      assert.equal((await failureOf(port.createPurchaseOrder({ body }, callOf()))).kind, 'unavailable');
      proxy.rewrite = {};
      assert.equal(await codeOf(port.createPurchaseOrder({ body }, callOf(true))), 'refused budget-exceeded');
      assert.deepEqual((await port.listPurchaseOrders({ reference: body.reference }, callOf())).items, []);
    });

    it('a change that the budget does not cover, and does not leave it pending', async () => {
      const { number: orderNumber } = await port.createPurchaseOrder({ body: anOrder({}, { costCenter: '7060', quantity: 1 }) }, callOf());
      for (const validated of [true, false]) {
        proxy.rewrite.request = validated ? undefined : ({ path, body }) => (path.endsWith('/action/submit') ? JSON.stringify({ ...JSON.parse(body) as object, validateFlag: undefined }) : undefined);
        const change = port.changePurchaseOrder({ orderNumber, body: { reference: `chg-${validated}`, reason: 'More', lines: [{ line: 1, quantity: 40 }] } }, callOf());
        assert.equal(await codeOf(change), 'refused budget-exceeded');
        assert.deepEqual(await query(sandbox.databaseUrl, "select 1 from erp.change_orders where status = 'INCOMPLETE'"), []);
      }
      assert.equal((await port.getPurchaseOrder({ orderNumber }, callOf())).lines[0]!.quantity, 1);
      await port.cancelPurchaseOrder({ orderNumber }, callOf());
    });

    it('what is ordered for use at once and never comes gives its reservation back when the order is closed', async () => {
      const year = new Date().getUTCFullYear();
      const available = async () => (await port.getBudget({ costCenter: '7060', year }, callOf())).available;
      const before = await available();
      const placed = await port.createPurchaseOrder({ body: anOrder({}, { costCenter: '7060', quantity: 4, unitPrice: '10.00' }) }, callOf());
      assert.deepEqual(placed.lines.map(({ costCenter, account }) => [costCenter, account]), [['7060', '5110']]);
      assert.equal(await available(), (Number(before) - 40).toFixed(2));
      const received = await port.createReceipt({ body: aReceipt(placed, 1) }, callOf());
      assert.deepEqual({ value: received.value, stockValue: received.stockValue }, { value: '10.00', stockValue: '0.00' });
      await port.createInvoice({ body: anInvoice(placed, 1) }, callOf());
      assert.equal((await port.closePurchaseOrder({ orderNumber: placed.number }, callOf())).status, 'closed');
      assert.equal(await available(), (Number(before) - 10).toFixed(2));
    });

    it('suppliers, combinations and days that are not open', async () => {
      assert.equal(await codeOf(port.createPurchaseOrder({ body: anOrder({ supplierNumber: 'SUP-190' }) }, callOf())), 'refused supplier-inactive');
      assert.equal(await codeOf(port.createPurchaseOrder({ body: anOrder({}, { itemNumber: 'INS-1202' }) }, callOf())), 'refused item-inactive');
      assert.equal(await codeOf(port.createPurchaseOrder({ body: anOrder({ requisitionNumber: '99999' }) }, callOf())), 'refused unknown-requisition');
      const body = anOrder();
      assert.equal((await failureOf(port.createPurchaseOrder({ body: { ...body, lines: [...body.lines, ...body.lines] } }, callOf()))).kind, 'invalid-request');
      assert.equal(await codeOf(port.createStockMovement({ body: anIssue({ facility: 'EAST', costCenter: '7010' }) }, callOf())), 'refused unknown-account-combination');
      assert.equal(await codeOf(port.createStockMovement({ body: anIssue({ occurredAt: '2099-01-01T00:00:00Z' }) }, callOf())), 'refused date-in-future');
      assert.equal(await codeOf(port.createStockMovement({ body: anIssue({ occurredAt: '2001-01-01T00:00:00Z' }) }, callOf())), 'refused period-closed');
      assert.equal(await codeOf(port.createJournal({ body: aJournal({ lines: [{ account: '5110', debit: '1.00' }, { account: '1310', credit: '1.00' }] }) }, callOf())), 'refused cost-center-required');
      assert.equal(await codeOf(port.createJournal({ body: aJournal({ lines: [{ account: '5110', costCenter: '7010', debit: '1.005' }, { account: '1310', credit: '1.005' }] }) }, callOf())), 'refused too-many-decimals');
    });

    it('an unknown code of the vendor, by that code and without its text', async () => {
      proxy.rewrite.answer = ({ method }) => (method === 'POST' ? { status: 400, text: JSON.stringify({ title: 'Bad Request', 'o:errorDetails': [{ 'detail': 'Patient Jane Roe owes 5', 'o:errorCode': 'ZZZ-1' }] }) } : undefined);
      const failure = await failureOf(port.createPayment({ body: aPayment({ supplierNumber: 'SUP-130', invoiceNumber: 'X', total: '1.00' }) }, callOf()));
      assert.deepEqual([failure.kind, failure.code], ['refused', 'vendor-refused']);
      assert.match(failure.message, /ZZZ-1/);
      assert.doesNotMatch(failure.message, /Jane/);
      assert.ok(failure.cause instanceof Error, 'the cause is kept');
    });

    it('an invoice that is held for what procure-to-pay has judged is released, for anything else it stays held and unpaid', async () => {
      const placed = await port.createPurchaseOrder({ body: anOrder() }, callOf());
      const dear = await port.createInvoice({ body: anInvoice(placed, 12, '9.99') }, callOf());
      assert.equal(dear.status, 'validated');
      const holds = await query<{ name: string; reason: string }>(sandbox.databaseUrl, `select name, release_reason as reason from erp.invoice_holds where invoice_id = ${dear.number} order by name`);
      assert.deepEqual(holds, ['Price', 'Quantity ordered', 'Quantity received'].map((name) => ({ name, reason: 'matched by procure-to-pay' })));

      const body = anInvoice(placed, 1);
      proxy.rewrite.request = ({ path }) => { if (path.includes('validateInvoice')) throw new Error('not now'); return undefined; };
      await failureOf(port.createInvoice({ body }, callOf()));
      proxy.rewrite = {};
      await query(sandbox.databaseUrl, `insert into erp.invoice_holds (invoice_id, name, reason) select id, 'Supplier dispute', 'Wrong goods' from erp.invoices where number = '${body.invoiceNumber}'`);
      // The vendor's own validation takes back a hold that it did not place; so it is placed again behind its back.
      proxy.rewrite.answer = ({ path, method }, answer) => (method === 'GET' && path.includes('/invoices?') ? { ...answer, text: answer.text.replace('"ValidationStatus":"Validated"', '"ValidationStatus":"Needs revalidation"') } : undefined);
      assert.equal((await port.createInvoice({ body }, callOf(true))).status, 'held');
    });
  });

  describe('names trouble with the vendor', () => {
    const item = () => port.getItem({ itemNumber: 'IMP-1001' }, callOf());

    it('a password that is not accepted', async () => {
      const stranger = openAdapter(settingsFor(sandbox.erp.url, { user: 'callosum.integration', password: 'wrong' }));
      try {
        assert.equal(await codeOf(stranger.getItem({ itemNumber: 'IMP-1001' }, callOf())), 'unavailable vendor-sign-on-failed');
      } finally {
        await stranger.close();
      }
    });

    it('throttling, with the time that the vendor asks for', async () => {
      const direct = openAdapter(settingsFor(sandbox.erp.url, sandbox.erp.credentials));
      try {
        sandbox.erp.faults.set({ kind: 'throttled', perSecond: 0, retryAfter: true });
        const failure = await failureOf(direct.getItem({ itemNumber: 'IMP-1001' }, callOf()));
        assert.deepEqual([failure.kind, failure.retryAfterMs], ['rate-limited', 1_000]);
      } finally {
        await direct.close();
      }
    });

    it('an outage', async () => {
      const direct = openAdapter(settingsFor(sandbox.erp.url, sandbox.erp.credentials));
      try {
        sandbox.erp.faults.set({ kind: 'down' });
        assert.equal((await failureOf(direct.getItem({ itemNumber: 'IMP-1001' }, callOf()))).kind, 'unavailable');
      } finally {
        await direct.close();
      }
    });

    const STRANGE: Record<string, [answer: (original: Answer, exchange: Exchange) => Answer, expected: string, message: RegExp]> = {
      'a failure of the vendor itself': [() => ({ status: 500, text: '{"title":"Internal Server Error"}' }), 'unavailable vendor-failed', /failed/],
      'a redirect': [() => ({ status: 302, text: '' }), 'upstream-broken vendor-answer-invalid', /status/],
      'a page in place of data': [() => ({ status: 200, text: '<html>Sign in, Jane Roe</html>' }), 'upstream-broken vendor-answer-invalid', /not JSON/],
      'half an answer': [({ text }) => ({ status: 200, text: text.slice(0, text.length / 2) }), 'upstream-broken vendor-answer-invalid', /not JSON/],
      'no list': [() => ({ status: 200, text: '{"count":0}' }), 'upstream-broken vendor-answer-invalid', /\/items is required/],
      'an attribute that is gone': [({ text }) => ({ status: 200, text: text.replaceAll('"ItemDescription"', '"Description"') }), 'upstream-broken vendor-answer-invalid', /itemsV2\/items\/0\/ItemDescription is required/],
      'a text where a number was': [({ text }) => ({ status: 200, text: text.replace(/"ListPrice":[\d.]+/, '"ListPrice":"Jane Roe"') }), 'upstream-broken vendor-answer-invalid', /itemsV2\/items\/0\/ListPrice/],
      'a list without end': [({ text }) => ({ status: 200, text: text.replace('"hasMore":false', '"hasMore":true') }), 'upstream-broken vendor-answer-invalid', /no end/],
      'a request that it does not understand': [() => ({ status: 400, text: '{"o:errorDetails":[{"detail":"?","o:errorCode":"JBO-27014"}]}' }), 'internal vendor-rejected-request', /does not understand/],
    };

    for (const [what, [answer, expected, message]] of Object.entries(STRANGE)) {
      it(`${what}`, async () => {
        proxy.rewrite.answer = (exchange, original) => (exchange.path.includes('/itemsV2') ? answer(original, exchange) : undefined);
        const failure = await failureOf(item());
        assert.equal(`${failure.kind} ${failure.code}`, expected);
        assert.match(failure.message, message);
        assert.doesNotMatch(failure.message, /Jane/);
      });
    }

    it('a row that answers another question is not taken for the answer', async () => {
      proxy.rewrite.answer = ({ path }, { status, text }) => (path.includes('/itemsV2') ? { status, text: text.replaceAll('"IMP-1001"', '"IMP-1002"') } : undefined);
      assert.equal(await codeOf(item()), 'not-found unknown-item');
    });
  });
});
