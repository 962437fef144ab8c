import Big from 'big.js';
import type { Payment } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { brokenAnswer } from './record.ts';
import { checkCurrency, type Fusion } from './fusion.ts';
import { total } from './mapping/amounts.ts';
import { paymentBody, paymentsOf, type PaymentRow } from './mapping/invoices.ts';
import { pageById, pageOfKnown } from './pages.ts';
import { equals, where } from './query.ts';
import { Invoice, Payment as PaymentRecord } from './records.ts';
import { paySiteOf } from './suppliers.ts';

type Operations = Pick<ErpPort, 'createPayment' | 'listPayments'>;

const PATH = 'payablesPayments';
const NOT_VOIDED = equals('PaymentStatus', 'Negotiable');

export function payments(fusion: Fusion): Operations {
  const { client, settings, suppliers, repeats } = fusion;

  async function stampedWith(reference: string): Promise<PaymentRow | undefined> {
    const [newest] = await client.all(PaymentRecord, PATH, { where: [equals('PaymentDescription', reference), NOT_VOIDED], expand: 'relatedInvoices', orderBy: 'PaymentId:desc' });
    return newest;
  }

  /** The vendor finds payments by payee only: those since the invoice was entered, until they add up to what is paid of it. */
  async function ofInvoice(supplierNumber: string | undefined, invoiceNumber: string): Promise<Payment[]> {
    const bySupplier = supplierNumber === undefined ? [] : [equals('SupplierNumber', supplierNumber)];
    const invoices = await client.all(Invoice, 'invoices', { where: [equals('InvoiceNumber', invoiceNumber), ...bySupplier], expand: 'invoiceLines' });
    const paid = invoices.filter((invoice) => new Big(invoice.AmountPaid).gt(0));
    return (await Promise.all(paid.map(async (invoice) => {
      const found: Payment[] = [];
      let from = where(`CreationDate >= '${invoice.CreationDate}'`);
      for (;;) {
        const { items, hasMore, last } = await client.page(PaymentRecord, PATH, { where: [equals('PayeeNumber', invoice.SupplierNumber), NOT_VOIDED, from], expand: 'relatedInvoices', orderBy: 'PaymentId', limit: 500 });
        found.push(...items.flatMap(paymentsOf).filter((payment) => payment.invoiceNumber === invoiceNumber));
        if (!hasMore || !last || total(found.map((payment) => payment.amount)).gte(invoice.AmountPaid)) return found;
        from = where(`PaymentId > ${last.PaymentId}`);
      }
    }))).flat();
  }

  return {
    async createPayment({ body }, { repeated }) {
      checkCurrency(fusion, body.currency);
      const row = await repeats.once(`payment ${body.reference}`, repeated, () => stampedWith(body.reference), async () =>
        client.create(PaymentRecord, PATH, paymentBody(body, paySiteOf(await suppliers.named(body.supplierNumber)), settings)));
      const payment = paymentsOf(row).find((each) => each.invoiceNumber === body.invoiceNumber);
      if (!payment) throw brokenAnswer('a payment without its invoice');
      return payment;
    },

    async listPayments({ supplierNumber, invoiceNumber, ...page }) {
      if (invoiceNumber !== undefined) return pageOfKnown(await ofInvoice(supplierNumber, invoiceNumber), (payment) => payment.number.padStart(18, '0'), page);
      return pageById(client, {
        shape: PaymentRecord, path: PATH, key: 'PaymentId', search: { where: [NOT_VOIDED, ...(supplierNumber === undefined ? [] : [equals('PayeeNumber', supplierNumber)])], expand: 'relatedInvoices' },
        present: (rows) => rows.flatMap(paymentsOf),
      }, page);
    },
  };
}
