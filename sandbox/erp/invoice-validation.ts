import type { Body } from './adf/body.ts';
import { AdfError } from './adf/errors.ts';
import type { Database } from './database.ts';
import type { Erp, Operation } from './operation.ts';

/** Percent by which an invoiced price may exceed the order's before the ERP holds the invoice. */
export const PRICE_TOLERANCE_PERCENT = 5;

interface Found {
  id: string;
  validation: string;
  paid: string;
}

async function findInvoice(erp: Erp, database: Database, body: Body): Promise<Found> {
  body.ignore('BusinessUnit', 'ProcessAction', 'InvoiceId');
  const number = body.needText('InvoiceNumber');
  const supplier = erp.master.supplier({ number: body.text('SupplierNumber'), name: body.text('Supplier') });
  body.finish();
  const [invoice] = await database.rows<Found>('select id::text, validation, paid::text from invoices where supplier_id = $1 and number = $2 for update', [supplier.id, number]);
  if (!invoice) throw new AdfError(400, `The invoice ${number} is not found.`, 'AP-811020', '/InvoiceNumber');
  if (invoice.validation === 'Canceled') throw new AdfError(400, 'The invoice is canceled.', 'AP-811021');
  return invoice;
}

/**
 * POST invoices/action/validateInvoice. Answers success also when it has put holds on the invoice: whether it is
 * validated shows only in ValidationStatus and invoiceHolds.
 */
export const validateInvoice: Operation = async (erp, body) => {
  await erp.books.transaction(async (database) => {
    const invoice = await findInvoice(erp, database, body);
    if (invoice.validation === 'Validated') return;
    await database.rows(REPLACE_HOLDS, [invoice.id, 1 + PRICE_TOLERANCE_PERCENT / 100]);
    const [state] = await database.rows<{ validation: string }>(`
      update invoices v set validation = case when h.open then 'Needs revalidation' else 'Validated' end, validated_at = case when h.open then null else now() end
      from (select exists (select 1 from invoice_holds where invoice_id = $1 and released_at is null) as open) h
      where v.id = $1 returning v.validation`, [invoice.id]);
    if (state?.validation === 'Validated') await database.rows(SPEND, [invoice.id, erp.now().getUTCFullYear()]);
  });
  return { kind: 'result', result: 'The invoice validation process completed.' };
};

/** What is wrong now is held, what is no longer wrong is released; what a person held or released stays so. */
const REPLACE_HOLDS = `
  with lines as (
    select n.line_number, n.amount, n.quantity, n.unit_price, n.schedule_id, d.quantity as ordered, d.received_quantity as received, d.billed_quantity as billed, l.price
    from invoice_lines n left join purchase_order_schedules d on d.id = n.schedule_id left join purchase_order_lines l on l.id = d.line_id
    where n.invoice_id = $1),
  wrong as (
    select null::int as line_number, 'Line variance' as name, 'Total of invoice lines does not equal invoice amount' as reason
    from invoices v where v.id = $1 and v.amount <> (select coalesce(sum(amount), 0) from lines)
    union all
    select line_number, 'Quantity ordered', 'Quantity billed exceeds quantity ordered' from lines where schedule_id is not null and billed > ordered
    union all
    select line_number, 'Quantity received', 'Quantity billed exceeds quantity received' from lines where schedule_id is not null and billed > received
    union all
    select line_number, 'Price', 'Invoice price exceeds purchase order price' from lines where schedule_id is not null and unit_price > price * $2::numeric),
  released as (
    update invoice_holds h set released_at = now(), release_name = 'Variance corrected'
    where h.invoice_id = $1 and h.released_at is null and h.name in ('Line variance', 'Quantity ordered', 'Quantity received', 'Price')
      and not exists (select 1 from wrong w where w.name = h.name and w.line_number is not distinct from h.line_number))
  insert into invoice_holds (invoice_id, line_number, name, reason)
  select $1, line_number, name, reason from wrong w
  where not exists (select 1 from invoice_holds h where h.invoice_id = $1 and h.name = w.name and h.line_number is not distinct from w.line_number
    and (h.released_at is null or h.release_name <> 'Variance corrected'))`;

