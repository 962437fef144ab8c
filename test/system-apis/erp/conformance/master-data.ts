import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { NOWHERE } from './fixture.ts';
import { allPages, assertAmount, fails, failsAsUnsupported, type ErpSession } from './harness.ts';

export function masterDataSuite(session: () => ErpSession): void {
  describe('master data', () => {
    it('tells a supplier with its payment terms', async () => {
      const { call, fixture } = session();
      const { number, name, paymentTermsDays } = fixture.supplier;
      assert.deepEqual(await call('getSupplier', { supplierNumber: number }), { number, name, status: 'active', currency: fixture.currency, paymentTermsDays });
    });

    it('finds suppliers by a part of their name, whatever its case', async () => {
      const { call, fixture } = session();
      const part = fixture.supplier.name.slice(1, 6).toUpperCase();
      const { items } = await call('listSuppliers', { name: part, limit: 200 });
      assert.ok(items.some((each) => each.number === fixture.supplier.number));
      assert.ok(items.every((each) => each.name.toUpperCase().includes(part)));
    });

    it('finds nobody by a name that holds wildcards', async () => {
      assert.deepEqual((await session().call('listSuppliers', { name: '%_%' })).items, []);
    });

    it('tells an item with its units, price, account and tracking', async () => {
      const { call, fixture } = session();
      const item = await call('getItem', { itemNumber: fixture.boxedItem.number });
      assert.equal(item.stockingUnit, fixture.boxedItem.stockingUnit);
      assert.equal(item.purchasingUnit, fixture.boxedItem.unit);
      assert.equal(item.unitsPerPurchasingUnit, fixture.boxedItem.unitsPerPurchasingUnit);
      assert.equal(item.status, 'active');
      assert.equal(item.currency, fixture.currency);
      assert.notEqual(item.description, '');
      assert.ok(Number(item.listPrice) > 0);
    });

    it('knows which items are traced by lot, by serial number and by expiry', async () => {
      const { call, capability, fixture } = session();
      const trackings = await Promise.all([fixture.item, fixture.lotItem, fixture.serialItem].map(async ({ number }) => (await call('getItem', { itemNumber: number })).tracking));
      if (!capability('stock-tracking').supported) return assert.ok(trackings.every(({ lot, serial, expiry }) => !lot && !serial && !expiry));
      const [plain, byLot, bySerial] = trackings;
      assert.deepEqual(plain, { lot: false, serial: false, expiry: false });
      assert.deepEqual({ lot: byLot!.lot, serial: byLot!.serial, expiry: byLot!.expiry }, { lot: true, serial: false, expiry: true });
      assert.equal(bySerial!.serial, true);
    });

    it('finds an item by its device identifier', async () => {
      const { call, capability, fixture } = session();
      const find = call('listItems', { deviceIdentifier: fixture.item.deviceIdentifier });
      if (!capability('device-identifiers').supported) return failsAsUnsupported(find, capability('device-identifiers'));
      const { items } = await find;
      assert.deepEqual(items.map((each) => each.number), [fixture.item.number]);
      assert.ok(items[0]!.deviceIdentifiers.includes(fixture.item.deviceIdentifier));
      assert.deepEqual((await call('listItems', { deviceIdentifier: '00000000000000' })).items, []);
    });

    it('finds items by a part of their description', async () => {
      const { call, fixture } = session();
      const { description } = await call('getItem', { itemNumber: fixture.item.number });
      const part = description.slice(0, 8);
      const found = (await allPages((cursor) => call('listItems', { description: part, limit: 50, ...(cursor ? { cursor } : {}) }))).flat();
      assert.ok(found.some((each) => each.number === fixture.item.number));
      assert.ok(found.every((each) => each.description.toLowerCase().includes(part.toLowerCase())));
    });

    it('knows the units in which the items are bought', async () => {
      const { call, fixture } = session();
      const codes = (await call('listUnitsOfMeasure', { limit: 200 })).items.map((each) => each.code);
      for (const unit of [fixture.item.unit, fixture.boxedItem.unit, fixture.boxedItem.stockingUnit]) assert.ok(codes.includes(unit), `${unit} of ${codes.join()}`);
    });

    it('tells open cost centres from closed ones', async () => {
      const { call, fixture } = session();
      const open = await call('getCostCenter', { costCenter: fixture.openCostCenter });
      assert.deepEqual({ code: open.code, status: open.status }, { code: fixture.openCostCenter, status: 'open' });
      assert.ok(open.facilities.includes(fixture.facility));
      assert.equal((await call('getCostCenter', { costCenter: fixture.closedCostCenter })).status, 'closed');
      const { items } = await call('listCostCenters', { facility: fixture.facility, limit: 200 });
      assert.ok(items.every((each) => each.facilities.includes(fixture.facility)));
      const codes = items.map((each) => each.code);
      assert.ok(codes.includes(fixture.openCostCenter) && codes.includes(fixture.closedCostCenter));
    });

    it('knows the kinds of the accounts', async () => {
      const { call, fixture } = session();
      for (const type of ['expense', 'liability', 'asset'] as const) {
        const account = await call('getAccount', { account: fixture.accounts[type] });
        assert.deepEqual({ code: account.code, type: account.type }, { code: fixture.accounts[type], type });
      }
    });

    it('says by code what it does not know', async () => {
      const { call } = session();
      await fails(call('getSupplier', { supplierNumber: NOWHERE }), 'not-found', 'unknown-supplier');
      await fails(call('getItem', { itemNumber: NOWHERE }), 'not-found', 'unknown-item');
      await fails(call('getCostCenter', { costCenter: NOWHERE }), 'not-found', 'unknown-cost-center');
      await fails(call('getAccount', { account: NOWHERE }), 'not-found', 'unknown-account');
      await fails(call('getAccountBalance', { account: NOWHERE }), 'not-found', 'unknown-account');
      await fails(call('getRequisition', { requisitionNumber: NOWHERE }), 'not-found', 'unknown-requisition');
      await fails(call('getPurchaseOrder', { orderNumber: NOWHERE }), 'not-found', 'unknown-order');
      await fails(call('getInvoice', { supplierNumber: NOWHERE, invoiceNumber: NOWHERE }), 'not-found', 'unknown-invoice');
    });

    it('tells the budget of a cost centre', async () => {
      const { call, capability, fixture } = session();
      const { costCenter, year, budgeted } = fixture.budget;
      const read = call('getBudget', { costCenter, year });
      if (!capability('budgets').supported) return failsAsUnsupported(read, capability('budgets'));
      const budget = await read;
      assertAmount(budget.budgeted, budgeted);
      await fails(call('getBudget', { costCenter: NOWHERE, year }), 'not-found', 'unknown-cost-center');
    });

    it('tells when to order more', async () => {
      const { call, capability, fixture } = session();
      const { itemNumber, location, reorderPoint, maximum } = fixture.replenishment;
      const list = call('listReplenishmentRules', { facility: fixture.facility, itemNumber });
      if (!capability('replenishment-rules').supported) return failsAsUnsupported(list, capability('replenishment-rules'));
      const rule = (await list).items.find((each) => each.location === location);
      assert.deepEqual(rule && { itemNumber: rule.itemNumber, facility: rule.facility, reorderPoint: rule.reorderPoint, maximum: rule.maximum }, { itemNumber, facility: fixture.facility, reorderPoint, maximum });
    });
  });

  describe('lists', () => {
    const lists = {
      suppliers: (erp: ErpSession, page: Page) => erp.call('listSuppliers', page),
      items: (erp: ErpSession, page: Page) => erp.call('listItems', page),
      'units of measure': (erp: ErpSession, page: Page) => erp.call('listUnitsOfMeasure', page),
      'cost centres': (erp: ErpSession, page: Page) => erp.call('listCostCenters', page),
      accounts: (erp: ErpSession, page: Page) => erp.call('listAccounts', page),
      'stock balances': (erp: ErpSession, page: Page) => erp.call('listStockBalances', { facility: erp.fixture.facility, location: erp.fixture.location, ...page }),
    };
    for (const [what, list] of Object.entries(lists)) {
      it(`gives all ${what} in small pages, none lost and none twice`, async () => {
        const erp = session();
        const whole = (await allPages<unknown>((cursor) => list(erp, { limit: 200, ...(cursor ? { cursor } : {}) }))).flat().map((each) => JSON.stringify(each));
        assert.ok(whole.length > 0);
        assert.equal(new Set(whole).size, whole.length, 'no entry twice');
        // Never more than forty pages: the books may be large.
        const limit = Math.max(1, Math.ceil(whole.length / 40), Math.floor(whole.length / 3));
        const pages = await allPages<unknown>((cursor) => list(erp, { limit, ...(cursor ? { cursor } : {}) }));
        assert.ok(pages.every((page) => page.length <= limit));
        assert.deepEqual(pages.flat().map((each) => JSON.stringify(each)).toSorted(), whole.toSorted());
      });
    }

    it('refuses a cursor that it did not give', async () => {
      const { call } = session();
      await fails(call('listItems', { cursor: 'not-a-cursor' }), 'invalid-request');
      await fails(call('listStockBalances', { facility: session().fixture.facility, cursor: 'W10' }), 'invalid-request');
    });

  });
}

interface Page { limit: number; cursor?: string }
