import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { lineFor, placeOrder, receipt } from './documents.ts';
import { NOWHERE } from './fixture.ts';
import { assertAmount, fails, failsAsUnsupported, fresh, today, type ErpSession } from './harness.ts';
import { balanceOf } from './stock.ts';

export function receiptSuite(session: () => ErpSession): void {
  describe('receipts', () => {
    const supported = () => session().capability('receipts').supported;

    it('put part of an order into stock, then the rest, each at its order price', async () => {
      const { call, capability, fixture } = session();
      const placed = await placeOrder(session());
      const before = await balanceOf(session(), fixture.item.number);
      const create = call('createReceipt', { body: receipt(fixture, placed, 4) });
      if (!supported()) return failsAsUnsupported(create, capability('receipts'));
      const first = await create;
      assert.deepEqual({ order: first.orderNumber, location: first.location, receivedOn: first.receivedOn, lines: first.lines },
        { order: placed.number, location: fixture.location, receivedOn: today(), lines: [{ orderLine: 1, itemNumber: fixture.item.number, quantity: 4, unit: fixture.item.unit }] });
      assertAmount(first.value, '34.00');
      assert.ok(Number(first.stockValue) > 0);
      const half = await call('getPurchaseOrder', { orderNumber: placed.number });
      assert.deepEqual({ status: half.status, received: half.lines[0]!.receivedQuantity, quantity: half.lines[0]!.quantity }, { status: 'open', received: 4, quantity: 10 });
      const second = await call('createReceipt', { body: receipt(fixture, placed, 6) });
      assert.equal((await call('getPurchaseOrder', { orderNumber: placed.number })).lines[0]!.receivedQuantity, 10);
      assert.equal(await balanceOf(session(), fixture.item.number), before + 10);
      assert.deepEqual(new Set((await call('listReceipts', { orderNumber: placed.number })).items.map((each) => each.number)), new Set([first.number, second.number]));
      assert.deepEqual((await call('listReceipts', { reference: first.reference })).items, [first]);
    });

    it('of boxes raise the stock by the pieces in them', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await placeOrder(session(), [lineFor(fixture, fixture.boxedItem, { quantity: 3, unitPrice: '18.00' })]);
      const before = await balanceOf(session(), fixture.boxedItem.number);
      const { value } = await call('createReceipt', { body: receipt(fixture, placed, 2) });
      assertAmount(value, '36.00');
      assert.equal(await balanceOf(session(), fixture.boxedItem.number), before + 2 * fixture.boxedItem.unitsPerPurchasingUnit);
    });

    it('beyond what was ordered are refused, and leave order and stock as they were', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      await call('createReceipt', { body: receipt(fixture, placed, 4) });
      const before = await balanceOf(session(), fixture.item.number);
      await fails(call('createReceipt', { body: receipt(fixture, placed, 7) }), 'refused', 'over-receipt');
      assert.equal(await balanceOf(session(), fixture.item.number), before);
      assert.equal((await call('listReceipts', { orderNumber: placed.number })).items.length, 1);
      await call('createReceipt', { body: receipt(fixture, placed, 6) });
      await fails(call('createReceipt', { body: receipt(fixture, placed, 1) }), 'refused');
    });

    it('count the lines of one receipt together', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      const [line] = receipt(fixture, placed, 6).lines;
      await fails(call('createReceipt', { body: receipt(fixture, placed, 6, { lines: [line!, line!] }) }), 'refused', 'over-receipt');
    });

    it('are refused for lines, items, units, places and orders that are not there', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      const withLine = (changes: object) => call('createReceipt', { body: receipt(fixture, placed, 1, { lines: [{ ...receipt(fixture, placed, 1).lines[0]!, ...changes }] }) });
      await fails(withLine({ orderLine: 9 }), 'refused', 'unknown-order-line');
      await fails(withLine({ itemNumber: fixture.boxedItem.number }), 'refused', 'item-differs-from-order');
      await fails(withLine({ unit: 'ZZ' }), 'refused', 'unknown-unit');
      await fails(call('createReceipt', { body: receipt(fixture, placed, 1, { location: NOWHERE }) }), 'refused', 'unknown-location');
      await fails(call('createReceipt', { body: receipt(fixture, { ...placed, number: NOWHERE }, 1) }), 'refused', 'unknown-order');
    });

    it('are not made twice by a repeat', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      const wanted = receipt(fixture, placed, 5);
      const first = await call('createReceipt', { body: wanted });
      assert.deepEqual(await call('createReceipt', { body: wanted }, { repeated: true }), first);
      assert.equal((await call('getPurchaseOrder', { orderNumber: placed.number })).lines[0]!.receivedQuantity, 5);
    });

    it('keep lot and expiry of what came', async () => {
      if (!supported()) return;
      const { call, capability, fixture } = session();
      const placed = await placeOrder(session(), [lineFor(fixture, fixture.lotItem, { quantity: 8 })]);
      const [line] = receipt(fixture, placed, 5).lines;
      const lots = [fresh('L'), fresh('L')];
      const create = call('createReceipt', { body: receipt(fixture, placed, 5, { lines: [
        { ...line!, quantity: 5, tracking: { lot: lots[0]!, expiresOn: '2099-12-31' } }, { ...line!, quantity: 3, tracking: { lot: lots[1]!, expiresOn: '2098-06-30' } },
      ] }) });
      if (!capability('stock-tracking').supported) return failsAsUnsupported(create, capability('stock-tracking'));
      const { lines } = await create;
      assert.deepEqual(lines.map(({ quantity, tracking }) => ({ quantity, lot: tracking?.lot, expiresOn: tracking?.expiresOn })),
        [{ quantity: 5, lot: lots[0], expiresOn: '2099-12-31' }, { quantity: 3, lot: lots[1], expiresOn: '2098-06-30' }]);
      assert.equal(await balanceOf(session(), fixture.lotItem.number, { lot: lots[0]! }), 5);
      assert.equal(await balanceOf(session(), fixture.lotItem.number, { lot: lots[1]! }), 3);
      assert.equal((await call('getPurchaseOrder', { orderNumber: placed.number })).lines[0]!.receivedQuantity, 8);
    });

    it('keep the serial number of what came', async () => {
      const { call, capability, fixture } = session();
      if (!supported() || !capability('stock-tracking').supported) return;
      const placed = await placeOrder(session(), [lineFor(fixture, fixture.serialItem, { quantity: 1, unitPrice: '19800.00' })]);
      const [line] = receipt(fixture, placed, 1).lines;
      const serial = fresh('SN');
      const { lines } = await call('createReceipt', { body: receipt(fixture, placed, 1, { lines: [{ ...line!, tracking: { serial, expiresOn: '2099-12-31' } }] }) });
      assert.equal(lines[0]!.tracking?.serial, serial);
      assert.equal(await balanceOf(session(), fixture.serialItem.number, { serial }), 1);
    });

    it('without the lot of an item that is traced by lot are refused', async () => {
      const { call, capability, fixture } = session();
      if (!supported() || !capability('stock-tracking').supported) return;
      const placed = await placeOrder(session(), [lineFor(fixture, fixture.lotItem)]);
      await fails(call('createReceipt', { body: receipt(fixture, placed, 1) }), 'refused', 'tracking-required');
      assert.deepEqual((await call('listReceipts', { orderNumber: placed.number })).items, []);
    });
  });
}
