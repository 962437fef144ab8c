import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { invoice, lineFor, order, orderLine, placeOrder, receipt } from './documents.ts';
import { NOWHERE } from './fixture.ts';
import { allPages, assertAmount, fails, failsAsUnsupported, fresh, type ErpSession } from './harness.ts';

export function orderSuite(session: () => ErpSession): void {
  describe('purchase orders', () => {
    it('are created open and read back as they were', async () => {
      const { call, capability, fixture } = session();
      const wanted = order(fixture, [
        orderLine(fixture, { description: 'as quoted', promisedOn: '2099-02-28' }),
        lineFor(fixture, fixture.boxedItem, { line: 7, quantity: 2, unitPrice: '18.0000' }),
      ]);
      const create = call('createPurchaseOrder', { body: wanted });
      if (!capability('purchase-orders').supported) return failsAsUnsupported(create, capability('purchase-orders'));
      const made = await create;
      const read = await call('getPurchaseOrder', { orderNumber: made.number });
      assert.deepEqual(read, made);
      assert.deepEqual(
        { reference: read.reference, supplierNumber: read.supplierNumber, facility: read.facility, currency: read.currency, status: read.status },
        { reference: wanted.reference, supplierNumber: wanted.supplierNumber, facility: wanted.facility, currency: wanted.currency, status: 'open' });
      assertAmount(read.total, '121.00');
      assert.equal(read.lines.length, 2);
      for (const [index, { unitPrice, ...line }] of read.lines.entries()) {
        const { unitPrice: wantedPrice, ...wantedLine } = wanted.lines[index]!;
        assert.deepEqual({ description: undefined, ...line }, { description: line.description, ...wantedLine, status: 'open', receivedQuantity: 0, invoicedQuantity: 0 });
        assertAmount(unitPrice, wantedPrice);
      }
      assert.equal(read.lines[0]!.description, 'as quoted');
    });

    it('keep four decimals of a price and add up to the cent', async () => {
      const { fixture } = session();
      const placed = await placeOrder(session(), [
        orderLine(fixture, { line: 1, quantity: 1000, unitPrice: '0.1234' }),
        orderLine(fixture, { line: 2, quantity: 7, unitPrice: '0.3333' }),
        orderLine(fixture, { line: 3, quantity: 3, unitPrice: '19800.0001' }),
      ]);
      // 123.40 + 2.33 + 59400.00
      assertAmount(placed.total, '59525.73');
      assert.deepEqual(placed.lines.map((line) => Number(line.unitPrice)), [0.1234, 0.3333, 19800.0001]);
    });

    it('say which stock location the goods are for, one of the facility', async () => {
      const { call, fixture } = session();
      const placed = await call('createPurchaseOrder', { body: order(fixture, undefined, { location: fixture.otherLocation }) });
      const { location } = await call('getPurchaseOrder', { orderNumber: placed.number });
      // Only where the vendor keeps one.
      assert.ok(location === undefined || location === fixture.otherLocation, location);
      await fails(call('createPurchaseOrder', { body: order(fixture, undefined, { location: NOWHERE }) }), 'refused', 'unknown-location');
    });

    it('are found by reference, by supplier and by status', async () => {
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      assert.deepEqual((await call('listPurchaseOrders', { reference: placed.reference })).items, [placed]);
      assert.deepEqual((await call('listPurchaseOrders', { reference: placed.reference, status: 'cancelled' })).items, []);
      assert.deepEqual((await call('listPurchaseOrders', { supplierNumber: NOWHERE })).items, []);
      const pages = await allPages((cursor) => call('listPurchaseOrders', { supplierNumber: fixture.supplier.number, status: 'open', limit: 100, ...(cursor ? { cursor } : {}) }));
      const numbers = pages.flat().map((each) => each.number);
      assert.ok(numbers.includes(placed.number));
      assert.equal(new Set(numbers).size, numbers.length);
      assert.ok(pages.flat().every((each) => each.status === 'open' && each.supplierNumber === fixture.supplier.number));
    });

    it('are not made twice by a repeat', async () => {
      const { call, fixture } = session();
      const wanted = order(fixture);
      const first = await call('createPurchaseOrder', { body: wanted });
      assert.deepEqual(await call('createPurchaseOrder', { body: wanted }, { repeated: true }), first);
      assert.equal((await call('listPurchaseOrders', { reference: wanted.reference })).items.length, 1);
    });

    it('are refused for what the books do not have', async () => {
      const { call, fixture } = session();
      const create = (line: object, changes: object = {}) => call('createPurchaseOrder', { body: order(fixture, [orderLine(fixture, line)], changes) });
      await fails(create({ itemNumber: NOWHERE }), 'refused', 'unknown-item');
      await fails(create({ unit: 'ZZ' }), 'refused', 'unknown-unit');
      await fails(create({ account: NOWHERE }), 'refused', 'unknown-account');
      await fails(create({ costCenter: NOWHERE }), 'refused', 'unknown-cost-center');
      await fails(create({ costCenter: fixture.closedCostCenter }), 'refused', 'cost-center-closed');
      await fails(create({}, { supplierNumber: NOWHERE }), 'refused', 'unknown-supplier');
      await fails(create({}, { facility: 'NOWHERE' }), 'refused', 'unknown-facility');
      await fails(create({}, { currency: 'XTS' }), 'refused', 'unknown-currency');
    });

    it('that are refused leave nothing behind', async () => {
      const { call, fixture } = session();
      const wanted = order(fixture, [orderLine(fixture), orderLine(fixture, { line: 2, itemNumber: NOWHERE })]);
      await fails(call('createPurchaseOrder', { body: wanted }), 'refused', 'unknown-item');
      assert.deepEqual((await call('listPurchaseOrders', { reference: wanted.reference })).items, []);
    });

    it('are cancelled while nothing was received', async () => {
      const { call } = session();
      const { number } = await placeOrder(session());
      const cancelled = await call('cancelPurchaseOrder', { orderNumber: number });
      assert.equal(cancelled.status, 'cancelled');
      assert.ok(cancelled.lines.every((line) => line.status === 'cancelled'));
      assert.deepEqual(await call('getPurchaseOrder', { orderNumber: number }), cancelled);
      assert.equal((await call('cancelPurchaseOrder', { orderNumber: number }, { repeated: true })).status, 'cancelled');
      await fails(call('cancelPurchaseOrder', { orderNumber: NOWHERE }), 'not-found', 'unknown-order');
    });

    it('are not cancelled once something was received', async () => {
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      await call('createReceipt', { body: receipt(fixture, placed, 1) });
      await fails(call('cancelPurchaseOrder', { orderNumber: placed.number }), 'refused', 'order-has-receipts');
      assert.equal((await call('getPurchaseOrder', { orderNumber: placed.number })).status, 'open');
    });

    it('are closed when no more is expected, and take no further goods', async () => {
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      await call('createReceipt', { body: receipt(fixture, placed, 4) });
      const closed = await call('closePurchaseOrder', { orderNumber: placed.number });
      assert.equal(closed.status, 'closed');
      assert.equal(closed.lines[0]!.receivedQuantity, 4);
      assert.equal((await call('closePurchaseOrder', { orderNumber: placed.number }, { repeated: true })).status, 'closed');
      await fails(call('createReceipt', { body: receipt(fixture, placed, 1) }), 'refused', 'order-not-open');
    });

    it('can still be invoiced after they were closed', async () => {
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      await call('createReceipt', { body: receipt(fixture, placed, 10) });
      const { number } = await call('closePurchaseOrder', { orderNumber: placed.number });
      assert.equal((await call('createInvoice', { body: invoice(fixture, { ...placed, number }) })).status, 'validated');
    });
  });

  describe('changes of an order', () => {
    const change = (orderNumber: string, lines: object[], options: { repeated?: boolean; reference?: string } = {}) =>
      session().call('changePurchaseOrder', { orderNumber, body: { reference: options.reference ?? fresh('chg'), reason: 'supplier confirmed otherwise', lines: lines as { line: number }[] } }, options);
    const twoLines = () => placeOrder(session(), [orderLine(session().fixture), orderLine(session().fixture, { line: 2, quantity: 5, unitPrice: '2.00' })]);

    it('set quantity, price and promised date of the lines that they name and of no other', async () => {
      const { call, capability } = session();
      const placed = await twoLines();
      const changed = change(placed.number, [{ line: 1, quantity: 8, unitPrice: '9.2525', promisedOn: '2099-03-31' }]);
      if (!capability('order-changes').supported) return failsAsUnsupported(changed, capability('order-changes'));
      const { lines, total, status } = await changed;
      assert.equal(status, 'open');
      assert.deepEqual({ quantity: lines[0]!.quantity, promisedOn: lines[0]!.promisedOn, price: Number(lines[0]!.unitPrice) }, { quantity: 8, promisedOn: '2099-03-31', price: 9.2525 });
      assert.deepEqual(lines[1], placed.lines[1]);
      assertAmount(total, '84.02');
      assert.deepEqual(await call('getPurchaseOrder', { orderNumber: placed.number }), await changed);
    });

    it('take another item in place of one', async () => {
      const { capability, fixture } = session();
      if (!capability('order-changes').supported) return;
      const placed = await twoLines();
      const changed = await change(placed.number, [{ line: 2, itemNumber: fixture.serialItem.number }]);
      assert.equal(changed.lines.find((line) => line.line === 2)?.itemNumber, fixture.serialItem.number);
      await fails(change(placed.number, [{ line: 2, itemNumber: NOWHERE }]), 'refused', 'unknown-item');
    });

    it('cancel a line and leave the others open', async () => {
      const { call, capability, fixture } = session();
      if (!capability('order-changes').supported) return;
      const placed = await twoLines();
      const changed = await change(placed.number, [{ line: 1, cancel: true }]);
      assert.equal(changed.status, 'open');
      assert.deepEqual(changed.lines.map((line) => line.status), ['cancelled', 'open']);
      const [, second] = changed.lines;
      await call('createReceipt', { body: receipt(fixture, { ...changed, lines: [second!] }, 5) });
      await fails(call('createReceipt', { body: receipt(fixture, placed, 1) }), 'refused');
    });

    it('have their effect once when repeated', async () => {
      const { capability } = session();
      if (!capability('order-changes').supported) return;
      const placed = await twoLines();
      const reference = fresh('chg');
      const first = await change(placed.number, [{ line: 1, quantity: 6 }], { reference });
      assert.deepEqual(await change(placed.number, [{ line: 1, quantity: 6 }], { reference, repeated: true }), first);
    });

    it('make room for more goods', async () => {
      const { call, capability, fixture } = session();
      if (!capability('order-changes').supported) return;
      const placed = await twoLines();
      await call('createReceipt', { body: receipt(fixture, placed, 10) });
      await change(placed.number, [{ line: 1, quantity: 12 }]);
      await call('createReceipt', { body: receipt(fixture, placed, 2) });
      assert.equal((await call('getPurchaseOrder', { orderNumber: placed.number })).lines[0]!.receivedQuantity, 12);
    });

    it('are refused below what was received, for lines that are not there, and once the order is closed', async () => {
      const { call, capability, fixture } = session();
      if (!capability('order-changes').supported) return;
      const placed = await twoLines();
      await call('createReceipt', { body: receipt(fixture, placed, 6) });
      await fails(change(placed.number, [{ line: 1, quantity: 5 }]), 'refused', 'below-received');
      await fails(change(placed.number, [{ line: 9, quantity: 5 }]), 'refused', 'unknown-order-line');
      await fails(change(NOWHERE, [{ line: 1, quantity: 5 }]), 'not-found', 'unknown-order');
      await call('closePurchaseOrder', { orderNumber: placed.number });
      await fails(change(placed.number, [{ line: 1, quantity: 20 }]), 'refused', 'order-not-open');
    });
  });
}
