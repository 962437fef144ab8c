import Big from 'big.js';
import type { Body } from './adf/body.ts';
import { AdfError } from './adf/errors.ts';
import type { Database } from './database.ts';
import type { Erp, Operation } from './operation.ts';

interface ScheduleChange {
  number: number;
  quantity?: string;
  promised_date?: string;
  requested_date?: string;
}

interface LineChange {
  number: number;
  item?: string;
  price?: string;
  quantity?: string;
  cancel?: boolean;
  schedules: ScheduleChange[];
}

interface Changes {
  header: { description?: string; note_to_supplier?: string; supplier_order?: string; reference_number?: string };
  lines: LineChange[];
}

/**
 * PATCH draftPurchaseOrders/{POHeaderId}. An incomplete order is changed at once. For an open order the change waits as
 * a change order until action/submit; a second change of the same order joins the first.
 *
 * Replacing the item of a line is a simplification of this sandbox: Oracle cancels the line and adds another.
 */
export const changeDraftOrder: Operation = async (erp, body, [id]) => {
  const description = body.text('ChangeOrderDescription');
  const changes = readChanges(erp, body);
  body.finish();
  await erp.books.transaction(async (database) => {
    const [order] = await database.rows<{ status: string; number: number }>('select status, change_order_number as number from purchase_orders where id = $1 for update', [id]);
    if (!order) throw new AdfError(404, 'Not Found');
    if (order.status === 'INCOMPLETE') return applyChanges(erp, database, id!, changes, erp.now().getUTCFullYear(), false);
    if (order.status !== 'OPEN') throw new AdfError(400, 'The status of the purchase order does not allow it to be changed.', 'PO-2055230');
    await checkChanges(database, id!, changes);
    const [pending] = await database.rows<{ id: string; changes: Changes }>("select id::text, changes from change_orders where order_id = $1 and status = 'INCOMPLETE'", [id]);
    if (pending) {
      const joined: Changes = { header: { ...pending.changes.header, ...changes.header }, lines: [...pending.changes.lines, ...changes.lines] };
      await database.rows('update change_orders set changes = $2, description = coalesce($3, description) where id = $1', [pending.id, JSON.stringify(joined), description]);
    } else {
      await database.rows('insert into change_orders (order_id, number, description, changes) values ($1, $2, $3, $4)', [id, order.number + 1, description, JSON.stringify(changes)]);
    }
  });
  return { kind: 'changed', id: id!, expand: 'lines.schedules' };
};

function readChanges(erp: Erp, body: Body): Changes {
  return {
    header: {
      description: body.text('Description'),
      note_to_supplier: body.text('NoteToSupplier'),
      supplier_order: body.text('SupplierOrder'),
      reference_number: body.text('ReferenceNumber'),
    },
    lines: body.list('lines').map((line) => {
      line.ignore('CancelReason', 'ReasonForChange');
      const item = line.text('Item');
      return {
        number: line.whole('LineNumber') ?? Number(line.needText('LineNumber')),
        item: item === undefined ? undefined : erp.master.item(item, '/lines/Item').number,
        price: line.decimal('Price'),
        quantity: line.decimal('Quantity'),
        // Oracle marks a line for cancellation by giving this attribute any value.
        cancel: line.flag('CancelUnfulfilledDemandFlag') !== undefined,
        schedules: line.list('schedules').map((schedule) => ({
          number: schedule.whole('ScheduleNumber') ?? 1,
          quantity: schedule.decimal('Quantity'),
          promised_date: schedule.date('PromisedDeliveryDate'),
          requested_date: schedule.date('RequestedDeliveryDate'),
        })),
      };
    }),
  };
}

/** POST draftPurchaseOrders/{id}/action/cancelChangeOrder. */
export const cancelChangeOrder: Operation = async (erp, body, [id]) => {
  body.finish();
  const rows = await erp.books.rows("update change_orders set status = 'CANCELED', processed_at = now() where order_id = $1 and status = 'INCOMPLETE' returning 1 as done", [id]);
  if (rows.length === 0) throw new AdfError(400, 'The purchase order has no pending change order.', 'PO-2055231');
  return { kind: 'result', result: 'Success' };
};

/** @throws AdfError 400 when there is neither a draft nor a pending change */
export async function applyChangeOrder(erp: Erp, id: string, year: number): Promise<void> {
  await erp.books.transaction(async (database) => {
    const [order] = await database.rows<{ status: string }>('select status from purchase_orders where id = $1 for update', [id]);
    const [pending] = await database.rows<{ id: string; number: number; changes: Changes }>("select id::text, number, changes from change_orders where order_id = $1 and status = 'INCOMPLETE'", [id]);
    if (!order || !pending) throw new AdfError(400, 'The purchase order is not in a status that can be submitted.', 'PO-2055232');
    await applyChanges(erp, database, id, pending.changes, year, order.status === 'OPEN');
    await database.rows("update change_orders set status = 'PROCESSED', processed_at = now() where id = $1", [pending.id]);
    await database.rows("update purchase_orders set change_order_number = $2, funds_status = 'Reserved' where id = $1", [id, pending.number]);
  });
}

