import express from 'express';
import type { Router } from 'express';
import type { Database, Queryable } from '../database.ts';
import { notFound } from './errors.ts';
import { readListing } from './listing.ts';
import type { Field } from './listing.ts';
import { currency, day, moment, uom } from './render.ts';
import type { Tokens, CoupaScope } from './tokens.ts';

interface Resource<Row> {
  path: string;
  scope: CoupaScope;
  what: string;
  select: string;
  fields: Readonly<Record<string, Field>>;
  render(row: Row): unknown;
}

interface Stamps {
  created_at: Date;
  updated_at: Date;
}

interface SupplierRow extends Stamps {
  id: number; number: string; name: string; status: string; payment_term: string; po_method: string; email: string;
}

interface ItemRow extends Stamps {
  id: number; item_number: string; name: string; description: string; uom: string; category: string; manufacturer: string; gtin: string | null;
}

interface ContractRow extends Stamps {
  id: number; number: string; name: string; status: string; start_date: string; end_date: string;
  supplier_id: number; supplier_number: string; supplier_name: string;
}

interface SupplierItemRow extends Stamps {
  id: number; price: string; uom: string; supplier_part_num: string; minimum_order_quantity: string;
  item_id: number; item_number: string; item_name: string;
  supplier_id: number; supplier_number: string; supplier_name: string;
  contract_id: number; contract_number: string; contract_status: string; start_date: string; end_date: string;
}

const stamps = (row: Stamps) => ({ 'created-at': moment(row.created_at), 'updated-at': moment(row.updated_at) });
const stampFields = {
  'created-at': { sql: 't.created_at', type: 'moment' },
  'updated-at': { sql: 't.updated_at', type: 'moment' },
} as const satisfies Record<string, Field>;

const suppliers: Resource<SupplierRow> = {
  path: '/suppliers',
  scope: 'core.supplier.read',
  what: 'Supplier',
  select: 'select t.* from network.coupa_suppliers t',
  fields: {
    id: { sql: 't.id', type: 'integer' },
    number: { sql: 't.number', type: 'text' },
    name: { sql: 't.name', type: 'text' },
    status: { sql: 't.status', type: 'text' },
    ...stampFields,
  },
  render: (row) => ({
    id: row.id,
    ...stamps(row),
    name: row.name,
    'display-name': row.name,
    number: row.number,
    status: row.status,
    'payment-term': { code: row.payment_term },
    'po-method': row.po_method,
    'po-email': row.email,
  }),
};

const items: Resource<ItemRow> = {
  path: '/items',
  scope: 'core.item.read',
  what: 'Item',
  select: 'select t.* from network.coupa_items t',
  fields: {
    id: { sql: 't.id', type: 'integer' },
    'item-number': { sql: 't.item_number', type: 'text' },
    name: { sql: 't.name', type: 'text' },
    ...stampFields,
  },
  render: (row) => ({
    id: row.id,
    ...stamps(row),
    'item-number': row.item_number,
    name: row.name,
    description: row.description,
    active: true,
    uom: uom(row.uom),
    commodity: { name: row.category },
    'manufacturer-name': row.manufacturer,
    gtin: row.gtin,
  }),
};

const contracts: Resource<ContractRow> = {
  path: '/contracts',
  scope: 'core.contract.read',
  what: 'Contract',
  select: `select t.*, s.number as supplier_number, s.name as supplier_name
    from network.coupa_contracts t join network.coupa_suppliers s on s.id = t.supplier_id`,
  fields: {
    id: { sql: 't.id', type: 'integer' },
    number: { sql: 't.number', type: 'text' },
    status: { sql: 't.status', type: 'text' },
    'supplier[number]': { sql: 's.number', type: 'text' },
    'start-date': { sql: 't.start_date', type: 'day' },
    'end-date': { sql: 't.end_date', type: 'day' },
    ...stampFields,
  },
  render: (row) => ({
    id: row.id,
    ...stamps(row),
    number: row.number,
    name: row.name,
    status: row.status,
    'start-date': day(row.start_date),
    'end-date': day(row.end_date),
    currency: currency('USD'),
    supplier: { id: row.supplier_id, name: row.supplier_name, number: row.supplier_number },
  }),
};

const supplierItems: Resource<SupplierItemRow> = {
  path: '/supplier_items',
  scope: 'core.item.read',
  what: 'Supplier item',
  select: `select t.*, i.item_number, i.name as item_name, s.number as supplier_number, s.name as supplier_name,
      c.number as contract_number, c.status as contract_status, c.start_date, c.end_date
    from network.coupa_supplier_items t
    join network.coupa_items i on i.id = t.item_id
    join network.coupa_suppliers s on s.id = t.supplier_id
    join network.coupa_contracts c on c.id = t.contract_id`,
  fields: {
    id: { sql: 't.id', type: 'integer' },
    'item[item-number]': { sql: 'i.item_number', type: 'text' },
    'supplier[number]': { sql: 's.number', type: 'text' },
    'contract[number]': { sql: 'c.number', type: 'text' },
    'contract[status]': { sql: 'c.status', type: 'text' },
    'supplier-part-num': { sql: 't.supplier_part_num', type: 'text' },
    ...stampFields,
  },
  render: (row) => ({
    id: row.id,
    ...stamps(row),
    item: { id: row.item_id, 'item-number': row.item_number, name: row.item_name },
    supplier: { id: row.supplier_id, name: row.supplier_name, number: row.supplier_number },
    contract: {
      id: row.contract_id,
      number: row.contract_number,
      status: row.contract_status,
      'start-date': day(row.start_date),
      'end-date': day(row.end_date),
    },
    'supplier-part-num': row.supplier_part_num,
    price: row.price,
    currency: currency('USD'),
    uom: uom(row.uom),
    'minimum-order-quantity': row.minimum_order_quantity,
  }),
};

/** What the buyer may read about suppliers, items and the prices agreed with them. */
export function catalogueRoutes(database: Database, tokens: Tokens): Router {
  const router = express.Router();
  serve(router, database, tokens, suppliers);
  serve(router, database, tokens, items);
  serve(router, database, tokens, contracts);
  serve(router, database, tokens, supplierItems);
  return router;
}

function serve<Row>(router: Router, database: Queryable, tokens: Tokens, resource: Resource<Row>): void {
  const id = resource.fields['id']?.sql;
  router.get(resource.path, tokens.require(resource.scope), async (request, response) => {
    const { where, order, limit, offset, values } = readListing(request.query, resource.fields);
    const { rows } = await database.query(`${resource.select} where ${where} order by ${order} limit ${limit} offset ${offset}`, values);
    response.json(rows.map((row: Row) => resource.render(row)));
  });
  router.get(`${resource.path}/:id`, tokens.require(resource.scope), async (request, response) => {
    const wanted = String(request.params['id']);
    const { rows } = /^\d{1,9}$/.test(wanted)
      ? await database.query(`${resource.select} where ${id} = $1`, [Number(wanted)])
      : { rows: [] };
    if (rows[0] === undefined) throw notFound(resource.what);
    response.json(resource.render(rows[0]));
  });
}
