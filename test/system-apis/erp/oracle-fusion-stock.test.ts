import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type { NewStockMovement } from '#contracts/generated/system/erp/v1.ts';
import { anIssue, anOrder, aReceipt, callOf, failureOf, fresh, openAdapter, query, settingsFor, startSandbox, today, type Sandbox } from './oracle-fusion-support.ts';

describe('oracle-fusion moves stock', () => {
  let sandbox: Sandbox;
  let port: ReturnType<typeof openAdapter>;

  before(async () => {
    sandbox = await startSandbox();
    port = openAdapter(settingsFor(sandbox.erp.url, sandbox.erp.credentials, { cacheMs: 60_000 }));
  });

  after(async () => {
    await port.close();
    await sandbox.stop();
  });

  const move = (changes: Partial<NewStockMovement>) => port.createStockMovement({ body: anIssue(changes) }, callOf());
  const codeOf = async (changes: Partial<NewStockMovement>) => (await failureOf(move(changes))).code;
  const lotsTaken = (number: string) => query<{ lot: string; quantity: string }>(sandbox.databaseUrl, `select lot, quantity::text from erp.stock_movements where inventory_transaction_id = ${number} and quantity < 0 order by lot`);
  const bring = (itemNumber: string, lot: string, quantity: number, expiresOn: string) => move({ kind: 'receipt', itemNumber, location: 'ED', quantity, costCenter: undefined, tracking: { lot, expiresOn } });

  describe('of an item with lots, where the caller names none', () => {
    it('first expired goes first out, over as many lots as it takes', async () => {
      await bring('IMP-1001', 'LATE', 3, '2098-01-01');
      await bring('IMP-1001', 'SOON', 2, '2097-01-01');
      const one = await move({ itemNumber: 'IMP-1001', location: 'ED' });
      assert.deepEqual(one.tracking, { lot: 'SOON', expiresOn: '2097-01-01' });
      const three = await move({ itemNumber: 'IMP-1001', location: 'ED', quantity: 3 });
      assert.equal(three.tracking, undefined, 'several lots have no place in the answer');
      assert.deepEqual(await lotsTaken(three.number), [{ lot: 'LATE', quantity: '-2' }, { lot: 'SOON', quantity: '-1' }]);
      assert.equal(three.value, '4350.00');
      assert.equal(await codeOf({ itemNumber: 'IMP-1001', location: 'ED', quantity: 2 }), 'negative-stock');
    });

    it('a lot that has expired is used only by its name, and counted as what it is', async () => {
      await bring('IMP-1003', 'OLD', 2, '2001-01-01');
      assert.equal(await codeOf({ itemNumber: 'IMP-1003', location: 'ED' }), 'expired-stock');
      assert.equal(await codeOf({ itemNumber: 'IMP-1003', location: 'ED', kind: 'transfer', toLocation: 'STORES', costCenter: undefined }), 'expired-stock');
      assert.equal((await move({ itemNumber: 'IMP-1003', location: 'ED', tracking: { lot: 'OLD' } })).tracking?.lot, 'OLD');
      assert.equal((await move({ itemNumber: 'IMP-1003', location: 'ED', kind: 'adjustment', quantity: -1, costCenter: undefined })).tracking?.lot, 'OLD');
    });

    it('many who choose at once share out what is there, and no more', async () => {
      await bring('DEV-2005', 'ONE', 4, '2098-01-01');
      await bring('DEV-2005', 'TWO', 4, '2098-02-01');
      const answers = await Promise.allSettled(Array.from({ length: 12 }, () => move({ itemNumber: 'DEV-2005', location: 'ED' })));
      const left = await query<{ left: string }>(sandbox.databaseUrl, "select coalesce(sum(quantity), 0)::int as left from erp.stock_balances where item_number = 'DEV-2005' and subinventory = 'ED'");
      assert.equal(answers.filter((each) => each.status === 'fulfilled').length, 8 - Number(left[0]!.left));
      assert.ok(answers.every((each) => each.status === 'fulfilled' || ['negative-stock', 'stock-contended'].includes((each.reason as { code: string }).code)));
    });

    it('what comes in needs a lot, a piece with a serial number needs that', async () => {
      assert.equal(await codeOf({ kind: 'receipt', itemNumber: 'IMP-1001', costCenter: undefined }), 'tracking-required');
      assert.equal(await codeOf({ itemNumber: 'IMP-1101', location: 'EPLAB' }), 'tracking-required');
    });
  });

  it('the expiry of a lot that comes back is known from when it was there', async () => {
    await bring('IMP-1002', 'BACK', 1, '2097-05-05');
    const tracking = { lot: 'BACK' };
    await move({ itemNumber: 'IMP-1002', location: 'ED', tracking });
    const back = await move({ kind: 'receipt', itemNumber: 'IMP-1002', location: 'ED', account: '5120', tracking });
    assert.deepEqual(back.tracking, { lot: 'BACK', expiresOn: '2097-05-05' });
    assert.equal(await codeOf({ kind: 'receipt', itemNumber: 'IMP-1002', location: 'ED', tracking: { lot: fresh('NEVER-SEEN') } }), 'tracking-required');
  });

  it('a transfer takes its lots along', async () => {
    await bring('IMP-1301', 'TRAVEL', 2, '2097-01-01');
    const moved = await move({ kind: 'transfer', itemNumber: 'IMP-1301', location: 'ED', toLocation: 'CLINIC', quantity: 2, costCenter: undefined });
    assert.deepEqual([moved.tracking?.lot, moved.value], ['TRAVEL', '438.00']);
    const { items } = await port.listStockBalances({ facility: 'MAIN', itemNumber: 'IMP-1301', location: 'CLINIC' }, callOf());
    assert.deepEqual(items.map(({ quantity, tracking }) => ({ quantity, ...tracking })), [{ quantity: 2, lot: 'TRAVEL', expiresOn: '2097-01-01' }]);
  });

  it('the case is kept beside the reference, whatever it is called, and found by the reference alone', async () => {
    for (const caseReference of ['enc-1', "it's a; case (2) %", 'two words']) {
      const reference = `${fresh('use')}-whole`;
      const body = anIssue({ reference, itemNumber: 'CON-3001', location: 'STORES', caseReference });
      const made = await port.createStockMovement({ body }, callOf());
      assert.equal(made.caseReference, caseReference);
      assert.deepEqual((await port.listStockMovements({ reference }, callOf())).items, [made]);
      assert.deepEqual(await port.createStockMovement({ body }, callOf(true)), made);
      assert.deepEqual((await port.listStockMovements({ reference: reference.slice(0, -3) }, callOf())).items, []);
    }
  });

  it('what nobody bears stands against the stock clearing account, what a cost centre bears is in its budget', async () => {
    const charged = (number: string) => query<{ account: string }>(sandbox.databaseUrl, `select account_combination as account from erp.inventory_transactions where id = ${number}`);
    const counted = await move({ kind: 'adjustment', itemNumber: 'CON-3001', location: 'STORES', costCenter: undefined, account: '5110' });
    assert.deepEqual(await charged(counted.number), [{ account: '101-0000-2190' }]);
    const used = await move({ itemNumber: 'PHA-4004', location: 'STORES', costCenter: '7050' });
    assert.deepEqual(await charged(used.number), [{ account: '101-7050-5130' }], 'the account of the item');
  });

  it('a location may be named by the cost centre that it serves', async () => {
    const placed = await port.createPurchaseOrder({ body: anOrder({ location: '7020' }) }, callOf());
    assert.equal(placed.location, 'THEATRE');
    const received = await port.createReceipt({ body: aReceipt(placed, 1, { location: '7040' }) }, callOf());
    assert.deepEqual([received.location, received.receivedOn], ['ED', today()]);
    const usedUp = await port.createPurchaseOrder({ body: anOrder({ location: '7060' }, { costCenter: '7060', quantity: 1 }) }, callOf());
    assert.equal(usedUp.location, undefined, 'no stock serves this one');
    assert.equal((await port.createReceipt({ body: aReceipt(usedUp, 1, { location: '7060' }) }, callOf())).stockValue, '0.00');
  });

  it('what a receipt is worth is what the order says, what the stock is worth is what the books say', async () => {
    const placed = await port.createPurchaseOrder({ body: anOrder({}, { unitPrice: '9.1111', quantity: 7 }) }, callOf());
    const received = await port.createReceipt({ body: aReceipt(placed, 7) }, callOf());
    assert.deepEqual([received.value, received.stockValue], ['63.78', '57.75']);
    assert.deepEqual((await port.listReceipts({ orderNumber: placed.number }, callOf())).items, [received]);
  });
});
