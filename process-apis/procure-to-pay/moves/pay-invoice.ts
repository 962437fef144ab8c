import { move } from '#chassis/moves/move.ts';
import type { OrderInvoice } from '../order.ts';
import type { Ledger } from '../ledger.ts';
import { documentReference } from '../references.ts';
import type { Systems } from '../systems.ts';

export interface InvoiceToPay {
  orderNumber: string;
  supplierNumber: string;
  facility: string;
  currency: string;
  paidOn: string;
  invoice: Pick<OrderInvoice, 'number' | 'total'>;
}

/** Pay the supplier. No undo: money that has left is claimed back by people, not by a program. */
export const payInvoice = ({ erp }: Systems, ledger: Ledger) =>
  move('pay-invoice', async (run, { orderNumber, supplierNumber, facility, currency, paidOn, invoice }: InvoiceToPay) => {
    const payment = await run.step('create payment in ERP', (idempotencyKey) => erp.createPayment({
      body: { reference: documentReference(orderNumber, invoice.number), supplierNumber, invoiceNumber: invoice.number, amount: invoice.total, currency, paidOn },
    }, { idempotencyKey }));
    await run.step('post payment journal', (idempotencyKey) => ledger.postPayment({
      reference: documentReference(orderNumber, invoice.number), orderNumber, facility, postedOn: payment.paidOn, currency, amount: payment.amount,
    }, idempotencyKey));
    return { type: 'invoice paid' };
  });
