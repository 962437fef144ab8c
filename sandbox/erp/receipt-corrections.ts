import Big from 'big.js';
import { AdfError } from './adf/errors.ts';
import type { Database } from './database.ts';
import type { Erp, Operation } from './operation.ts';
import { attempt, OVER_RECEIPT_PERCENT, receivedDetail } from './receipts.ts';
import { checkDate, portions, Rejection } from './stock.ts';
import type { Detail, Portion } from './stock.ts';

interface Parent {
  id: string;
  receipt_id: string;
  order_id: string;
  line_id: string;
  schedule_id: string;
  document_number: string;
  document_line_number: number;
  document_schedule_number: number;
  item_number: string | null;
  uom: string;
  price: string;
  organization: string;
  subinventory: string | null;
  ordered: string;
  received: string;
  net: string;
  stocked: { lot: string; serial: string; expires_on: string | null }[];
}

/** POST receivingReceiptTransactionRequests: CORRECT by a signed quantity, or RETURN TO VENDOR by a positive one. */
export const createReceivingTransaction: Operation = async (erp, body) => {
  body.ignore('ReceiptSourceCode', 'SourceDocumentCode', 'OrganizationCode', 'ItemNumber', 'UOMCode', 'UnitOfMeasure', 'DocumentNumber', 'DocumentLineNumber', 'ReasonCode', 'ReasonName', 'ReceiptNumber', 'DestinationTypeCode', 'Subinventory', 'RMAReference');
  const sent = {
    parent: body.text('ParentInterfaceTransactionId') ?? body.needText('ParentTransactionId'),
    type: body.needText('TransactionType').toUpperCase(),
    quantity: body.needDecimal('Quantity'),
    date: body.time('TransactionDate') ?? erp.now().toISOString(),
    comments: body.text('Comments'),
  };
  body.ignore('ParentTransactionId');
  const detail = receivedDetail(body);
  body.finish();
  if (sent.type !== 'CORRECT' && sent.type !== 'RETURN TO VENDOR') throw new AdfError(400, `The transaction type ${sent.type} is not supported here.`, 'RCV-2051001', '/TransactionType');
  const id = await attempt(
    () => erp.books.transaction(async (database) => {
      const parent = await findParent(database, sent.parent);
      const effect = effectOf(sent.type, sent.quantity);
      checkDate(erp, sent.date);
      checkEffect(parent, effect);
      const moved = effect.eq(0) ? [] : movedPortions(erp, parent, effect, detail);
      return insertTransaction(database, parent, sent, effect, moved);
    }),
    (rejection) => keepRejected(erp, sent, rejection));
  return { kind: 'created', id };
};

async function findParent(database: Database, id: string): Promise<Parent> {
  if (!/^\d{1,18}$/.test(id)) throw new Rejection('RCV_PARENT_NOT_FOUND', 'The parent transaction is not found.');
  const [parent] = await database.rows<Parent>(`
    select t.id::text, t.receipt_id::text, t.order_id::text, t.line_id::text, t.schedule_id::text, t.document_number, t.document_line_number, t.document_schedule_number,
      t.item_number, t.uom, l.price::text, t.organization, t.subinventory, d.quantity::text as ordered, d.received_quantity::text as received,
      (t.effect + coalesce((select sum(c.effect) from receiving_transactions c where c.parent_id = t.id and c.status = 'SUCCESS'), 0))::text as net,
      coalesce((select json_agg(json_build_object('lot', m.lot, 'serial', m.serial, 'expires_on', m.expires_on)) from stock_movements m where m.receiving_transaction_id = t.id), '[]') as stocked
    from receiving_transactions t join purchase_order_schedules d on d.id = t.schedule_id join purchase_order_lines l on l.id = t.line_id
    where t.id = $1 and t.status = 'SUCCESS' and t.type = 'RECEIVE' for update of d`, [id]);
  if (!parent) throw new Rejection('RCV_PARENT_NOT_FOUND', 'The parent transaction is not found.');
  return parent;
}

function effectOf(type: string, quantity: string): Big {
  if (type === 'CORRECT') return new Big(quantity);
  if (new Big(quantity).lte(0)) throw new Rejection('RCV_QTY_NOT_POSITIVE', 'The quantity must be greater than zero.');
  return new Big(quantity).times(-1);
}

