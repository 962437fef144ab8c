import type { Router } from 'express';
import type { Database } from '../database.ts';
import { currency, day, moment, uom } from './render.ts';
import { DOCUMENT_FIELDS, documentRoutes } from './supplier-documents.ts';
import type { SupplierDocumentResource } from './supplier-documents.ts';
import type { Tokens } from './tokens.ts';

interface InvoiceRow {
  id: number;
  number: string;
  status: string;
  invoice_date: string;
  total: string;
  exported: boolean;
  last_exported_at: Date | null;
  created_at: Date;
  updated_at: Date;
  po_number: string;
  supplier_number: string;
  supplier_name: string;
  payment_term: string;
  currency: string;
  lines: {
    id: number;
    line_number: number;
    order_line_number: number;
    item_number: string;
    description: string;
    uom: string;
    quantity: string;
    price: string;
    amount: string;
  }[];
}

/**
 * Supplier invoices. The same number may come twice, in two records: suppliers resend by other ways than Coupa's own
 * form, which would refuse it.
 */
const invoices: SupplierDocumentResource<InvoiceRow> = {
  path: '/invoices',
  what: 'Invoice',
  table: 'invoices',
  readScope: 'core.invoice.read',
  writeScope: 'core.invoice.write',
  exportedField: 'exported',
  fields: {
    ...DOCUMENT_FIELDS,
    'invoice-number': { sql: 't.number', type: 'text' },
    'invoice-date': { sql: 't.invoice_date', type: 'day' },
  },
  select: `select t.*, o.po_number, o.supplier_number, o.currency, s.name as supplier_name, s.payment_term,
      (select jsonb_agg(jsonb_build_object('id', l.id, 'line_number', l.line_number, 'order_line_number', l.order_line_number,
        'item_number', l.item_number, 'description', l.description, 'uom', l.uom, 'quantity', l.quantity::text,
        'price', l.price::text, 'amount', l.amount::text) order by l.line_number)
        from network.invoice_lines l where l.invoice_id = t.id) as lines
    from network.invoices t join network.orders o on o.id = t.order_id
    join network.coupa_suppliers s on s.number = o.supplier_number
    where o.channel = 'coupa'`,
  render: (row) => ({
    id: row.id,
    'created-at': moment(row.created_at),
    'updated-at': moment(row.updated_at),
    'document-type': 'Invoice',
    'invoice-number': row.number,
    'invoice-date': day(row.invoice_date),
    status: row.status,
    exported: row.exported,
    'last-exported-at': moment(row.last_exported_at),
    supplier: { number: row.supplier_number, name: row.supplier_name },
    'payment-term': { code: row.payment_term },
    currency: currency(row.currency),
    'tax-amount': '0.00',
    'shipping-amount': '0.00',
    'gross-total': row.total,
    'invoice-lines': row.lines.map((line) => ({
      id: line.id,
      type: 'InvoiceQuantityLine',
      'line-num': String(line.line_number),
      'po-number': row.po_number,
      'order-line-num': String(line.order_line_number),
      item: { 'item-number': line.item_number },
      description: line.description,
      uom: uom(line.uom),
      quantity: line.quantity,
      price: line.price,
      total: line.amount,
    })),
  }),
};

export function invoiceRoutes(database: Database, tokens: Tokens): Router {
  return documentRoutes(database, tokens, invoices);
}
