import { ApiError } from '#chassis/errors/failures.ts';
import { move } from '#chassis/moves/move.ts';
import type { Decimal } from '#chassis/money/money.ts';
import type { OrderInvoice } from '../order.ts';
import { secondHalf } from '../half-done.ts';
import type { Ledger } from '../ledger.ts';
import { documentReference } from '../references.ts';
import type { Systems } from '../systems.ts';

export interface InvoiceToEnter {
  orderNumber: string;
  supplierNumber: string;
  facility: string;
  costCenter: string;
  currency: string;
  postedOn: string;
  invoice: OrderInvoice;
  amounts: { clearing: Decimal; variance: Decimal; payable: Decimal };
}

/**
 * Enter the matched invoice and owe it to the supplier. No undo: a supplier's number is used up when its invoice is
 * cancelled, so an invoice that lacks only its journal stays, and the journal is tried again.
 */
export const enterInvoice = ({ erp }: Systems, ledger: Ledger) =>
  move('enter-invoice', async (run, { orderNumber, supplierNumber, facility, costCenter, currency, postedOn, invoice, amounts }: InvoiceToEnter) => {
    const entered = await run.step('create invoice in ERP', (idempotencyKey) => erp.createInvoice({
      body: {
        reference: documentReference(orderNumber, invoice.number), supplierNumber, invoiceNumber: invoice.number, orderNumber, invoicedOn: invoice.invoicedOn, currency, total: invoice.total,
        lines: invoice.lines.map(({ line, itemNumber, quantity, unit, unitPrice, amount }) => ({ orderLine: line, itemNumber, quantity, unit, unitPrice, amount })),
      },
    }, { idempotencyKey }));
    if (entered.status === 'held') {
      await run.step('see invoice released', secondHalf(async () => {
        const { status } = await erp.getInvoice({ supplierNumber, invoiceNumber: invoice.number });
        if (status === 'held') throw new ApiError('refused', 'The ERP holds the invoice back: it has to be released there first.');
      }));
    }
    await run.step('post invoice journal', secondHalf((idempotencyKey) => ledger.postInvoice({
      reference: documentReference(orderNumber, invoice.number), orderNumber, facility, costCenter, postedOn, currency, ...amounts,
    }, idempotencyKey)));
    return { type: 'invoice entered' };
  });
