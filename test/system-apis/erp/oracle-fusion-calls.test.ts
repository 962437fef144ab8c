import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { systemClock } from '#chassis/time/clock.ts';
import type { PurchaseOrder } from '#contracts/generated/system/erp/v1.ts';
import { aJournal, anInvoice, anIssue, anOrder, aPayment, aReceipt, aRequisition, callOf, openAdapter, settingsFor, startProxy, startSandbox, type Proxy, type Sandbox } from './oracle-fusion-support.ts';

/** How often the vendor is asked. The hospital's day stands on these numbers: a line more here is a call more for every use of every patient. */
describe('oracle-fusion asks its vendor as little as it can', () => {
  let sandbox: Sandbox;
  let proxy: Proxy;
  let port: ReturnType<typeof openAdapter>;
  let shift = 0;

  before(async () => {
    sandbox = await startSandbox();
    proxy = await startProxy(sandbox.erp.url);
    port = openAdapter(settingsFor(proxy.url, sandbox.erp.credentials, { cacheMs: 60_000, journals: { gatherMs: 30, pollMs: 40 } }), { now: () => new Date(systemClock.now().getTime() + shift) });
  });

  after(async () => {
    await port.close();
    await proxy.close();
    await sandbox.stop();
  });

  const asked = async (call: Promise<unknown>): Promise<string[]> => {
    await call;
    return proxy.seen();
  };

  it('finds a whole item with three questions, five where it is bought in another unit, and again with none', async () => {
    assert.deepEqual((await asked(port.getItem({ itemNumber: 'IMP-1001' }, callOf()))).toSorted(), ['GET GTINRelationships', 'GET itemsV2', 'GET relatedItemRelationships']);
    assert.deepEqual(await asked(port.getItem({ itemNumber: 'IMP-1001' }, callOf())), []);
    assert.deepEqual((await asked(port.getItem({ itemNumber: 'CON-3001' }, callOf()))).toSorted(), ['GET GTINRelationships', 'GET itemsV2', 'GET relatedItemRelationships', 'GET unitsOfMeasure', 'GET unitsOfMeasure/{}/child/intraclassConversions']);
  });

  it('puts the questions of many callers into one', async () => {
    const numbers = ['CON-3003', 'CON-3004', 'CON-3005', 'CON-3006', 'CON-3007', 'CON-3008', 'CON-3009', 'CON-3010'];
    const seen = await asked(Promise.all([...numbers, ...numbers].map((itemNumber) => port.getItem({ itemNumber }, callOf()))));
    assert.equal(seen.filter((each) => each === 'GET itemsV2').length, 1);
    assert.equal(seen.length, 4);
  });

  it('asks again when its knowledge is old', async () => {
    shift += 60_000;
    assert.equal((await asked(port.getItem({ itemNumber: 'IMP-1001' }, callOf()))).length, 3);
  });

  it('does not remember that something is not there', async () => {
    const ask = () => asked(port.getItem({ itemNumber: 'NEW-1' }, callOf()).catch(() => undefined));
    assert.deepEqual([await ask(), await ask()], [['GET itemsV2'], ['GET itemsV2']]);
  });

  it('reads the chart of accounts once for all charges', async () => {
    shift += 60_000;
    await asked(port.getCostCenter({ costCenter: '7010' }, callOf()));
    assert.deepEqual(await asked(Promise.all([port.getCostCenter({ costCenter: '7020' }, callOf()), port.getAccount({ account: '5110' }, callOf()), port.listCostCenters({}, callOf())])), []);
  });

  describe('with its master data at hand', () => {
    let order: PurchaseOrder;

    before(async () => {
      const placed = await port.createPurchaseOrder({ body: anOrder() }, callOf());
      const invoice = await port.createInvoice({ body: anInvoice(placed, 1) }, callOf());
      await port.createPayment({ body: aPayment(invoice) }, callOf());
      await port.createReceipt({ body: aReceipt(placed, 1) }, callOf());
      await port.createStockMovement({ body: anIssue() }, callOf());
      await port.listReplenishmentRules({ facility: 'MAIN', itemNumber: 'IMP-1002' }, callOf());
      proxy.seen();
    });

    it('creates a requisition and its order with three calls each', async () => {
      const requisition = await port.createRequisition({ body: aRequisition() }, callOf());
      assert.deepEqual(proxy.seen(), ['POST purchaseRequisitions', 'POST purchaseRequisitions/{}/action/submitRequisition', 'GET purchaseRequisitions/{}']);
      order = await port.createPurchaseOrder({ body: anOrder({ requisitionNumber: requisition.number }) }, callOf());
      assert.deepEqual(proxy.seen(), ['POST draftPurchaseOrders', 'POST draftPurchaseOrders/{}/action/submit', 'GET purchaseOrders/{}']);
    });

    it('changes an order with four calls', async () => {
      const body = { reference: 'chg-1', reason: 'Agreed', lines: [{ line: 1, quantity: 8 }] };
      assert.deepEqual(await asked(port.changePurchaseOrder({ orderNumber: order.number, body }, callOf())), ['GET purchaseOrders', 'PATCH draftPurchaseOrders/{}', 'POST draftPurchaseOrders/{}/action/submit', 'GET purchaseOrders/{}']);
    });

    it('receives goods with three calls', async () => {
      assert.deepEqual(await asked(port.createReceipt({ body: aReceipt(order, 8) }, callOf())), ['GET purchaseOrders', 'POST receivingReceiptRequests', 'GET inventoryCompletedTransactions']);
    });

    it('enters and validates an invoice with three calls, pays it with one, closes the order with two', async () => {
      const body = anInvoice(order, 8);
      assert.deepEqual(await asked(port.createInvoice({ body }, callOf())), ['POST invoices', 'POST invoices/action/validateInvoice', 'GET invoices']);
      assert.deepEqual(await asked(port.createPayment({ body: aPayment(body) }, callOf())), ['POST payablesPayments']);
      assert.deepEqual(await asked(port.closePurchaseOrder({ orderNumber: order.number }, callOf())), ['GET purchaseOrders', 'POST purchaseOrders/{}/action/close']);
    });

    it('takes a piece from stock with two calls, and with three where it chooses the lot', async () => {
      assert.deepEqual(await asked(port.createStockMovement({ body: anIssue({ tracking: { lot: 'AMCA1002' } }) }, callOf())), ['POST inventoryStagedTransactions', 'GET inventoryCompletedTransactions']);
      assert.deepEqual(await asked(port.createStockMovement({ body: anIssue() }, callOf())), ['GET inventoryOnhandBalances', 'POST inventoryStagedTransactions', 'GET inventoryCompletedTransactions']);
    });

    it('knows the replenishment rules of an item that is used again', async () => {
      assert.deepEqual(await asked(port.listReplenishmentRules({ facility: 'MAIN', itemNumber: 'IMP-1002' }, callOf())), []);
    });

    it('posts forty journals of forty callers with one file', async () => {
      const seen = await asked(Promise.all(Array.from({ length: 40 }, () => port.createJournal({ body: aJournal() }, callOf()))));
      assert.equal(seen.filter((each) => each === 'POST erpintegrations').length, 1);
      assert.equal(seen.filter((each) => each === 'GET journalBatches').length, 1);
      assert.ok(seen.every((each) => ['POST erpintegrations', 'GET erpintegrations', 'GET journalBatches'].includes(each)), seen.join());
    });

    it('adds up an account of one order with one question', async () => {
      assert.deepEqual(await asked(port.getAccountBalance({ account: '2150', documentNumber: order.number }, callOf())), ['GET journalBatches']);
    });
  });
});
