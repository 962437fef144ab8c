import express from 'express';
import type { Request, Router } from 'express';
import type { Database, Queryable } from '../database.ts';
import { invalid, notFound } from './errors.ts';
import { readListing } from './listing.ts';
import type { Field } from './listing.ts';
import type { CoupaScope, Tokens } from './tokens.ts';

/** A document that suppliers write and the buyer's integration polls, marking each one that it has taken over. */
export interface SupplierDocumentResource<Row> {
  path: string;
  what: string;
  table: 'acknowledgements' | 'shipments' | 'invoices';
  select: string;
  readScope: CoupaScope;
  writeScope: CoupaScope;
  /** What this resource calls its flag. */
  exportedField: 'exported' | 'export-flag';
  fields: Readonly<Record<string, Field>>;
  render(row: Row): unknown;
}

/** Filters that all of them have. */
export const DOCUMENT_FIELDS = {
  id: { sql: 't.id', type: 'integer' },
  status: { sql: 't.status', type: 'text' },
  exported: { sql: 't.exported', type: 'boolean' },
  'po-number': { sql: 'o.po_number', type: 'text' },
  'supplier[number]': { sql: 'o.supplier_number', type: 'text' },
  'created-at': { sql: 't.created_at', type: 'moment' },
  'updated-at': { sql: 't.updated_at', type: 'moment' },
} as const satisfies Record<string, Field>;

export function documentRoutes<Row>(database: Database, tokens: Tokens, resource: SupplierDocumentResource<Row>): Router {
  const router = express.Router();
  const { path, exportedField } = resource;

  router.get(path, tokens.require(resource.readScope), async (request, response) => {
    const { where, order, limit, offset, values } = readListing(request.query, resource.fields);
    const { rows } = await database.query(`${resource.select} and ${where} order by ${order} limit ${limit} offset ${offset}`, values);
    response.json(rows.map((row: Row) => resource.render(row)));
  });

  router.get(`${path}/:id`, tokens.require(resource.readScope), async (request, response) => {
    response.json(resource.render(await documentById(database, resource, idOf(request, resource.what))));
  });

  router.put(`${path}/:id`, tokens.require(resource.writeScope), async (request, response) => {
    const id = idOf(request, resource.what);
    const body: Record<string, unknown> = request.body ?? {};
    const flag = body[exportedField];
    const others = Object.keys(body).filter((name) => name !== exportedField);
    if (others.length > 0) throw invalid(Object.fromEntries(others.map((name) => [name, ['cannot be changed']])));
    if (typeof flag !== 'boolean') throw invalid({ [exportedField]: ['is invalid'] });
    await documentById(database, resource, id);
    await database.query({
      name: `coupa-exported-${resource.table}`,
      text: `update network.${resource.table} set exported = $2, updated_at = clock_timestamp(),
        last_exported_at = case when $2 then clock_timestamp() else last_exported_at end where id = $1`,
      values: [id, flag],
    });
    response.json(resource.render(await documentById(database, resource, id)));
  });

  return router;
}

export function idOf(request: Request, what: string): number {
  const id = String(request.params['id']);
  if (!/^\d{1,9}$/.test(id)) throw notFound(what);
  return Number(id);
}

export async function documentById<Row>(db: Queryable, resource: SupplierDocumentResource<Row>, id: number): Promise<Row> {
  const { rows } = await db.query({ name: `coupa-show-${resource.table}`, text: `${resource.select} and t.id = $1`, values: [id] });
  if (rows[0] === undefined) throw notFound(resource.what);
  return rows[0];
}
