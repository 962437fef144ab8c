import Big from 'big.js';
import { currency, day, moment, uom } from './render.ts';

export interface CoupaOrderLine {
  id: number;
  line_number: number;
  item_number: string;
  description: string;
  uom: string;
  quantity: string;
  price: string;
  need_by: string | null;
  status: string;
}

export interface CoupaOrderRow {
  id: number;
  po_number: string;
  status: string;
  version: number;
  currency: string;
  ship_to: string | null;
  payment_term: string | null;
  custom_fields: Record<string, unknown>;
  exported: boolean;
  last_exported_at: Date | null;
  created_at: Date;
  updated_at: Date;
  supplier_id: number;
  supplier_number: string;
  supplier_name: string;
  acknowledged_at: Date | null;
  lines: CoupaOrderLine[];
}

/** Orders with their lines; decimals leave the database as text, never as floats. */
export const ORDER_SELECT = `select t.*, s.number as supplier_number, s.name as supplier_name,
    (select min(a.created_at) from network.orders o join network.acknowledgements a on a.order_id = o.id
      where o.channel = 'coupa' and o.supplier_number = s.number and o.po_number = t.po_number) as acknowledged_at,
    (select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'line_number', l.line_number, 'item_number', l.item_number,
      'description', l.description, 'uom', l.uom, 'quantity', l.quantity::text, 'price', l.price::text, 'need_by', l.need_by,
      'status', l.status) order by l.line_number), '[]') from network.coupa_order_lines l where l.order_id = t.id) as lines
  from network.coupa_orders t join network.coupa_suppliers s on s.id = t.supplier_id`;

export function renderOrder(row: CoupaOrderRow): unknown {
  return {
    id: row.id,
    'created-at': moment(row.created_at),
    'updated-at': moment(row.updated_at),
    type: 'ExternalOrderHeader',
    'po-number': row.po_number,
    status: row.status,
    version: row.version,
    exported: row.exported,
    'last-exported-at': moment(row.last_exported_at),
    'acknowledged-flag': row.acknowledged_at !== null,
    'acknowledged-at': moment(row.acknowledged_at),
    currency: currency(row.currency),
    supplier: { id: row.supplier_id, name: row.supplier_name, number: row.supplier_number },
    'ship-to-address': row.ship_to === null ? null : { 'location-code': row.ship_to },
    'payment-term': row.payment_term === null ? null : { code: row.payment_term },
    'custom-fields': row.custom_fields,
    'order-lines': row.lines.map((line) => ({
      id: line.id,
      'line-num': String(line.line_number),
      type: 'OrderQuantityLine',
      status: line.status,
      item: { 'item-number': line.item_number },
      description: line.description,
      uom: uom(line.uom),
      quantity: line.quantity,
      price: line.price,
      total: new Big(line.quantity).times(line.price).round(2).toFixed(2),
      currency: currency(row.currency),
      'need-by-date': day(line.need_by),
    })),
  };
}