function checkEffect(parent: Parent, effect: Big): void {
  if (new Big(parent.net).plus(effect).lt(0)) throw new Rejection('RCV_QTY_EXCEEDS_PARENT', `Only ${parent.net} of this receipt are left.`);
  const limit = new Big(parent.ordered).times(100 + OVER_RECEIPT_PERCENT).div(100);
  if (effect.gt(0) && new Big(parent.received).plus(effect).gt(limit)) throw new Rejection('RCV_QTY_OVER_TOLERANCE', `The quantity received would exceed the quantity ordered by more than ${OVER_RECEIPT_PERCENT} percent.`);
}

/** What moves in stock, signed. A receipt of one lot is corrected in that lot without naming it. */
function movedPortions(erp: Erp, parent: Parent, effect: Big, detail: Detail): Portion[] {
  if (parent.stocked.length === 0 || parent.item_number === null) return [];
  const item = erp.master.item(parent.item_number);
  const [only] = parent.stocked;
  const sign = effect.lt(0) ? -1 : 1;
  const implied = detail.lots.length === 0 && detail.serials.length === 0 && parent.stocked.length === 1 && only && only.serial === '';
  if (implied) {
    const factor = erp.master.factor(item, parent.uom) ?? new Big(1);
    return [{ lot: only.lot, serial: '', expires_on: only.expires_on ?? undefined, quantity: effect.times(factor).toString() }];
  }
  return portions(erp, item, effect.abs(), parent.uom, detail, false).map((each) => {
    const known = parent.stocked.find((stocked) => stocked.lot === each.lot && (each.serial === '' || stocked.serial === each.serial));
    if (!known) throw new Rejection('RCV_LOT_NOT_OF_RECEIPT', 'The lot or serial number was not received in this receipt.');
    return { ...each, expires_on: known.expires_on ?? undefined, quantity: new Big(each.quantity).times(sign).toString() };
  });
}

async function insertTransaction(database: Database, parent: Parent, sent: { type: string; quantity: string; date: string; comments?: string }, effect: Big, moved: readonly Portion[]): Promise<string> {
  const rows = await database.rows<{ id: string }>(`
    with added as (
      insert into receiving_transactions (receipt_id, parent_id, type, order_id, line_id, schedule_id, document_number, document_line_number, document_schedule_number, item_number,
        quantity, effect, amount, uom, organization, subinventory, transaction_date, comments, status)
      select p.receipt_id, p.id, $2, p.order_id, p.line_id, p.schedule_id, p.document_number, p.document_line_number, p.document_schedule_number, p.item_number,
        $3, $4, round($4::numeric * $5::numeric, 2), p.uom, p.organization, p.subinventory, $6, $7, 'SUCCESS'
      from receiving_transactions p where p.id = $1 returning id, schedule_id, organization, subinventory, item_number),
    progress as (update purchase_order_schedules d set received_quantity = d.received_quantity + $4::numeric from added a where d.id = a.schedule_id),
    movements as (
      insert into stock_movements (organization, subinventory, item_number, lot, serial, expires_on, quantity, unit_cost, value, type, reference, receiving_transaction_id)
      select a.organization, a.subinventory, a.item_number, p.lot, p.serial, p.expires_on, p.quantity, i.unit_cost, round(p.quantity * i.unit_cost, 2),
        case $2 when 'CORRECT' then 'Purchase Order Receipt Adjustment' else 'Return to Supplier' end, $7, a.id
      from added a join items i on i.number = a.item_number
      cross join jsonb_to_recordset($8::jsonb) as p(lot text, serial text, expires_on date, quantity numeric))
    select id::text from added`,
  [parent.id, sent.type, sent.quantity, effect.toString(), parent.price, sent.date, sent.comments, JSON.stringify(moved)]);
  return rows[0]!.id;
}

async function keepRejected(erp: Erp, sent: { parent: string; type: string; quantity: string; date: string; comments?: string }, rejection: Rejection): Promise<string> {
  const rows = await erp.books.rows<{ id: string }>(`
    insert into receiving_transactions (receipt_id, parent_id, type, quantity, transaction_date, comments, status, error_code, error_explanation)
    select t.receipt_id, t.id, $2, $3, $4, $5, 'ERROR', $6, $7 from (select 1) one left join receiving_transactions t on t.id = $1
    returning id::text`, [/^\d{1,18}$/.test(sent.parent) ? sent.parent : '0', sent.type, sent.quantity, sent.date, sent.comments, rejection.code, rejection.message]);
  return rows[0]!.id;
}
