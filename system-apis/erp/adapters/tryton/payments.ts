import { ApiError } from '#chassis/errors/failures.ts';
import { compare } from '#chassis/money/money.ts';
import type { NewPayment, Payment } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { refused } from './failures.ts';
import { findInvoice, INVOICE } from './invoices.ts';
import { paymentOf } from './mapping/invoices.ts';
import { pageById } from './pages.ts';
import { Invoice, PaymentMove } from './records.ts';
import type { Row } from './record.ts';
import { idOf } from './stamp.ts';
import type { Tryton } from './tryton.ts';
import { date, decimal } from './wire.ts';

type Operations = Pick<ErpPort, 'createPayment' | 'listPayments'>;

/**
 * Payments are made by Tryton's own wizard: one transaction that posts the entry, with our reference as its
 * description, and takes it off the invoice.
 *
 * @source account.invoice.pay in modules/account_invoice/invoice.py of Tryton 6.0
 */
export function paymentOperations(tryton: Tryton): Operations {
  const { client, directory } = tryton;

  async function present(moves: Row<typeof PaymentMove>[]): Promise<(Payment | undefined)[]> {
    const invoices = new Map((await client.read(Invoice, [...new Set(moves.map((move) => idOf(move.origin)))])).map((invoice) => [invoice.id, invoice]));
    return moves.map((move) => {
      const invoice = invoices.get(idOf(move.origin))!;
      return [invoice.move, invoice.cancel_move].includes(move.id) ? undefined : paymentOf(move, invoice);
    });
  }

  async function paymentBy(reference: string, invoice: { id: number }): Promise<Payment | undefined> {
    const moves = await client.search(PaymentMove, [['origin', '=', `${INVOICE},${invoice.id}`], ['description', '=', reference]]);
    return (await present(moves)).find((payment) => payment !== undefined);
  }

  async function pay(invoice: Row<typeof Invoice>, { reference, amount, paidOn }: NewPayment): Promise<void> {
    const [method] = await Promise.all([directory.paymentMethod(), directory.period(paidOn)]);
    const start = { amount: decimal(amount), currency: invoice.currency, currency_digits: 2, description: reference, payment_method: method, date: date(paidOn) };
    await client.wizard('account.invoice.pay', INVOICE, [invoice.id], async (go) => {
      const asked = await go('choice', { start });
      // The wizard asks what to do with an amount that settles no whole line: it is a part, and nothing is written off.
      if (isView(asked)) await go('pay', { start, ask: { type: 'partial', currency_digits_writeoff: 2, amount: decimal(amount), currency: invoice.currency, date: date(paidOn), lines: [], lines_to_pay: [], payment_lines: [] } });
    });
  }

  return {
    async createPayment({ body }, { repeated }) {
      const invoice = await findInvoice(tryton, body.supplierNumber, body.invoiceNumber);
      if (!invoice) throw refused('unknown-invoice', 'The supplier has no such invoice.');
      const known = repeated ? await paymentBy(body.reference, invoice) : undefined;
      if (known) return known;
      if (await directory.currency(body.currency) !== invoice.currency) throw refused('currency-differs', 'The invoice is in another currency.');
      if (!['posted', 'paid'].includes(invoice.state)) throw refused('invoice-not-payable', 'The invoice is not to be paid.');
      if (compare(body.amount, invoice.amount_to_pay) > 0) throw refused('overpayment', 'More would be paid than is owed.');
      if (compare(body.amount, '0') <= 0) throw refused('overpayment', 'Nothing would be paid.');
      await pay(invoice, body);
      const paid = await paymentBy(body.reference, invoice);
      if (!paid) throw new ApiError('refused', 'The ERP does not pay the invoice.', { code: 'vendor-refused' });
      return paid;
    },

    async listPayments({ supplierNumber, invoiceNumber, ...page }) {
      const domain = [
        ['origin.type', '=', 'in', INVOICE], ['journal.type', '=', 'cash'], ['state', '=', 'posted'],
        ...(supplierNumber === undefined ? [] : [['origin.party.code', '=', supplierNumber, INVOICE]]),
        ...(invoiceNumber === undefined ? [] : [['origin.reference', '=', invoiceNumber, INVOICE]]),
      ];
      return pageById(client, PaymentMove, domain, page, present);
    },
  };
}

function isView(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'view' in answer;
}
