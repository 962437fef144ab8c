import Big from 'big.js';
import { AdfError } from './adf/errors.ts';
import type { Operation } from './operation.ts';

interface Payable {
  id: string;
  number: string;
  amount: string;
  paid: string;
  validation: string;
  held: boolean;
}

/** POST payablesPayments: pays validated invoices of one supplier, in whole or in part. */
export const createPayment: Operation = async (erp, body) => {
  body.ignore('PaymentType', 'PaymentProcessProfile', 'PaymentDocument', 'LegalEntity', 'PayeeNumber', 'ConversionRate');
  const supplier = erp.master.supplier({ number: body.text('PayeeNumber'), name: body.text('Payee') });
  const site = body.text('PayeeSite') ?? supplier.sites.find((each) => each.pay)?.code;
  if (!supplier.sites.some((each) => each.pay && each.code === site)) throw new AdfError(400, `The site ${site ?? ''} is not a pay site of ${supplier.number}.`, 'AP-811030', '/PayeeSite');
  const header = {
    supplier_id: supplier.id,
    supplier_site: site,
    business_unit: body.needText('BusinessUnit'),
    currency: body.text('PaymentCurrency') ?? 'USD',
    payment_date: body.date('PaymentDate') ?? erp.today(),
    method: body.text('PaymentMethod') ?? 'Electronic',
    bank_account: body.text('DisbursementBankAccountName') ?? 'Lakeside Operating',
    description: body.text('PaymentDescription'),
  };
  const related = body.list('relatedInvoices').map((each) => ({ number: each.needText('InvoiceNumber'), amount: each.decimal('AmountPaidPaymentCurrency') }));
  body.finish();
  if (erp.master.period(header.payment_date)?.status !== 'Open') throw new AdfError(400, `The payment date ${header.payment_date} is not in an open period.`, 'AP-811031', '/PaymentDate');
  if (related.length === 0) throw new AdfError(400, 'A payment needs at least one invoice.', 'AP-811032', '/relatedInvoices');
  const id = await erp.books.transaction(async (database) => {
    const invoices = await database.rows<Payable>(`
      select v.id::text, v.number, v.amount::text, v.paid::text, v.validation, exists (select 1 from invoice_holds h where h.invoice_id = v.id and h.released_at is null) as held
      from invoices v where v.supplier_id = $1 and v.number = any($2::text[]) order by v.id for update`, [supplier.id, related.map((each) => each.number)]);
    const paid = related.map((each, index) => payable(invoices, each, `/relatedInvoices/${index}`));
    const rows = await database.rows<{ id: string }>(`
      with lines as (select * from jsonb_to_recordset($2::jsonb) as r(invoice_id bigint, amount numeric)),
      header as (
        insert into payments (supplier_id, supplier_site, business_unit, amount, currency, payment_date, method, bank_account, description)
        select supplier_id, supplier_site, business_unit, (select sum(amount) from lines), currency, payment_date, method, bank_account, description
        from jsonb_populate_record(null::payments, $1::jsonb) returning id),
      related as (insert into payment_invoices (payment_id, invoice_id, amount) select h.id, l.invoice_id, l.amount from header h, lines l),
      paid as (update invoices v set paid = v.paid + l.amount from lines l where v.id = l.invoice_id)
      select id::text from header`, [JSON.stringify(header), JSON.stringify(paid)]);
    return rows[0]!.id;
  });
  return { kind: 'created', id, expand: 'relatedInvoices' };
};

function payable(invoices: readonly Payable[], asked: { number: string; amount?: string }, path: string): { invoice_id: string; amount: string } {
  const invoice = invoices.find((each) => each.number === asked.number);
  if (!invoice) throw new AdfError(400, `The invoice ${asked.number} of this payee is not found.`, 'AP-811033', path);
  if (invoice.validation !== 'Validated' || invoice.held) throw new AdfError(400, `The invoice ${asked.number} is not validated or is on hold.`, 'AP-811034', path);
  const rest = new Big(invoice.amount).minus(invoice.paid);
  const amount = asked.amount === undefined ? rest : new Big(asked.amount);
  if (rest.eq(0)) throw new AdfError(400, `The invoice ${asked.number} is paid already.`, 'AP-811035', path);
  if (amount.lte(0) || amount.gt(rest)) throw new AdfError(400, `The amount for invoice ${asked.number} must be between 0 and ${rest.toFixed(2)}.`, 'AP-811036', path);
  return { invoice_id: invoice.id, amount: amount.toFixed(2) };
}

/** POST payablesPayments/{PaymentId}/action/voidPayment: the payment stays, its invoices are unpaid again. */
export const voidPayment: Operation = async (erp, body, [id]) => {
  body.ignore('reason');
  body.finish();
  const rows = await erp.books.rows<{ id: string }>(`
    with ended as (update payments set status = 'Voided', voided_at = now() where id = $1 and status = 'Negotiable' returning id),
    unpaid as (update invoices v set paid = v.paid - x.amount from ended e, payment_invoices x where x.payment_id = e.id and v.id = x.invoice_id)
    select id::text from ended`, [id]);
  if (!rows[0]) throw new AdfError(400, 'The payment is voided already.', 'AP-811037');
  return { kind: 'result', result: 'SUCCESS' };
};
