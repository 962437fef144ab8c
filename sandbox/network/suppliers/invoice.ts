import Big from 'big.js';
import { masterData } from '../../hospital/master-data.ts';
import type { Queryable } from '../database.ts';
import type { Behaviour } from './behaviour.ts';
import { raisedPrice } from './decide.ts';
import { hoursUntil } from './delays.ts';
import type { Desk } from './desk.ts';
import { dispatch } from './dispatch.ts';
import { exportedAtFirst } from './documents.ts';
import type { Invoice, InvoiceLine } from './documents.ts';
import { invoiceNumber, nearDuplicate } from './invoice-number.ts';
import type { LineState, SupplierOrder } from './order.ts';
import { linesOf } from './take-order.ts';
import { schedule, type TaskDetails } from './tasks.ts';

interface Billable {
  orderLineNumber: number;
  itemNumber: string;
  description: string;
  uom: string;
  ordered: string;
  shipped: string;
  price: string;
  behaviour: Behaviour;
  state: LineState;
  shipmentLines: number[];
}

type InvoiceKind = 'original' | 'resend' | 'near-duplicate' | 'malformed' | 'unowed';

/**
 * Invoices a shipment, and with it whatever was to be invoiced only when all of it had left.
 *
 * @param shipmentId null for the latter alone
 */
export async function invoice(tx: Queryable, desk: Desk, order: SupplierOrder, shipmentId: number | null): Promise<void> {
  const { rows } = await tx.query<Billable>({
    name: 'network-billable',
    text: `select l.line_number as "orderLineNumber", l.item_number as "itemNumber", l.description, l.uom, l.quantity as ordered,
        sum(s.quantity) as shipped, l.price, l.behaviour, l.state, array_agg(s.id) as "shipmentLines"
      from network.shipment_lines s join network.order_lines l on l.order_id = s.order_id and l.line_number = s.order_line_number
      where s.order_id = $1 and s.invoice_id is null and l.behaviour <> 'bill-then-reject'
        and not exists (select 1 from network.deliveries d where d.shipment_id = s.shipment_id and d.returned_at is not null)
        and (s.shipment_id = $2 or l.behaviour = 'short-shipment-one-invoice')
      group by l.order_id, l.line_number order by l.line_number`,
    values: [order.id, shipmentId],
  });
  const billable = rows.filter((line) => line.behaviour !== 'short-shipment-one-invoice' || line.state === 'shipped' || line.state === 'cancelled');
  if (billable.length === 0) return;
  const lines = billable.map((line, index) => bill(line, index + 1, order, desk.seed));
  const id = await nextInvoiceId(tx);
  const number = billable.some(({ behaviour }) => behaviour === 'two-invoices-alike') ? await numberLike(tx, order, id) : invoiceNumber(id);
  await send(tx, desk, { id, order, lines, number, date: desk.today() }, 'original', null);
  await tx.query({
    name: 'network-billed',
    text: 'update network.shipment_lines set invoice_id = $2 where id = any($1)',
    values: [billable.flatMap(({ shipmentLines }) => shipmentLines), id],
  });
  const again = billable.find(({ behaviour }) => behaviour in AGAIN);
  if (again) {
    const as = AGAIN[again.behaviour]!;
    await schedule(tx, desk, order, 'resend-invoice', { invoiceId: id, as }, hoursUntil('resend', desk.seed, order.reference, again.itemNumber));
  }
}

const AGAIN: Partial<Record<Behaviour, TaskDetails['resend-invoice']['as']>> = { 'invoice-resent': 'resend', 'invoice-near-duplicate': 'near-duplicate', 'bill-malformed': 'malformed' };

/** The number of the order's earlier invoice with one zero more: another number, which looks like a slip. */
async function numberLike(tx: Queryable, order: SupplierOrder, id: number): Promise<string> {
  const { rows } = await tx.query<{ number: string }>(`select number from network.invoices where order_id = $1 and kind = 'original' order by id desc limit 1`, [order.id]);
  return rows[0]?.number.replace('INV-', 'INV-0') ?? invoiceNumber(id);
}

