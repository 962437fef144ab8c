import Big from 'big.js';
import type { Queryable } from '../database.ts';
import { hoursUntil } from './delays.ts';
import { dayAfter } from './desk.ts';
import type { Desk } from './desk.ts';
import { dispatch } from './dispatch.ts';
import { exportedAtFirst } from './documents.ts';
import type { ShipNotice } from './documents.ts';
import { pack } from './goods.ts';
import type { LineState, SupplierOrder } from './order.ts';
import { linesOf } from './take-order.ts';
import { schedule } from './tasks.ts';
import type { ShippingLine } from './tasks.ts';

const TRANSIT_DAYS = 2;

/**
 * Sends off what is planned and still stands: never more of a line than is open, save the planned surplus, and nothing
 * of a line that was cancelled or waits for the buyer since. Surplus in a box of its own is not billed.
 */
export async function ship(
  tx: Queryable,
  desk: Desk,
  order: SupplierOrder,
  planned: readonly ShippingLine[],
  shippable: readonly LineState[] = ['accepted', 'backordered'],
): Promise<void> {
  const lines = await linesOf(tx, order.id);
  const today = desk.today();
  const boxed = planned.flatMap(({ lineNumber, quantity, surplus }) => {
    const line = lines.find((each) => each.lineNumber === lineNumber);
    if (!line) return [];
    const open = new Big(line.quantity).minus(line.shippedQuantity);
    const regular = shippable.includes(line.state) ? (open.lt(quantity) ? open : new Big(quantity)) : new Big(0);
    // A box of nothing but surplus goes out only behind what was ordered.
    const isBehind = line.state === 'shipped' && new Big(quantity).eq(0) && surplus > 0;
    if (regular.lte(0) && !isBehind) return [];
    const sent = regular.plus(surplus).toFixed();
    const box = `${order.reference}/${order.supplierNumber}/${line.lineNumber}/${line.shippedQuantity}`;
    const picked = { orderLineNumber: lineNumber, itemNumber: line.itemNumber, description: line.description, uom: line.uom, quantity: sent };
    return [{ lineNumber, sent, packed: pack(picked, box, desk.seed, today) }];
  });
  if (boxed.length === 0) return;

  const packed = boxed.flatMap((each) => each.packed).map((each, index) => ({ ...each, lineNumber: index + 1 }));
  const expectedOn = dayAfter(today, TRANSIT_DAYS);
  const { rows } = await tx.query<{ id: number; number: string }>({
    name: 'network-ship',
    text: `with head as (
        insert into network.shipments (order_id, shipped_on, expected_on, carrier, exported) values ($1, $2, $3, $4, $7) returning id, number
      ), body as (
        insert into network.shipment_lines
          (shipment_id, order_id, line_number, order_line_number, item_number, description, gtin, uom, quantity, lot, serial, expires_on)
        select head.id, $1, "lineNumber", "orderLineNumber", "itemNumber", description, gtin, uom, quantity, lot, serial, "expiresOn"
        from head, jsonb_to_recordset($5::jsonb) as n("lineNumber" int, "orderLineNumber" int, "itemNumber" text, description text,
          gtin text, uom text, quantity numeric, lot text, serial text, "expiresOn" date)
      ), sent as (
        update network.order_lines l set shipped_quantity = l.shipped_quantity + n.sent,
          state = case when l.shipped_quantity + n.sent >= l.quantity then 'shipped' else l.state end
        from jsonb_to_recordset($6::jsonb) as n("lineNumber" int, sent numeric)
        where l.order_id = $1 and l.line_number = n."lineNumber"
      ) select id, number from head`,
    values: [order.id, today, expectedOn, 'ups', JSON.stringify(packed), JSON.stringify(boxed.map(({ lineNumber, sent }) => ({ lineNumber, sent }))), exportedAtFirst(order)],
  });
  const shipment = rows[0];
  if (!shipment) throw new Error(`The shipment for ${order.poNumber} was not stored`);

  const notice: ShipNotice = { kind: 'ship-notice', ...shipment, order, shippedOn: today, expectedOn, carrier: 'ups', lines: packed };
  await dispatch(tx, desk, notice);
  const parts = [order.reference, order.supplierNumber, boxed[0]?.lineNumber ?? 0, boxed[0]?.sent ?? ''] as const;
  await schedule(tx, desk, order, 'arrive', { shipmentId: shipment.id }, hoursUntil('transit', desk.seed, ...parts));
  const isLate = lines.some(({ behaviour }) => behaviour === 'invoice-late');
  if (planned.some(({ quantity }) => new Big(quantity).gt(0))) await schedule(tx, desk, order, 'invoice', { shipmentId: shipment.id }, hoursUntil(isLate ? 'late invoice' : 'invoice', desk.seed, ...parts));
}

/** The shipment stands on the hospital's dock. */
export async function arrive(tx: Queryable, order: SupplierOrder, shipmentId: number): Promise<void> {
  await tx.query({
    name: 'network-arrive',
    text: `with head as (
        insert into network.deliveries (shipment_id, po_number, supplier_number, facility)
        values ($1, $2, $3, $4) on conflict (shipment_id) do nothing returning id
      )
      insert into network.delivery_lines
        (delivery_id, line_number, order_line_number, item_number, description, gtin, uom, quantity, lot, serial, expires_on)
      select head.id, s.line_number, s.order_line_number, s.item_number, s.description, s.gtin, s.uom, s.quantity, s.lot, s.serial, s.expires_on
      from head, network.shipment_lines s where s.shipment_id = $1`,
    values: [shipmentId, order.poNumber, order.supplierNumber, order.facility],
  });
}
