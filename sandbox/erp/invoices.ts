import Big from 'big.js';
import type { Body } from './adf/body.ts';
import { AdfError } from './adf/errors.ts';
import { constraintOf } from './database.ts';
import { isoDate } from './load-master-data.ts';
import type { Erp, Operation } from './operation.ts';

interface Line {
  line_number: number;
  type: string;
  amount: string;
  quantity?: string;
  unit_price?: string;
  uom?: string;
  description?: string;
  order_number?: string;
  order_line_number?: number;
  schedule_number?: number;
  receipt_number?: string;
  account_combination?: string;
}

/** POST invoices. Lines that name an order are matched to its schedule at once; nothing is accounted. */
export const createInvoice: Operation = async (erp, body) => {
  body.ignore('PaymentCurrency', 'InvoiceGroup', 'LegalEntity', 'PayGroup', 'PaymentMethod', 'PaymentMethodCode', 'TermsDate', 'InvoiceReceivedDate', 'RequesterId', 'TaxationCountry');
  const supplier = erp.master.supplier({ number: body.text('SupplierNumber'), name: body.text('Supplier') });
  const siteCode = body.text('SupplierSite');
  const site = supplier.sites.find((each) => each.pay && (siteCode === undefined || each.code === siteCode));
  if (!site) throw new AdfError(400, `The supplier site ${siteCode ?? ''} is not a pay site of ${supplier.number}.`, 'AP-811003', '/SupplierSite');
  const invoiceDate = body.date('InvoiceDate') ?? erp.today();
  const terms = body.text('PaymentTerms') ?? supplier.payment_terms;
  const dueDays = erp.master.dueDays(terms);
  if (dueDays === undefined) throw new AdfError(400, `The payment terms ${terms} are not valid.`, 'AP-811004', '/PaymentTerms');
  const accountingDate = body.date('AccountingDate') ?? erp.today();
  if (erp.master.period(accountingDate)?.status !== 'Open') throw new AdfError(400, `The accounting date ${accountingDate} is not in an open period.`, 'AP-811005', '/AccountingDate');
  const header = {
    number: body.needText('InvoiceNumber'),
    supplier_id: supplier.id,
    supplier_site: site.code,
    business_unit: body.needText('BusinessUnit'),
    type: body.text('InvoiceType') ?? 'Standard',
    amount: money(body, 'InvoiceAmount'),
    currency: body.text('InvoiceCurrency') ?? 'USD',
    invoice_date: invoiceDate,
    accounting_date: accountingDate,
    due_date: isoDate(new Date(Date.parse(invoiceDate) + dueDays * 86_400_000)),
    payment_terms: terms,
    description: body.text('Description'),
    source: body.text('InvoiceSource'),
    reference_number: body.text('ReferenceKeyOne'),
  };
  if (header.currency !== 'USD') throw new AdfError(400, `The currency ${header.currency} is not valid for this business unit.`, 'AP-811006', '/InvoiceCurrency');
  const lines = body.list('invoiceLines').map((line, index) => invoiceLine(erp, line, index + 1));
  body.finish();
  return { kind: 'created', id: await insertInvoice(erp, header, lines), expand: 'invoiceLines' };
};

function money(body: Body, name: string): string {
  const text = body.needDecimal(name);
  if (!new Big(text).eq(new Big(text).toFixed(2))) throw new AdfError(400, `The attribute ${name} has more than two decimals.`, 'AP-811007', `/${name}`);
  return text;
}

function invoiceLine(erp: Erp, line: Body, number: number): Line {
  line.ignore('AccountingDate', 'PurchaseOrderDistributionNumber', 'ConsumptionAdviceNumber', 'MatchType', 'MatchBasis', 'TaxClassification');
  const distributions = line.list('invoiceDistributions');
  for (const each of distributions) each.ignore('DistributionLineNumber', 'DistributionLineType', 'DistributionAmount');
  const account = line.text('DistributionCombination') ?? distributions[0]?.text('DistributionCombination');
  const parsed = {
    line_number: line.whole('LineNumber') ?? number,
    type: line.text('LineType') ?? 'Item',
    amount: money(line, 'LineAmount'),
    quantity: line.decimal('Quantity'),
    unit_price: line.decimal('UnitPrice'),
    uom: line.text('UOM') ?? line.text('UOMCode'),
    description: line.text('Description'),
    order_number: line.text('PurchaseOrderNumber'),
    order_line_number: line.whole('PurchaseOrderLineNumber'),
    schedule_number: line.whole('PurchaseOrderScheduleLineNumber'),
    receipt_number: line.text('ReceiptNumber'),
    account_combination: account === undefined ? undefined : erp.master.combination(account, erp.today()).combination,
  };
  line.ignore('UOMCode');
  if (parsed.order_number === undefined && parsed.account_combination === undefined) {
    throw new AdfError(400, 'An invoice line needs a purchase order or a distribution combination.', 'AP-811008', `/invoiceLines/${number - 1}`);
  }
  if (parsed.order_number !== undefined && parsed.quantity === undefined) throw new AdfError(400, 'A line matched to a purchase order needs a quantity.', 'AP-811009', `/invoiceLines/${number - 1}/Quantity`);
  return parsed;
}