/** Bills what was ordered, although nothing of it was shipped: nobody owes it, or it is owed because it will be. */
export async function billAll(tx: Queryable, desk: Desk, order: SupplierOrder, kind: 'unowed' | 'original'): Promise<void> {
  const lines = (await linesOf(tx, order.id)).map((line, index): InvoiceLine => ({
    lineNumber: index + 1, orderLineNumber: line.lineNumber, itemNumber: line.itemNumber, description: line.description, uom: line.uom, quantity: line.quantity, price: line.price,
    amount: new Big(line.quantity).times(line.price).round(2).toFixed(2),
  }));
  const id = await nextInvoiceId(tx);
  await send(tx, desk, { id, order, lines, number: invoiceNumber(id), date: desk.today() }, kind, null);
}

/** What a line that the order does not have is away from one that it has. */
const OTHER_LINE = 90;

/** Sends an invoice a second time, by mistake. */
export async function resendInvoice(
  tx: Queryable,
  desk: Desk,
  order: SupplierOrder,
  { invoiceId, as }: TaskDetails['resend-invoice'],
): Promise<void> {
  const { rows } = await tx.query<{ number: string; date: string }>('select number, invoice_date as date from network.invoices where id = $1', [invoiceId]);
  const original = rows[0];
  if (!original) throw new Error(`Invoice ${invoiceId} of ${order.poNumber} is not in the books`);
  const lines = await tx.query<InvoiceLine>(
    `select line_number as "lineNumber", order_line_number as "orderLineNumber", item_number as "itemNumber", description, uom,
       quantity, price, amount from network.invoice_lines where invoice_id = $1 order by line_number`,
    [invoiceId],
  );
  const number = { resend: original.number, 'near-duplicate': nearDuplicate(original.number, desk.seed), malformed: `${original.number}-M` }[as];
  const billed = as === 'malformed' ? lines.rows.map((line) => ({ ...line, orderLineNumber: line.orderLineNumber + OTHER_LINE })) : lines.rows;
  await send(tx, desk, { id: await nextInvoiceId(tx), order, lines: billed, number, date: original.date }, as, invoiceId);
}

function bill(line: Billable, lineNumber: number, order: SupplierOrder, seed: number): InvoiceLine {
  const surplusIsFree = line.behaviour === 'over-delivery' && new Big(line.shipped).gt(line.ordered);
  const quantity = new Big(surplusIsFree ? line.ordered : line.shipped).toFixed();
  const price = line.behaviour === 'price-higher-on-invoice'
    ? raisedPrice(line.price, seed, order.reference, line.itemNumber, 'invoice')
    : line.price;
  return {
    lineNumber,
    orderLineNumber: line.orderLineNumber,
    itemNumber: line.itemNumber,
    description: line.description,
    uom: line.uom,
    quantity,
    price,
    amount: new Big(quantity).times(price).round(2).toFixed(2),
  };
}

async function nextInvoiceId(tx: Queryable): Promise<number> {
  const { rows } = await tx.query<{ id: number }>(`select nextval(pg_get_serial_sequence('network.invoices', 'id'))::int as id`);
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('The invoice sequence gave no number');
  return id;
}

async function send(
  tx: Queryable,
  desk: Desk,
  draft: Pick<Invoice, 'id' | 'order' | 'lines' | 'number' | 'date'>,
  kind: InvoiceKind,
  originalId: number | null,
): Promise<void> {
  const total = draft.lines.reduce((sum, line) => sum.plus(line.amount), new Big(0)).toFixed(2);
  await tx.query({
    name: 'network-invoice',
    text: `with head as (
        insert into network.invoices (id, order_id, number, kind, original_id, invoice_date, total, exported)
        overriding system value values ($1, $2, $3, $4, $5, $6, $7, $9) returning id
      )
      insert into network.invoice_lines (invoice_id, line_number, order_line_number, item_number, description, uom, quantity, price, amount)
      select head.id, "lineNumber", "orderLineNumber", "itemNumber", description, uom, quantity, price, amount
      from head, jsonb_to_recordset($8::jsonb) as n("lineNumber" int, "orderLineNumber" int, "itemNumber" text, description text,
        uom text, quantity numeric, price numeric, amount numeric)`,
    values: [draft.id, draft.order.id, draft.number, kind, originalId, draft.date, total, JSON.stringify(draft.lines), exportedAtFirst(draft.order)],
  });
  const paymentTerms = masterData.suppliers.find((each) => each.number === draft.order.supplierNumber)?.paymentTerms ?? 'NET30';
  await dispatch(tx, desk, { kind: 'invoice', ...draft, paymentTerms, total });
}