interface ScheduleRow {
  id: string;
  line_id: string;
  line_number: number;
  schedule_number: number;
  item_number: string | null;
  uom: string;
  received: string;
  billed: string;
}

function scheduleRows(database: Database, id: string): Promise<ScheduleRow[]> {
  return database.rows<ScheduleRow>(`
    select d.id::text, l.id::text as line_id, l.line_number, d.schedule_number, l.item_number, l.uom, d.received_quantity::text as received, d.billed_quantity::text as billed
    from purchase_order_lines l join purchase_order_schedules d on d.line_id = l.id where l.order_id = $1 order by l.line_number, d.schedule_number for update of d`, [id]);
}

async function checkChanges(database: Database, id: string, changes: Changes): Promise<ScheduleRow[]> {
  const rows = await scheduleRows(database, id);
  for (const line of changes.lines) {
    const own = rows.filter((row) => row.line_number === line.number);
    const path = `/lines/${line.number}`;
    if (own.length === 0) throw new AdfError(400, `The purchase order has no line ${line.number}.`, 'PO-2055233', path);
    const started = own.some((row) => new Big(row.received).gt(0) || new Big(row.billed).gt(0));
    if (started && (line.cancel || line.item !== undefined)) throw new AdfError(400, `Line ${line.number} has been received or billed.`, 'PO-2055234', path);
    if (line.quantity !== undefined && own.length > 1) throw new AdfError(400, `Line ${line.number} has several schedules: change their quantities.`, 'PO-2055235', path);
    for (const schedule of quantities(line)) {
      const row = own.find((each) => each.schedule_number === schedule.number);
      if (!row) throw new AdfError(400, `Line ${line.number} has no schedule ${schedule.number}.`, 'PO-2055236', path);
      if (schedule.quantity !== undefined && (new Big(schedule.quantity).lte(0) || new Big(schedule.quantity).lt(row.received) || new Big(schedule.quantity).lt(row.billed))) {
        throw new AdfError(400, 'The quantity must be greater than zero and not less than what has been received or billed.', 'PO-2055237', path);
      }
    }
  }
  return rows;
}

/** Changes of schedules, the quantity of a line with one schedule among them. */
function quantities(line: LineChange): ScheduleChange[] {
  if (line.quantity === undefined) return line.schedules;
  const [first = { number: 1 }] = line.schedules;
  return [{ ...first, quantity: line.quantity }];
}

async function applyChanges(erp: Erp, database: Database, id: string, changes: Changes, year: number, reserved: boolean): Promise<void> {
  const rows = await checkChanges(database, id, changes);
  const { description, note_to_supplier: note, supplier_order: supplierOrder, reference_number: reference } = changes.header;
  await database.rows(`
    update purchase_orders set description = coalesce($2, description), note_to_supplier = coalesce($3, note_to_supplier),
      supplier_order = coalesce($4, supplier_order), reference_number = coalesce($5, reference_number) where id = $1`,
  [id, description, note, supplierOrder, reference]);
  for (const line of changes.lines) {
    const item = line.item === undefined ? undefined : erp.master.item(line.item);
    const uom = rows.find((row) => row.line_number === line.number)?.uom ?? '';
    if (item && !erp.master.factor(item, uom)) throw new AdfError(400, `The unit of measure ${uom} is not valid for the item ${item.number}.`, 'PO-2055214');
    await database.rows(`
      update purchase_order_lines set price = coalesce($3::numeric, price), cancelled = cancelled or $4,
        original_item_number = case when $5::text is null then original_item_number else coalesce(original_item_number, item_number) end,
        item_number = coalesce($5, item_number), description = coalesce($6, description)
      where order_id = $1 and line_number = $2`, [id, line.number, line.price, line.cancel ?? false, item?.number, item?.description]);
    for (const schedule of quantities(line)) {
      await database.rows(`
        update purchase_order_schedules d set quantity = coalesce($4::numeric, quantity), promised_date = coalesce($5::date, promised_date), requested_date = coalesce($6::date, requested_date)
        from purchase_order_lines l where l.id = d.line_id and d.order_id = $1 and l.line_number = $2 and d.schedule_number = $3`,
      [id, line.number, schedule.number, schedule.quantity, schedule.promised_date, schedule.requested_date]);
    }
  }
  if (reserved) await database.rows(RESERVE_DIFFERENCE, [id, year]);
}

const RESERVE_DIFFERENCE = `
  with target as (
    select d.id, d.reserved as old, k.cost_centre,
      case when l.cancelled then 0 else round((d.quantity - d.billed_quantity) * l.price, 2) end as reserved
    from purchase_order_schedules d join purchase_order_lines l on l.id = d.line_id join account_combinations k on k.combination = d.charge_account
    where d.order_id = $1 and k.cost_centre <> '0000'),
  changed as (update purchase_order_schedules d set reserved = t.reserved from target t where t.id = d.id and t.reserved <> t.old returning t.cost_centre, t.reserved - t.old as difference)
  insert into budget_entries (cost_centre, fiscal_year, kind, amount, checked, document, document_id)
  select cost_centre, $2::int, 'obligation', sum(difference), true, 'ORDER', $1::bigint from changed group by cost_centre`;
