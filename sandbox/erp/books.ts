/**
 * Read functions over the ERP's tables for the reconciliation. SQL only: they ask the books, not the API, so that the
 * verdict does not depend on what is being judged. All amounts and quantities are decimal strings.
 */

/** A pg pool or client; tables are named with their schema, so its search path does not matter. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

async function all<Row>(database: Queryable, text: string, values: unknown[] = []): Promise<Row[]> {
  return (await database.query(text, values)).rows as Row[];
}

export interface BookedRequisition { id: string; number: string; status: string; reference: string | null; lines: number; amount: string }

export const readRequisitions = (database: Queryable): Promise<BookedRequisition[]> => all(database, `
  select r.id::text, r.number, r.status, r.interface_source_code as reference, count(l.id)::int as lines, coalesce(sum(l.amount), 0)::text as amount
  from erp.requisitions r left join erp.requisition_lines l on l.requisition_id = r.id group by r.id order by r.id`);

export interface BookedOrderLine {
  orderNumber: string;
  status: string;
  reference: string | null;
  supplier: string;
  line: number;
  schedule: number;
  item: string | null;
  originalItem: string | null;
  cancelled: boolean;
  quantity: string;
  uom: string;
  price: string;
  amount: string;
  received: string;
  billed: string;
  organization: string;
  chargeAccount: string;
}

export const readOrders = (database: Queryable): Promise<BookedOrderLine[]> => all(database, `
  select o.number as "orderNumber", o.status, o.reference_number as reference, s.number as supplier, l.line_number as line, d.schedule_number as schedule,
    l.item_number as item, l.original_item_number as "originalItem", l.cancelled, d.quantity::text, l.uom, l.price::text, round(d.quantity * l.price, 2)::text as amount,
    d.received_quantity::text as received, d.billed_quantity::text as billed, d.organization, d.charge_account as "chargeAccount"
  from erp.purchase_orders o join erp.suppliers s on s.id = o.supplier_id join erp.purchase_order_lines l on l.order_id = o.id join erp.purchase_order_schedules d on d.line_id = l.id
  order by o.id, l.line_number, d.schedule_number`);

export interface BookedReceipt {
  id: string;
  receiptNumber: string | null;
  reference: string | null;
  shipment: string | null;
  type: string;
  orderNumber: string;
  line: number;
  item: string | null;
  effect: string;
  amount: string;
  stockValue: string;
  chargeAccount: string;
}

/** Receipts, corrections and returns that took effect; rejected interface rows are not among them. */
export const readReceipts = (database: Queryable): Promise<BookedReceipt[]> => all(database, `
  select t.id::text, r.number as "receiptNumber", coalesce(t.comments, r.comments) as reference, r.shipment_number as shipment, t.type, t.document_number as "orderNumber",
    t.document_line_number as line, t.item_number as item, t.effect::text, t.amount::text,
    coalesce((select sum(m.value) from erp.stock_movements m where m.receiving_transaction_id = t.id), 0)::text as "stockValue", d.charge_account as "chargeAccount"
  from erp.receiving_transactions t join erp.receipts r on r.id = t.receipt_id join erp.purchase_order_schedules d on d.id = t.schedule_id
  where t.status = 'SUCCESS' order by t.id`);

export interface BookedInvoice {
  id: string;
  number: string;
  supplier: string;
  reference: string | null;
  validation: string;
  amount: string;
  paid: string;
  linesTotal: string;
  orders: string[];
  openHolds: string[];
}

export const readInvoices = (database: Queryable): Promise<BookedInvoice[]> => all(database, `
  select v.id::text, v.number, s.number as supplier, v.reference_number as reference, v.validation, v.amount::text, v.paid::text,
    (select coalesce(sum(amount), 0) from erp.invoice_lines l where l.invoice_id = v.id)::text as "linesTotal",
    array(select distinct l.order_number from erp.invoice_lines l where l.invoice_id = v.id and l.order_number is not null order by 1) as orders,
    array(select h.name from erp.invoice_holds h where h.invoice_id = v.id and h.released_at is null order by 1) as "openHolds"
  from erp.invoices v join erp.suppliers s on s.id = v.supplier_id order by v.id`);

export interface BookedPayment { id: string; number: string; supplier: string; reference: string | null; status: string; amount: string; invoices: { number: string; amount: string }[] }

export const readPayments = (database: Queryable): Promise<BookedPayment[]> => all(database, `
  select p.id::text, p.number::text, s.number as supplier, p.description as reference, p.status, p.amount::text,
    (select json_agg(json_build_object('number', v.number, 'amount', x.amount::text) order by v.number)
      from erp.payment_invoices x join erp.invoices v on v.id = x.invoice_id where x.payment_id = p.id) as invoices
  from erp.payments p join erp.suppliers s on s.id = p.supplier_id order by p.id`);

export interface BookedMovement {
  id: string;
  organization: string;
  subinventory: string;
  item: string;
  lot: string;
  serial: string;
  quantity: string;
  value: string;
  type: string;
  account: string | null;
  reference: string | null;
}

