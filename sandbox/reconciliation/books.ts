import {
  readInvoices, readJournalLines, readOrders, readPayments, readReceipts, readRequisitions, readStockMovements, readTotals,
  type BookedInvoice, type BookedJournalLine, type BookedMovement, type BookedOrderLine, type BookedPayment, type BookedReceipt, type BookedRequisition, type Totals,
} from '../erp/books.ts';
import { recordedUses, receivedCommunications, type ReceivedCommunication, type RecordedUse } from '../ehr/books.ts';
import {
  acknowledgementsSent, coupaOrders, goodsShipped, interchangesReceived, invoicesSent, ordersRepeated, ordersUnderstood, pendingWork,
  type AcknowledgedLine, type CoupaOrder, type OrderedLine, type PendingWork, type ReceivedInterchange, type RepeatedOrder, type SentInvoice, type ShippedLine,
} from '../network/books.ts';
import type { Pool, PoolClient } from 'pg';

/** What the simulated systems say about the day, each from its own books. */
export interface Books {
  requisitions: BookedRequisition[];
  orders: BookedOrderLine[];
  receipts: BookedReceipt[];
  invoices: BookedInvoice[];
  payments: BookedPayment[];
  movements: BookedMovement[];
  journalLines: BookedJournalLine[];
  totals: Totals;
  budgets: BudgetUse[];
  inventory: InventoryValue[];
  /** Journal imports that have not come to their end. */
  openImports: number;
  understood: OrderedLine[];
  repeated: RepeatedOrder[];
  acknowledged: AcknowledgedLine[];
  shipped: ShippedLine[];
  billed: SentInvoice[];
  exchangeOrders: CoupaOrder[];
  interchanges: ReceivedInterchange[];
  pending: PendingWork;
  uses: RecordedUse[];
  communications: ReceivedCommunication[];
  messages: AnsweredMessage[];
}

/** Expenditure of a cost centre as its budget holds it, beside what was issued and billed to it. */
export interface BudgetUse {
  costCentre: string;
  actual: string;
  issued: string;
  billed: string;
}

/** What lies in the stores of a facility, beside what its inventory account says. */
export interface InventoryValue {
  facility: string;
  entity: string;
  onHand: string;
  ledger: string;
}

export interface AnsweredMessage {
  id: string;
  source: string;
  state: 'waiting' | 'accepted' | 'refused';
  code: string | null;
  attempts: number;
}

/** Reads one after the other, so that a single connection and its transaction serve as well as a pool. */
export async function readBooks(database: Pool | PoolClient): Promise<Books> {
  const [{ open }] = (await database.query(`select count(*)::int as open from erp.ess_requests where status in ('WAIT', 'RUNNING')`)).rows as [{ open: number }];
  return {
    requisitions: await readRequisitions(database),
    orders: await readOrders(database),
    receipts: await readReceipts(database),
    invoices: await readInvoices(database),
    payments: await readPayments(database),
    movements: await readStockMovements(database),
    journalLines: await readJournalLines(database),
    totals: await readTotals(database),
    budgets: (await database.query(BUDGETS)).rows as BudgetUse[],
    inventory: (await database.query(INVENTORY)).rows as InventoryValue[],
    openImports: open,
    understood: await ordersUnderstood(database),
    repeated: await ordersRepeated(database),
    acknowledged: await acknowledgementsSent(database),
    shipped: await goodsShipped(database),
    billed: await invoicesSent(database),
    exchangeOrders: await coupaOrders(database),
    interchanges: await interchangesReceived(database),
    pending: await pendingWork(database),
    uses: await recordedUses(database),
    communications: await receivedCommunications(database),
    messages: (await database.query(MESSAGES)).rows as AnsweredMessage[],
  };
}

const MESSAGES = `select id, source, state, ack_code as code, attempts from ehr.hl7_sent order by place`;

const BUDGETS = `
  with issued as (
    select k.cost_centre, -sum(m.value) as value from erp.stock_movements m join erp.account_combinations k on k.combination = m.account_combination
    where k.cost_centre <> '0000' group by k.cost_centre),
  billed as (
    select coalesce(kd.cost_centre, kn.cost_centre) as cost_centre, sum(l.amount) as value
    from erp.invoice_lines l join erp.invoices v on v.id = l.invoice_id
    left join erp.purchase_order_schedules d on d.id = l.schedule_id left join erp.account_combinations kd on kd.combination = d.charge_account
    left join erp.account_combinations kn on kn.combination = l.account_combination
    where v.validation = 'Validated' and coalesce(kd.cost_centre, kn.cost_centre) <> '0000' group by 1)
  select b.cost_centre as "costCentre", sum(b.actual)::text as actual, coalesce(max(i.value), 0)::text as issued, coalesce(max(v.value), 0)::text as billed
  from erp.budgets b left join issued i using (cost_centre) left join billed v using (cost_centre) group by b.cost_centre order by b.cost_centre`;

const INVENTORY = `
  select f.code as facility, f.entity,
    (select coalesce(sum(b.value), 0) from erp.stock_balances b where b.organization = f.code)::text as "onHand",
    (select coalesce(sum(l.debit - l.credit), 0) from erp.journal_lines l join erp.account_combinations k on k.combination = l.account_combination
      where k.account = '1310' and k.entity = f.entity)::text as ledger
  from erp.facilities f order by f.code`;
