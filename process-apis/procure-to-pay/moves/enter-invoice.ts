import { move } from '#chassis/moves/move.ts';
import type { Decimal } from '#chassis/money/money.ts';
import type { Line, OrderInvoice } from '../order.ts';
import type { Ledger } from '../ledger.ts';
import type { Systems } from '../systems.ts';

export interface InvoiceToEnter {
  orderNumber: string;
  supplierNumber: string;
  costCenter: string;
  currency: string;
  invoice: OrderInvoice;
  lines: Line[];
  amounts: { clearing: Decimal; variance: Decimal; payable: Decimal };
}

/** Enter the matched invoice and owe it to the supplier. Undo: cancel the unpaid invoice. */
export const enterInvoice = ({ erp }: Systems, ledger: Ledger) =>
  move('enter-invoice', async (run, { orderNumber, supplierNumber, costCenter, currency, invoice, amounts }: InvoiceToEnter) => {
    await run.step('create invoice in ERP', (idempotencyKey) => erp.createInvoice({
      body: {
        reference: `${orderNumber}/${invoice.number}`, supplierNumber, invoiceNumber: invoice.number, orderNumber, invoicedOn: invoice.invoicedOn, currency, total: invoice.total,
        lines: invoice.lines.map(({ line, itemNumber, quantity, unit, unitPrice, amount }) => ({ orderLine: line, itemNumber, quantity, unit, unitPrice, amount })),
      },
    }, { idempotencyKey }), { undo: (entered, idempotencyKey) => erp.cancelInvoice({ supplierNumber, invoiceNumber: entered.invoiceNumber }, { idempotencyKey }) });
    await run.step('post invoice journal', (idempotencyKey) => ledger.postInvoice({
      reference: `${orderNumber}/${invoice.number}`, orderNumber, costCenter, postedOn: invoice.invoicedOn, currency, ...amounts,
    }, idempotencyKey));
    return { type: 'invoice entered' };
  });
