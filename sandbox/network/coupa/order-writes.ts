import type { Queryable } from '../database.ts';
import { invalid } from './errors.ts';
import type { LineUpdate, NewOrder, OrderUpdate } from './order-input.ts';
import type { CoupaOrderLine, CoupaOrderRow } from './order-view.ts';

export async function insertOrder(tx: Queryable, order: NewOrder): Promise<number> {
  const { rows: suppliers } = await tx.query<{ id: number; status: string; po_method: string }>({
    name: 'coupa-supplier-by-number',
    text: 'select id, status, po_method from network.coupa_suppliers where number = $1',
    values: [order.supplierNumber],
  });
  const supplier = suppliers[0];
  if (!supplier) throw invalid({ supplier: ['is invalid'] });
  if (supplier.status !== 'active') throw invalid({ supplier: ['is inactive'] });
  if (supplier.po_method !== 'cxml') throw invalid({ supplier: ['does not receive orders through this network'] });
  await refuseUnknownItems(tx, order.lines.map(({ itemNumber }) => itemNumber));

  const { rows } = await tx.query<{ id: number }>({
    name: 'coupa-insert-order',
    text: `with head as (
        insert into network.coupa_orders (po_number, status, supplier_id, currency, ship_to, payment_term, custom_fields)
        values ($1, 'draft', $2, $3, $4, $5, $6) on conflict (po_number) do nothing returning id
      ), body as (
        insert into network.coupa_order_lines (order_id, line_number, item_number, description, uom, quantity, price, need_by)
        select head.id, "lineNumber", "itemNumber", description, uom, quantity, price, "needBy"
        from head, jsonb_to_recordset($7::jsonb) as n("lineNumber" int, "itemNumber" text, description text, uom text,
          quantity numeric, price numeric, "needBy" date)
      ) select id from head`,
    values: [order.poNumber, supplier.id, order.currency, order.shipTo, order.paymentTerm, JSON.stringify(order.customFields), JSON.stringify(order.lines)],
  });
  const id = rows[0]?.id;
  if (id === undefined) throw invalid({ 'po-number': ['has already been taken'] });
  return id;
}

/** @returns whether the supplier has to be told */
export async function updateOrder(tx: Queryable, order: CoupaOrderRow, update: OrderUpdate): Promise<boolean> {
  if (update.exported !== undefined) {
    await tx.query(
      `update network.coupa_orders set exported = $2, last_exported_at = case when $2 then clock_timestamp() else last_exported_at end,
         updated_at = clock_timestamp() where id = $1`,
      [order.id, update.exported],
    );
  }
  if (update.lines.length === 0) return false;
  if (order.status !== 'draft' && order.status !== 'issued') throw invalid({ status: [`a purchase order that is ${order.status} cannot be changed`] });
  await refuseUnknownItems(tx, update.lines.flatMap(({ itemNumber }) => itemNumber ?? []));
  for (const change of update.lines) {
    const line = lineOf(order, change);
    await tx.query(
      `update network.coupa_order_lines set item_number = $2, quantity = $3, price = $4, need_by = $5, status = $6 where id = $1`,
      [
        line.id,
        change.itemNumber ?? line.item_number,
        change.quantity ?? line.quantity,
        change.price ?? line.price,
        change.needBy === undefined ? line.need_by : change.needBy,
        change.cancelled ? 'cancelled' : line.status,
      ],
    );
  }
  await raiseVersion(tx, order.id);
  return true;
}

export async function raiseVersion(tx: Queryable, orderId: number): Promise<void> {
  await tx.query('update network.coupa_orders set version = version + 1, updated_at = clock_timestamp() where id = $1', [orderId]);
}

function lineOf(order: CoupaOrderRow, change: LineUpdate): CoupaOrderLine {
  const line = order.lines.find((each) => (change.id === undefined ? each.line_number === change.lineNumber : each.id === change.id));
  if (!line) throw invalid({ 'order-lines': [`line ${change.id ?? change.lineNumber} does not belong to this purchase order`] });
  return line;
}

async function refuseUnknownItems(tx: Queryable, itemNumbers: readonly string[]): Promise<void> {
  if (itemNumbers.length === 0) return;
  const { rows } = await tx.query<{ item: string }>({
    name: 'coupa-unknown-items',
    text: `select wanted.item from unnest($1::text[]) as wanted(item)
      where not exists (select 1 from network.coupa_items i where i.item_number = wanted.item)`,
    values: [itemNumbers],
  });
  if (rows.length > 0) throw invalid({ item: rows.map(({ item }) => `${item} does not exist`) });
}