async function insertInvoice(erp: Erp, header: { number: string; supplier_id: string }, lines: readonly Line[]): Promise<string> {
  const matched = lines.filter((line) => line.order_number !== undefined);
  try {
    return await erp.books.transaction(async (database) => {
      const schedules = matched.length === 0 ? [] : await database.rows<{ line: number; id: string; item_number: string | null; status: string; supplier_id: string; cancelled: boolean }>(`
        select r.line_number as line, d.id::text, l.item_number, o.status, o.supplier_id::text, l.cancelled
        from jsonb_to_recordset($1::jsonb) as r(line_number int, order_number text, order_line_number int, schedule_number int)
        join purchase_orders o on o.number = r.order_number
        join purchase_order_lines l on l.order_id = o.id and l.line_number = coalesce(r.order_line_number, 1)
        join purchase_order_schedules d on d.line_id = l.id and d.schedule_number = coalesce(r.schedule_number, 1)
        order by d.id for update of d`, [JSON.stringify(matched)]);
      const rows = lines.map((line) => {
        if (line.order_number === undefined) return line;
        const schedule = schedules.find((each) => each.line === line.line_number);
        const path = `/invoiceLines/${line.line_number - 1}/PurchaseOrderNumber`;
        if (!schedule) throw new AdfError(400, `Purchase order ${line.order_number} has no such line and schedule.`, 'AP-811010', path);
        if (schedule.supplier_id !== header.supplier_id) throw new AdfError(400, `Purchase order ${line.order_number} is with another supplier.`, 'AP-811011', path);
        if (!['OPEN', 'CLOSED'].includes(schedule.status) || schedule.cancelled) throw new AdfError(400, `Purchase order ${line.order_number} cannot be matched in its status.`, 'AP-811012', path);
        return { ...line, schedule_id: schedule.id, item_number: schedule.item_number ?? undefined, order_line_number: line.order_line_number ?? 1, schedule_number: line.schedule_number ?? 1 };
      });
      const result = await database.rows<{ id: string }>(INSERT_INVOICE, [JSON.stringify(header), JSON.stringify(rows)]);
      return result[0]!.id;
    });
  } catch (error) {
    if (constraintOf(error) === 'one_number_per_supplier') {
      throw new AdfError(400, `The invoice number must be unique for the supplier: ${header.number} exists already.`, 'AP-810171', '/InvoiceNumber');
    }
    throw error;
  }
}

const INSERT_INVOICE = `
  with header as (
    insert into invoices (number, supplier_id, supplier_site, business_unit, type, amount, currency, invoice_date, accounting_date, due_date, payment_terms, description, source, reference_number)
    select number, supplier_id, supplier_site, business_unit, type, amount, currency, invoice_date, accounting_date, due_date, payment_terms, description, source, reference_number
    from jsonb_populate_record(null::invoices, $1::jsonb) returning id),
  lines as (
    insert into invoice_lines (invoice_id, line_number, type, amount, quantity, unit_price, uom, description, item_number, order_number, order_line_number, schedule_number,
      schedule_id, receipt_number, account_combination)
    select h.id, line_number, type, amount, quantity, coalesce(unit_price, case when quantity <> 0 then round(amount / quantity, 4) end), uom, description, item_number,
      order_number, order_line_number, schedule_number, schedule_id, receipt_number, account_combination
    from header h, jsonb_populate_recordset(null::invoice_lines, $2::jsonb) returning schedule_id, quantity),
  billed as (
    update purchase_order_schedules d set billed_quantity = d.billed_quantity + l.quantity
    from (select schedule_id, sum(quantity) as quantity from lines where schedule_id is not null group by schedule_id) l where d.id = l.schedule_id)
  select id::text from header`;
