import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { invoice, lineFor, orderLine, placeOrder, receipt } from './documents.ts';
import { NOWHERE } from './fixture.ts';
import { assertAmount, fails, failsAsUnsupported, fresh, today, type ErpSession } from './harness.ts';

export function invoiceSuite(session: () => ErpSession): void {
  const received = async () => {
    const placed = await placeOrder(session());
    await session().call('createReceipt', { body: receipt(session().fixture, placed, 10) });
    return placed;
  };

  describe('invoices', () => {
    const supported = () => session().capability('invoices').supported;

    it('are entered and validated with the amounts that the supplier asks for', async () => {
      const { call, capability, fixture } = session();
      const placed = await received();
      const wanted = invoice(fixture, placed);
      const create = call('createInvoice', { body: wanted });
      if (!supported()) return failsAsUnsupported(create, capability('invoices'));
      const made = await create;
      assert.equal(made.status, 'validated');
      assertAmount(made.total, wanted.total);
      const { reference, supplierNumber, invoiceNumber, orderNumber, invoicedOn, currency } = wanted;
      const read = await call('getInvoice', { supplierNumber, invoiceNumber });
      assert.deepEqual(read, made);
      assert.deepEqual({ reference: read.reference, orderNumber: read.orderNumber, invoicedOn: read.invoicedOn, currency: read.currency }, { reference, orderNumber, invoicedOn, currency });
      assert.deepEqual(read.lines.map(({ orderLine: line, itemNumber, quantity, unit }) => ({ line, itemNumber, quantity, unit })), [{ line: 1, itemNumber: fixture.item.number, quantity: 10, unit: fixture.item.unit }]);
      assert.equal((await call('getPurchaseOrder', { orderNumber })).lines[0]!.invoicedQuantity, 10);
    });

    it('keep four decimals of a price and are right to the cent', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await placeOrder(session(), [orderLine(fixture, { quantity: 333, unitPrice: '0.1234' }), lineFor(fixture, fixture.boxedItem, { line: 2, quantity: 3, unitPrice: '33.3333' })]);
      const made = await call('createInvoice', { body: invoice(fixture, placed) });
      // 41.0922 and 99.9999
      assertAmount(made.total, '141.09');
      assert.deepEqual(made.lines.map((line) => [Number(line.unitPrice), Number(line.amount)]), [[0.1234, 41.09], [33.3333, 100]]);
    });

    it('may come for a part, at another price than ordered', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await received();
      const [line] = invoice(fixture, placed).lines;
      await call('createInvoice', { body: invoice(fixture, placed, { total: '36.00', lines: [{ ...line!, quantity: 4, unitPrice: '9.00', amount: '36.00' }] }) });
      await call('createInvoice', { body: invoice(fixture, placed, { total: '51.00', lines: [{ ...line!, quantity: 6, unitPrice: '8.50', amount: '51.00' }] }) });
      assert.equal((await call('getPurchaseOrder', { orderNumber: placed.number })).lines[0]!.invoicedQuantity, 10);
      assert.equal((await call('listInvoices', { orderNumber: placed.number })).items.length, 2);
    });

    it('with a number that the supplier used before are a conflict', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await received();
      const first = await call('createInvoice', { body: invoice(fixture, placed) });
      await fails(call('createInvoice', { body: invoice(fixture, placed, { invoiceNumber: first.invoiceNumber }) }), 'conflict', 'duplicate-invoice');
      assert.deepEqual((await call('listInvoices', { supplierNumber: first.supplierNumber, invoiceNumber: first.invoiceNumber })).items, [first]);
    });

    it('are not made twice by a repeat, which is no conflict', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const wanted = invoice(fixture, await received());
      const first = await call('createInvoice', { body: wanted });
      assert.deepEqual(await call('createInvoice', { body: wanted }, { repeated: true }), first);
    });

    it('that a repeat finds under another reference are still a conflict', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await received();
      const { invoiceNumber } = await call('createInvoice', { body: invoice(fixture, placed) });
      await fails(call('createInvoice', { body: invoice(fixture, placed, { invoiceNumber }) }, { repeated: true }), 'conflict', 'duplicate-invoice');
    });

    it('that do not add up are refused and leave nothing behind', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const wanted = invoice(fixture, await received(), { total: '85.01' });
      await fails(call('createInvoice', { body: wanted }), 'refused', 'invoice-total-differs');
      assert.deepEqual((await call('listInvoices', { invoiceNumber: wanted.invoiceNumber })).items, []);
    });

    it('are refused for suppliers, orders and lines that are not there', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await received();
      const [line] = invoice(fixture, placed).lines;
      await fails(call('createInvoice', { body: invoice(fixture, placed, { supplierNumber: NOWHERE }) }), 'refused', 'unknown-supplier');
      await fails(call('createInvoice', { body: invoice(fixture, { ...placed, number: NOWHERE }) }), 'refused', 'unknown-order');
      await fails(call('createInvoice', { body: invoice(fixture, placed, { lines: [{ ...line!, orderLine: 9 }] }) }), 'refused', 'unknown-order-line');
    });

    it('are cancelled while unpaid, which frees the order line', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const placed = await received();
      const { supplierNumber, invoiceNumber } = await call('createInvoice', { body: invoice(fixture, placed) });
      assert.equal((await call('cancelInvoice', { supplierNumber, invoiceNumber })).status, 'cancelled');
      assert.equal((await call('cancelInvoice', { supplierNumber, invoiceNumber }, { repeated: true })).status, 'cancelled');
      assert.equal((await call('getPurchaseOrder', { orderNumber: placed.number })).lines[0]!.invoicedQuantity, 0);
      await fails(call('cancelInvoice', { supplierNumber, invoiceNumber: NOWHERE }), 'not-found', 'unknown-invoice');
    });
  });

  describe('payments', () => {
    const supported = () => session().capability('payments').supported;
    const validated = async () => session().call('createInvoice', { body: invoice(session().fixture, await received()) });
    const payment = ({ supplierNumber, invoiceNumber, currency, total }: Bill, amount = total) =>
      ({ reference: fresh('pay'), supplierNumber, invoiceNumber, amount, currency, paidOn: today() });

    it('settle an invoice, which then counts as paid', async () => {
      const { call, capability } = session();
      const bill = await validated();
      const wanted = payment(bill);
      const pay = call('createPayment', { body: wanted });
      if (!supported()) return failsAsUnsupported(pay, capability('payments'));
      const paid = await pay;
      assertAmount(paid.amount, bill.total);
      assert.deepEqual({ reference: paid.reference, paidOn: paid.paidOn, currency: paid.currency }, { reference: wanted.reference, paidOn: wanted.paidOn, currency: wanted.currency });
      const { supplierNumber, invoiceNumber } = bill;
      assert.equal((await call('getInvoice', { supplierNumber, invoiceNumber })).status, 'paid');
      assert.deepEqual((await call('listPayments', { supplierNumber, invoiceNumber })).items, [paid]);
      await fails(call('cancelInvoice', { supplierNumber, invoiceNumber }), 'refused', 'invoice-paid');
    });

    it('may come in parts', async () => {
      if (!supported()) return;
      const { call } = session();
      const bill = await validated();
      const { supplierNumber, invoiceNumber } = bill;
      await call('createPayment', { body: payment(bill, '30.00') });
      assert.equal((await call('getInvoice', { supplierNumber, invoiceNumber })).status, 'validated');
      await call('createPayment', { body: payment(bill, '55.00') });
      assert.equal((await call('getInvoice', { supplierNumber, invoiceNumber })).status, 'paid');
      assert.equal((await call('listPayments', { supplierNumber, invoiceNumber })).items.length, 2);
    });

    it('are not made twice by a repeat', async () => {
      if (!supported()) return;
      const { call } = session();
      const bill = await validated();
      const wanted = payment(bill);
      const first = await call('createPayment', { body: wanted });
      assert.deepEqual(await call('createPayment', { body: wanted }, { repeated: true }), first);
      const { supplierNumber, invoiceNumber } = bill;
      assert.equal((await call('listPayments', { supplierNumber, invoiceNumber })).items.length, 1);
    });

    it('above what is owed, and of what is not there, are refused', async () => {
      if (!supported()) return;
      const { call } = session();
      const bill = await validated();
      await fails(call('createPayment', { body: payment(bill, '85.01') }), 'refused', 'overpayment');
      await fails(call('createPayment', { body: payment({ ...bill, invoiceNumber: NOWHERE }) }), 'refused', 'unknown-invoice');
      const { supplierNumber, invoiceNumber } = bill;
      assert.deepEqual((await call('listPayments', { supplierNumber, invoiceNumber })).items, []);
    });

    it('of a cancelled invoice are refused', async () => {
      if (!supported()) return;
      const { call } = session();
      const bill = await validated();
      await call('cancelInvoice', { supplierNumber: bill.supplierNumber, invoiceNumber: bill.invoiceNumber });
      await fails(call('createPayment', { body: payment(bill) }), 'refused', 'invoice-not-payable');
    });
  });
}

interface Bill { supplierNumber: string; invoiceNumber: string; currency: string; total: string }
