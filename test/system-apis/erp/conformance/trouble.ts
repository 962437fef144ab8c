import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ApiError } from '#chassis/errors/failures.ts';
import { invoice, order, orderLine, placeOrder, receipt, requisition } from './documents.ts';
import { assertAmount, fails, fresh, today, type ErpSession } from './harness.ts';
import { journal } from './ledger.ts';
import { movement } from './stock.ts';

/** Text that has broken other software. What cannot be kept must be refused and not be changed in silence. */
const NAUGHTY = [
  'O\'Brien & "Söhne" <b>bold</b>', "'; DROP TABLE purchase; --", '%_\\%', '100 % cotton, 5_ply \\n', '日本語 עברית العربية 👩‍⚕️', 'line one\nline two\ttabbed',
  '{"__class__":"Decimal","decimal":"1"}', '${7*7} {{7*7}}', '=cmd|calc', ' both ends ', '\u202Etxet desrever', 'null', 'a\u0000b', 'lone \uD800 surrogate',
];

export function troubleSuite(session: () => ErpSession): void {
  describe('texts', () => {
    for (const text of NAUGHTY) {
      it(`come back as they were or are refused: ${JSON.stringify(text)}`, async () => {
        const { call, fixture } = session();
        const keeps = async (write: Promise<string | undefined>) => {
          const back = await write.catch((thrown: unknown) => {
            assert.ok(thrown instanceof ApiError && ['invalid-request', 'refused'].includes(thrown.kind), `refused clearly: ${String(thrown)}`);
            return text;
          });
          assert.equal(back, text);
        };
        await keeps(call('createPurchaseOrder', { body: order(fixture, [orderLine(fixture, { description: text })]) })
          .then(({ number }) => call('getPurchaseOrder', { orderNumber: number })).then((read) => read.lines[0]!.description));
        if (session().capability('requisitions').supported) {
          await keeps(call('createRequisition', { body: requisition(fixture, { requester: text, description: text }) })
            .then(({ number }) => call('getRequisition', { requisitionNumber: number })).then((read) => (read.requester === read.description ? read.requester : 'one lost')));
        }
        if (session().capability('journals').supported) {
          await keeps(call('createJournal', { body: journal(session(), { description: text }) }).then(({ reference }) => call('listJournals', { reference })).then(({ items }) => items[0]!.description));
        }
      });
    }

    it('tell references apart that look alike in a search', async () => {
      const { call, fixture } = session();
      const stem = fresh('po');
      const references = [`${stem}_%`, `${stem}ab`, `${stem}_%"'\\`, `${stem}_`];
      for (const reference of references) await call('createPurchaseOrder', { body: order(fixture, undefined, { reference }) });
      for (const reference of references) assert.deepEqual((await call('listPurchaseOrders', { reference })).items.map((each) => each.reference), [reference]);
    });
  });

  describe('many at once', () => {
    it('make as many documents as were asked for', async () => {
      const { call, fixture } = session();
      const wanted = Array.from({ length: 8 }, () => order(fixture));
      const made = await Promise.all(wanted.map((body) => call('createPurchaseOrder', { body })));
      assert.equal(new Set(made.map((each) => each.number)).size, 8);
      assert.deepEqual(made.map((each) => each.reference), wanted.map((each) => each.reference));
      assert.ok(made.every((each) => each.status === 'open'));
    });

    it('make as many journals as were asked for', async () => {
      if (!session().capability('journals').supported) return;
      const made = await Promise.all(Array.from({ length: 8 }, () => session().call('createJournal', { body: journal(session()) })));
      assert.equal(new Set(made.map((each) => each.number)).size, 8);
    });

    it('receive no more than was ordered', async () => {
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      const answers = await Promise.allSettled([receipt(fixture, placed, 6), receipt(fixture, placed, 6)].map((body) => call('createReceipt', { body })));
      assert.equal(answers.filter((each) => each.status === 'fulfilled').length, 1, answers.map((each) => (each.status === 'rejected' ? String(each.reason) : each.status)).join('; '));
      const failed = answers.find((each) => each.status === 'rejected');
      assert.equal(failed?.reason.code, 'over-receipt', String(failed?.reason));
      assert.equal((await call('getPurchaseOrder', { orderNumber: placed.number })).lines[0]!.receivedQuantity, 6);
    });

    it('enter an invoice number of a supplier once', async () => {
      const { call, fixture } = session();
      const placed = await placeOrder(session());
      const invoiceNumber = fresh('INV');
      const answers = await Promise.allSettled([1, 2, 3].map(() => call('createInvoice', { body: invoice(fixture, placed, { invoiceNumber }) })));
      assert.equal(answers.filter((each) => each.status === 'fulfilled').length, 1, answers.map((each) => (each.status === 'rejected' ? String(each.reason) : each.status)).join('; '));
      assert.deepEqual(answers.filter((each) => each.status === 'rejected').map((each) => each.reason.code), ['duplicate-invoice', 'duplicate-invoice']);
      assert.equal((await call('listInvoices', { invoiceNumber })).items.length, 1);
    });
  });

  describe('trouble on the way', () => {
    it('is named when the system is down, and passes with it', async (t) => {
      const { call, faults, fixture } = session();
      if (!faults) return t.diagnostic('this set-up cannot make trouble');
      faults.setDown(true);
      try {
        await fails(call('getItem', { itemNumber: fixture.item.number }), 'unavailable');
      } finally {
        faults.setDown(false);
      }
      const recovered = async (attempts: number): Promise<unknown> => {
        try {
          return await call('getItem', { itemNumber: fixture.item.number });
        } catch (failure) {
          // The circuit may need a moment before it lets a call through.
          if (attempts === 0 || !(failure instanceof ApiError && failure.retryable)) throw failure;
          await new Promise((resolve) => { setTimeout(resolve, 500); });
          return recovered(attempts - 1);
        }
      };
      assert.ok(await recovered(20));
    });

    /** A write that can be tried again, and how many documents came of it. Undefined when the vendor has no such documents. */
    type Attempt = { write: (repeated: boolean) => Promise<object>; count: () => Promise<number> } | undefined;
    const writes: Record<string, (erp: ErpSession) => Promise<Attempt>> = {
      async 'a requisition'({ call, capability, fixture }) {
        if (!capability('requisitions').supported) return undefined;
        const body = requisition(fixture);
        return { write: (repeated) => call('createRequisition', { body }, { repeated }), count: async () => (await call('listRequisitions', { reference: body.reference })).items.length };
      },
      async 'an order'({ call, fixture }) {
        const body = order(fixture);
        return { write: (repeated) => call('createPurchaseOrder', { body }, { repeated }), count: async () => (await call('listPurchaseOrders', { reference: body.reference })).items.length };
      },
      async 'a change of an order'(erp) {
        const { call, capability } = erp;
        if (!capability('order-changes').supported) return undefined;
        const { number: orderNumber } = await placeOrder(erp);
        const body = { reference: fresh('chg'), reason: 'less is needed', lines: [{ line: 1, quantity: 7 }] };
        const changed = async () => (await call('getPurchaseOrder', { orderNumber })).lines.filter((line) => line.quantity === 7 && line.status === 'open').length;
        return { write: (repeated) => call('changePurchaseOrder', { orderNumber, body }, { repeated }), count: changed };
      },
      async 'the closing of an order'(erp) {
        const { call } = erp;
        const { number: orderNumber } = await placeOrder(erp);
        const closed = async () => ((await call('getPurchaseOrder', { orderNumber })).status === 'closed' ? 1 : 0);
        return { write: (repeated) => call('closePurchaseOrder', { orderNumber }, { repeated }), count: closed };
      },
      async 'a receipt'(erp) {
        const { call, capability, fixture } = erp;
        if (!capability('receipts').supported) return undefined;
        const body = receipt(fixture, await placeOrder(erp), 4);
        return { write: (repeated) => call('createReceipt', { body }, { repeated }), count: async () => (await call('listReceipts', { orderNumber: body.orderNumber })).items.length };
      },
      async 'an invoice'(erp) {
        const { call, capability, fixture } = erp;
        if (!capability('invoices').supported) return undefined;
        const body = invoice(fixture, await placeOrder(erp));
        return { write: (repeated) => call('createInvoice', { body }, { repeated }), count: async () => (await call('listInvoices', { orderNumber: body.orderNumber })).items.length };
      },
      async 'a payment'(erp) {
        const { call, capability, fixture } = erp;
        if (!capability('payments').supported) return undefined;
        const { supplierNumber, invoiceNumber, total, currency } = await call('createInvoice', { body: invoice(fixture, await placeOrder(erp)) });
        const body = { reference: fresh('pay'), supplierNumber, invoiceNumber, amount: total, currency, paidOn: today() };
        return { write: (repeated) => call('createPayment', { body }, { repeated }), count: async () => (await call('listPayments', { supplierNumber, invoiceNumber })).items.length };
      },
      async 'a stock movement'(erp) {
        if (!erp.capability('stock-movements').supported) return undefined;
        const body = movement(erp, 'receipt', 3);
        return { write: (repeated) => erp.call('createStockMovement', { body }, { repeated }), count: async () => (await erp.call('listStockMovements', { reference: body.reference })).items.length };
      },
      async 'a journal'(erp) {
        if (!erp.capability('journals').supported) return undefined;
        const body = journal(erp);
        const { account } = body.lines[0]!;
        return {
          write: (repeated) => erp.call('createJournal', { body }, { repeated }),
          count: async () => {
            assertAmount((await erp.call('getAccountBalance', { account, documentNumber: body.documentNumber! })).balance, '12.34');
            return (await erp.call('listJournals', { reference: body.reference })).items.length;
          },
        };
      },
    };

    for (const [what, prepare] of Object.entries(writes)) {
      it(`has ${what} once when answers were lost, wherever they were lost`, async (t) => {
        const erp = session();
        if (!erp.faults) return t.diagnostic('this set-up cannot make trouble');
        // An adapter may need several writes for one document. Lose the first one's answer, then the second one's, ...
        for (let lost = 1; lost <= 4; lost += 1) {
          const attempt = await prepare(erp);
          if (!attempt) return;
          const { write, count } = attempt;
          for (let tries = 1; ; tries += 1) {
            if (tries <= lost) erp.faults.loseNextWriteAnswer();
            const failure = await write(tries > 1).then(() => undefined, (thrown: unknown) => thrown);
            if (failure === undefined) break;
            assert.ok(failure instanceof ApiError && failure.retryable, `may be tried again: ${String(failure)}`);
            assert.ok(tries < 10, `comes to an end: ${String(failure)}`);
          }
          erp.faults.setDown(false);
          assert.equal(await count(), 1, `after ${lost} lost answers`);
        }
      });
    }
  });
}