/** Every stock movement after the opening balance. */
export const readStockMovements = (database: Queryable): Promise<BookedMovement[]> => all(database, `
  select m.id::text, m.organization, m.subinventory, m.item_number as item, m.lot, m.serial, m.quantity::text, m.value::text, m.type,
    m.account_combination as account, m.reference
  from erp.stock_movements m where m.type <> 'Opening balance' order by m.id`);

export interface BookedJournalLine { journalId: string; batch: string; journal: string; reference: string | null; account: string; debit: string; credit: string; lineReference: string | null }

/** Every journal line after the opening journal. */
export const readJournalLines = (database: Queryable): Promise<BookedJournalLine[]> => all(database, `
  select j.id::text as "journalId", b.name as batch, j.name as journal, j.reference, l.account_combination as account, l.debit::text, l.credit::text, l.reference1 as "lineReference"
  from erp.journal_lines l join erp.journals j on j.id = l.journal_id join erp.journal_batches b on b.id = j.batch_id
  where b.source <> 'Opening' order by j.id, l.line_number`);

export interface Repetition { kind: string; reference: string; count: number }

/** References that more than one record in effect carries: what was done twice. */
export const readRepetitions = (database: Queryable): Promise<Repetition[]> => all(database, `
  select kind, reference, count(*)::int as count from (
    select 'requisition' as kind, interface_source_code as reference from erp.requisitions where status <> 'Canceled'
    union all select 'order', reference_number from erp.purchase_orders where status <> 'CANCELED'
    union all select 'receipt', comments from erp.receipts where status = 'SUCCESS'
    union all select 'payment', description from erp.payments where status = 'Negotiable'
    union all select 'inventory', reference from erp.inventory_transactions where status = 'SUCCESS'
    union all select 'journal', name from erp.journals
  ) documents where reference is not null group by kind, reference having count(*) > 1 order by kind, reference`);

export interface Totals {
  receivedNotInvoiced: string;
  payable: string;
  paid: string;
  stockValue: string;
  budgetActual: string;
  ledger: { account: string; balance: string }[];
  unbalancedJournals: string[];
  /** Rows of the kept balances that differ from the sum of their movements. */
  stockDifferences: number;
  budgetDifferences: number;
}

/**
 * What the subledgers hold beside what the ledger holds: received at order price less invoiced, open invoices, payments,
 * stock at standard cost. Account balances are debit less credit.
 */
export async function readTotals(database: Queryable): Promise<Totals> {
  const [totals] = await all<Omit<Totals, 'ledger' | 'unbalancedJournals'>>(database, `
    select
      ((select coalesce(sum(amount), 0) from erp.receiving_transactions where status = 'SUCCESS')
        - (select coalesce(sum(round(l.quantity * p.price, 2)), 0) from erp.invoice_lines l join erp.invoices v on v.id = l.invoice_id
            join erp.purchase_order_schedules d on d.id = l.schedule_id join erp.purchase_order_lines p on p.id = d.line_id where v.validation <> 'Canceled'))::text as "receivedNotInvoiced",
      (select coalesce(sum(amount - paid), 0) from erp.invoices where validation <> 'Canceled')::text as payable,
      (select coalesce(sum(amount), 0) from erp.payments where status = 'Negotiable')::text as paid,
      (select coalesce(sum(value), 0) from erp.stock_balances)::text as "stockValue",
      (select coalesce(sum(actual), 0) from erp.budgets)::text as "budgetActual",
      (select count(*) from (
        select 1 from erp.stock_movements m full join erp.stock_balances b using (organization, subinventory, item_number, lot, serial)
        group by organization, subinventory, item_number, lot, serial, b.quantity, b.value
        having coalesce(sum(m.quantity), 0) <> coalesce(b.quantity, 0) or coalesce(sum(m.value), 0) <> coalesce(b.value, 0)) d)::int as "stockDifferences",
      (select count(*) from (
        select 1 from erp.budgets b left join erp.budget_entries e using (cost_centre, fiscal_year) group by b.cost_centre, b.fiscal_year
        having b.commitment + b.obligation + b.actual <> coalesce(sum(e.amount), 0)) d)::int as "budgetDifferences"`);
  const ledger = await all<{ account: string; balance: string }>(database, `
    select k.account, sum(l.debit - l.credit)::text as balance from erp.journal_lines l join erp.account_combinations k on k.combination = l.account_combination
    group by k.account order by k.account`);
  const unbalanced = await all<{ name: string }>(database, `
    select j.name from erp.journals j join erp.journal_lines l on l.journal_id = j.id group by j.id having sum(l.debit) <> sum(l.credit) order by j.id`);
  return { ...totals!, ledger, unbalancedJournals: unbalanced.map(({ name }) => name) };
}

/** A worker with what an assignment is from one day to another. */
export interface BookedEmployee {
  person: string;
  lastName: string;
  from: string;
  to: string;
  status: string;
  expenseAccount: string | null;
}

/** Every state in which each worker ever was, the oldest first. */
export function readEmployees(database: Queryable): Promise<BookedEmployee[]> {
  return all<BookedEmployee>(database, `
    select w.person_number as person, w.last_name as "lastName", a.effective_start::text as "from", a.effective_end::text as "to", a.status, a.expense_account as "expenseAccount"
    from erp.workers w join erp.work_relationships r on r.worker_id = w.id join erp.assignments a on a.relationship_id = r.id order by w.person_number, a.effective_start`);
}
