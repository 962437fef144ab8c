import type { Router } from 'express';
import type { Database } from '../database.ts';
import { day, moment, uom } from './render.ts';
import { DOCUMENT_FIELDS, documentRoutes } from './supplier-documents.ts';
import type { SupplierDocumentResource } from './supplier-documents.ts';
import type { Tokens } from './tokens.ts';

interface ShipNoticeRow {
  id: number;
  number: string;
  status: string;
  shipped_on: string;
  expected_on: string;
  carrier: string;
  exported: boolean;
  created_at: Date;
  updated_at: Date;
  po_number: string;
  supplier_number: string;
  facility: string;
  lines: {
    id: number;
    line_number: number;
    order_line_number: number;
    item_number: string;
    description: string;
    gtin: string | null;
    uom: string;
    quantity: string;
    lot: string | null;
    serial: string | null;
    expires_on: string | null;
  }[];
}

/**
 * Advance ship notices, per header with its lines.
 *
 * @source Coupa Compass, Advance Ship Notices API (/asn), read 2026-11-20: paths, elements, `export-flag`. Lot, serial,
 *   expiry and GTIN on the line are ours: the public page names no element for them.
 */
const shipNotices: SupplierDocumentResource<ShipNoticeRow> = {
  path: '/asn/headers',
  what: 'Advance ship notice',
  table: 'shipments',
  readScope: 'core.inventory.asn.read',
  writeScope: 'core.inventory.asn.write',
  exportedField: 'export-flag',
  fields: { ...DOCUMENT_FIELDS, 'export-flag': DOCUMENT_FIELDS.exported, 'asn-number': { sql: 't.number', type: 'text' } },
  select: `select t.*, o.po_number, o.supplier_number, o.facility,
      (select jsonb_agg(jsonb_build_object('id', l.id, 'line_number', l.line_number, 'order_line_number', l.order_line_number,
        'item_number', l.item_number, 'description', l.description, 'gtin', l.gtin, 'uom', l.uom, 'quantity', l.quantity::text,
        'lot', l.lot, 'serial', l.serial, 'expires_on', l.expires_on) order by l.line_number)
        from network.shipment_lines l where l.shipment_id = t.id) as lines
    from network.shipments t join network.orders o on o.id = t.order_id
    where o.channel = 'coupa'`,
  render: (row) => ({
    id: row.id,
    'created-at': moment(row.created_at),
    'updated-at': moment(row.updated_at),
    'asn-number': row.number,
    status: row.status,
    'export-flag': row.exported,
    'ship-date': day(row.shipped_on),
    'delivery-date': day(row.expected_on),
    carrier: row.carrier,
    supplier: { number: row.supplier_number },
    'ship-to-address': { 'location-code': row.facility },
    lines: row.lines.map((line) => ({
      id: line.id,
      'line-num': String(line.line_number),
      'order-line': { 'order-header-number': row.po_number, 'line-num': String(line.order_line_number) },
      item: { 'item-number': line.item_number },
      description: line.description,
      uom: uom(line.uom),
      quantity: line.quantity,
      gtin: line.gtin,
      'lot-number': line.lot,
      'serial-number': line.serial,
      'expiration-date': day(line.expires_on),
      status: 'pending_receipt',
    })),
  }),
};

export function shipNoticeRoutes(database: Database, tokens: Tokens): Router {
  return documentRoutes(database, tokens, shipNotices);
}