/** Turns the order's reservation into expenditure, and books what has no order as expenditure. */
const SPEND = `
  with lines as (
    select n.amount, n.quantity, d.id as schedule_id, d.order_id, coalesce(kd.cost_centre, kn.cost_centre) as cost_centre, d.reserved,
      least(d.reserved, round(n.quantity * l.price, 2)) as freed
    from invoice_lines n
    left join purchase_order_schedules d on d.id = n.schedule_id left join purchase_order_lines l on l.id = d.line_id
    left join account_combinations kd on kd.combination = d.charge_account left join account_combinations kn on kn.combination = n.account_combination
    where n.invoice_id = $1),
  freed as (
    update purchase_order_schedules d set reserved = greatest(d.reserved - l.freed, 0)
    from (select schedule_id, least(max(reserved), sum(freed)) as freed from lines where schedule_id is not null group by schedule_id) l
    where d.id = l.schedule_id and l.freed <> 0)
  insert into budget_entries (cost_centre, fiscal_year, kind, amount, checked, document, document_id)
  select cost_centre, $2::int, 'actual', sum(amount), false, 'INVOICE', $1::bigint from lines where cost_centre <> '0000' group by cost_centre
  union all
  select cost_centre, $2::int, 'obligation', -sum(freed), false, 'INVOICE', $1::bigint
  from (select schedule_id, cost_centre, least(max(reserved), sum(freed)) as freed from lines where schedule_id is not null group by schedule_id, cost_centre) l
  where cost_centre <> '0000' and freed <> 0 group by cost_centre`;

/** POST invoices/action/cancelInvoice: gives back what was matched and spent; refused once paid. */
export const cancelInvoice: Operation = async (erp, body) => {
  await erp.books.transaction(async (database) => {
    const invoice = await findInvoice(erp, database, body);
    if (Number(invoice.paid) !== 0) throw new AdfError(400, 'A paid invoice cannot be canceled.', 'AP-811022');
    await database.rows(UNDO, [invoice.id, erp.now().getUTCFullYear()]);
  });
  return { kind: 'result', result: 'The invoice was canceled.' };
};

/** An open order gets back the reservation that the invoice had turned into expenditure. */
const UNDO = `
  with ended as (update invoices set validation = 'Canceled', cancelled_at = now() where id = $1),
  spent as (
    select cost_centre, fiscal_year, sum(amount) as amount from budget_entries
    where document = 'INVOICE' and document_id = $1 and kind = 'actual' group by cost_centre, fiscal_year having sum(amount) <> 0),
  target as (
    select d.id, k.cost_centre, l.quantity, d.reserved as old,
      case when o.status = 'OPEN' and v.validation = 'Validated' and k.cost_centre <> '0000'
        then greatest(d.reserved, least(round((d.quantity - d.billed_quantity + l.quantity) * p.price, 2), d.reserved + round(l.quantity * p.price, 2)))
        else d.reserved
      end as reserved
    from (select schedule_id, sum(quantity) as quantity from invoice_lines where invoice_id = $1 and schedule_id is not null group by schedule_id) l
    join purchase_order_schedules d on d.id = l.schedule_id join purchase_order_lines p on p.id = d.line_id join purchase_orders o on o.id = d.order_id
    join account_combinations k on k.combination = d.charge_account join invoices v on v.id = $1),
  unbilled as (update purchase_order_schedules d set billed_quantity = d.billed_quantity - t.quantity, reserved = t.reserved from target t where d.id = t.id)
  insert into budget_entries (cost_centre, fiscal_year, kind, amount, checked, document, document_id)
  select cost_centre, fiscal_year, 'actual', -amount, false, 'INVOICE', $1::bigint from spent
  union all
  select cost_centre, $2::int, 'obligation', sum(reserved - old), false, 'INVOICE', $1::bigint from target group by cost_centre having sum(reserved - old) <> 0`;

/** PATCH invoiceHolds/{HoldId}: a person releases a hold; the invoice must then be validated again. */
export const releaseHold: Operation = async (erp, body, [id]) => {
  const name = body.needText('ReleaseName');
  const reason = body.text('ReleaseReason');
  body.finish();
  const rows = await erp.books.rows<{ id: string }>(`
    update invoice_holds set release_name = $2, release_reason = $3, released_at = now() where id = $1 and released_at is null returning id::text`, [id, name, reason]);
  if (!rows[0]) throw new AdfError(400, 'The hold is released already.', 'AP-811023');
  return { kind: 'changed', id: id! };
};
