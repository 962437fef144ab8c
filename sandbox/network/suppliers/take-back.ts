import type { Queryable } from '../database.ts';

/**
 * Boxes that the dock would not take come back: they were neither delivered nor are they owed, whether their bill has
 * left already or not.
 *
 * @returns false when there is no such delivery, or it was taken in
 */
export async function takeBack(tx: Queryable, deliveryId: number): Promise<boolean> {
  const { rows } = await tx.query<{ shipmentId: number; orderId: number; isNew: boolean }>(
    `select s.id as "shipmentId", s.order_id as "orderId", d.returned_at is null as "isNew"
       from network.deliveries d join network.shipments s on s.id = d.shipment_id join network.orders o on o.id = s.order_id
       where d.id = $1 and not d.received for no key update of o`, [deliveryId]);
  const found = rows[0];
  if (!found?.isNew) return found !== undefined;
  await tx.query('update network.deliveries set returned_at = clock_timestamp() where id = $1', [deliveryId]);
  await tx.query(
    `update network.order_lines l set shipped_quantity = l.shipped_quantity - s.quantity, state = case when o.state = 'cancelled' then 'cancelled' when l.state = 'shipped' then 'accepted' else l.state end
       from (select order_line_number, sum(quantity) as quantity from network.shipment_lines where shipment_id = $1 group by 1) s, network.orders o
       where l.order_id = $2 and o.id = $2 and l.line_number = s.order_line_number`, [found.shipmentId, found.orderId]);
  await tx.query(
    `update network.invoices i set kind = 'unowed' where i.kind = 'original'
       and exists (select 1 from network.shipment_lines s where s.invoice_id = i.id)
       and not exists (select 1 from network.shipment_lines s left join network.deliveries d on d.shipment_id = s.shipment_id where s.invoice_id = i.id and d.returned_at is null)`);
  return true;
}
