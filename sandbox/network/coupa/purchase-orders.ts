import express from 'express';
import type { Request, Router } from 'express';
import { inTransaction } from '../database.ts';
import type { Database, Queryable } from '../database.ts';
import type { Desk } from '../suppliers/desk.ts';
import type { IncomingOrder } from '../suppliers/order.ts';
import { takeCancellation, takeChange, takeOrder } from '../suppliers/take-order.ts';
import { invalid, notFound } from './errors.ts';
import { readListing } from './listing.ts';
import type { Field } from './listing.ts';
import { insertOrder, updateOrder } from './order-writes.ts';
import { orderUpdate, newOrder } from './order-input.ts';
import { ORDER_SELECT, renderOrder } from './order-view.ts';
import type { CoupaOrderRow } from './order-view.ts';
import type { Tokens } from './tokens.ts';

const FIELDS = {
  id: { sql: 't.id', type: 'integer' },
  'po-number': { sql: 't.po_number', type: 'text' },
  status: { sql: 't.status', type: 'text' },
  version: { sql: 't.version', type: 'integer' },
  exported: { sql: 't.exported', type: 'boolean' },
  'supplier[number]': { sql: 's.number', type: 'text' },
  'created-at': { sql: 't.created_at', type: 'moment' },
  'updated-at': { sql: 't.updated_at', type: 'moment' },
} as const satisfies Record<string, Field>;

/** From which states an action leads where; from any other it is refused. */
const ACTIONS = {
  issue: { from: ['draft'], to: 'issued' },
  cancel: { from: ['draft', 'issued'], to: 'cancelled' },
  close: { from: ['issued'], to: 'closed' },
} as const satisfies Record<string, { from: readonly string[]; to: string }>;

/**
 * External purchase orders. Coupa keeps no idempotency key: whoever does not know whether a POST arrived looks for the
 * po-number, which is unique.
 */
export function purchaseOrderRoutes(database: Database, tokens: Tokens, desk: Desk, afterwards: () => void): Router {
  const router = express.Router();
  const mayRead = tokens.require('core.purchase_order.read');
  const mayWrite = tokens.require('core.purchase_order.write');

  router.get('/purchase_orders', mayRead, async (request, response) => {
    const { where, order, limit, offset, values } = readListing(request.query, FIELDS);
    const { rows } = await database.query<CoupaOrderRow>(`${ORDER_SELECT} where ${where} order by ${order} limit ${limit} offset ${offset}`, values);
    response.json(rows.map(renderOrder));
  });

  router.get('/purchase_orders/:id', mayRead, async (request, response) => {
    response.json(renderOrder(await orderById(database, idOf(request))));
  });

  router.post('/purchase_orders', mayWrite, async (request, response) => {
    const order = newOrder(request.body);
    const id = await inTransaction(database, (tx) => insertOrder(tx, order));
    response.status(201).json(renderOrder(await orderById(database, id)));
  });

  router.put('/purchase_orders/:id', mayWrite, async (request, response) => {
    const update = orderUpdate(request.body);
    const id = idOf(request);
    const told = await inTransaction(database, async (tx) => {
      const changed = await updateOrder(tx, await orderById(tx, id, true), update);
      if (!changed) return false;
      const now = await orderById(tx, id);
      if (now.status !== 'issued') return false;
      await takeChange(tx, desk, toSupplier(now), 'Coupa');
      return true;
    });
    if (told) afterwards();
    response.json(renderOrder(await orderById(database, id)));
  });

  for (const [action, { from, to }] of Object.entries(ACTIONS)) {
    router.put(`/purchase_orders/:id/${action}`, mayWrite, async (request, response) => {
      const id = idOf(request);
      await inTransaction(database, async (tx) => {
        const order = await orderById(tx, id, true);
        if (!(from as readonly string[]).includes(order.status)) {
          throw invalid({ status: [`cannot ${action} a purchase order that is ${order.status}`] });
        }
        await tx.query('update network.coupa_orders set status = $2, updated_at = clock_timestamp() where id = $1', [id, to]);
        if (action === 'issue') await takeOrder(tx, desk, toSupplier(order), 'Coupa');
        if (action === 'cancel' && order.status === 'issued') await takeCancellation(tx, desk, order.supplier_number, order.po_number);
      });
      afterwards();
      response.json(renderOrder(await orderById(database, id)));
    });
  }

  return router;
}

function idOf(request: Request): number {
  const id = String(request.params['id']);
  if (!/^\d{1,9}$/.test(id)) throw notFound('Purchase order');
  return Number(id);
}

async function orderById(db: Queryable, id: number, lock = false): Promise<CoupaOrderRow> {
  const { rows } = await db.query<CoupaOrderRow>({
    name: lock ? 'coupa-order-locked' : 'coupa-order',
    text: `${ORDER_SELECT} where t.id = $1${lock ? ' for no key update of t' : ''}`,
    values: [id],
  });
  const order = rows[0];
  if (!order) throw notFound('Purchase order');
  return order;
}

/** The order as Coupa sends it to the supplier. A cancelled line is told as one of quantity zero. */
function toSupplier(order: CoupaOrderRow): IncomingOrder {
  const reference = order.custom_fields['requisition-reference'];
  return {
    channel: 'coupa',
    supplierNumber: order.supplier_number,
    poNumber: order.po_number,
    revision: order.version,
    reference: typeof reference === 'string' && reference !== '' ? reference : order.po_number,
    facility: order.ship_to ?? '',
    currency: order.currency,
    replyTo: null,
    orderedOn: order.created_at.toISOString().slice(0, 10),
    lines: order.lines.map((line) => ({
      lineNumber: line.line_number,
      itemNumber: line.item_number,
      description: line.description,
      uom: line.uom,
      quantity: line.status === 'cancelled' ? '0' : line.quantity,
      price: line.price,
      needBy: line.need_by,
    })),
  };
}
