import type { Router } from 'express';
import { inTransaction } from '../database.ts';
import type { Database } from '../database.ts';
import type { Decision } from '../suppliers/decide.ts';
import type { Desk } from '../suppliers/desk.ts';
import { takeAnswer } from '../suppliers/take-answer.ts';
import { invalid } from './errors.ts';
import { raiseVersion } from './order-writes.ts';
import { currency, day, moment, uom } from './render.ts';
import { DOCUMENT_FIELDS, documentById, documentRoutes, idOf } from './supplier-documents.ts';
import type { SupplierDocumentResource } from './supplier-documents.ts';
import type { Tokens } from './tokens.ts';

interface ConfirmationRow {
  id: number;
  status: string;
  revision: number;
  exported: boolean;
  last_exported_at: Date | null;
  created_at: Date;
  updated_at: Date;
  order_id: number;
  coupa_order_id: number;
  po_number: string;
  supplier_number: string;
  currency: string;
  lines: {
    id: number;
    line_number: number;
    decision: Decision;
    item_number: string;
    uom: string;
    quantity: string;
    price: string;
    promised_on: string | null;
    reason: string | null;
  }[];
}

/** Our decisions in the words of an order line confirmation: what the supplier did, and how the line stands. */
const ACTIONS: Record<Decision, { action: string; status: string }> = {
  accept: { action: 'accept', status: 'confirmed' },
  'change-price': { action: 'change_price', status: 'pending_buyer_review' },
  substitute: { action: 'change_item', status: 'pending_buyer_review' },
  backorder: { action: 'backorder', status: 'backordered' },
  reject: { action: 'reject', status: 'rejected' },
  cancel: { action: 'cancel', status: 'cancelled' },
};

/**
 * Order acknowledgements.
 *
 * @source Coupa Compass, Order Confirmations API (/order_header_confirmations), read 2026-11-20: paths, elements and
 *   pending_buyer_review. The values of `action` and the other line statuses are ours.
 */
const confirmations: SupplierDocumentResource<ConfirmationRow> = {
  path: '/order_header_confirmations',
  what: 'Order confirmation',
  table: 'acknowledgements',
  readScope: 'core.order_header_confirmations.read',
  writeScope: 'core.order_header_confirmations.write',
  exportedField: 'exported',
  fields: DOCUMENT_FIELDS,
  select: `select t.*, o.po_number, o.supplier_number, o.currency, c.id as coupa_order_id,
      (select jsonb_agg(jsonb_build_object('id', l.id, 'line_number', l.line_number, 'decision', l.decision,
        'item_number', l.item_number, 'uom', l.uom, 'quantity', l.quantity::text, 'price', l.price::text,
        'promised_on', l.promised_on, 'reason', l.reason) order by l.line_number)
        from network.acknowledgement_lines l where l.acknowledgement_id = t.id) as lines
    from network.acknowledgements t join network.orders o on o.id = t.order_id
    join network.coupa_orders c on c.po_number = o.po_number
    where o.channel = 'coupa'`,
  render: (row) => ({
    id: row.id,
    'created-at': moment(row.created_at),
    'updated-at': moment(row.updated_at),
    status: row.status,
    'confirmation-level': 'line',
    exported: row.exported,
    'last-exported-at': moment(row.last_exported_at),
    'order-header': { id: row.coupa_order_id, 'po-number': row.po_number, version: row.revision, supplier: { number: row.supplier_number } },
    'order-line-confirmations': row.lines.map((line) => ({
      id: line.id,
      'line-num': String(line.line_number),
      ...ACTIONS[line.decision],
      item: { 'item-number': line.item_number },
      'item-change': line.decision === 'substitute',
      uom: uom(line.uom),
      quantity: line.quantity,
      price: line.price,
      currency: currency(row.currency),
      'promised-date': day(line.promised_on),
      'reason-insight-events': line.reason === null ? [] : [{ comment: line.reason }],
    })),
  }),
};

/** Reading and marking confirmations, and the buyer's answer to one that proposes something. */
export function confirmationRoutes(database: Database, tokens: Tokens, desk: Desk, afterwards: () => void): Router {
  const router = documentRoutes(database, tokens, confirmations);
  const mayWrite = tokens.require(confirmations.writeScope);

  for (const answer of ['accept', 'reject'] as const) {
    router.post(`${confirmations.path}/:id/${answer}_header`, mayWrite, async (request, response) => {
      const id = idOf(request, confirmations.what);
      const reasons: unknown = request.body?.['reason-insight-events'];
      if (answer === 'reject' && (!Array.isArray(reasons) || reasons.length === 0)) {
        throw invalid({ 'reason-insight-events': ["can't be blank"] });
      }
      await inTransaction(database, async (tx) => {
        const before = await documentById(tx, confirmations, id);
        await tx.query('select 1 from network.coupa_orders where id = $1 for no key update', [before.coupa_order_id]);
        const confirmation = await documentById(tx, confirmations, id);
        if (confirmation.status !== 'pending_buyer_review') throw invalid({ status: ['is not pending_buyer_review'] });
        const { order_id: orderId, coupa_order_id: coupaOrderId } = confirmation;
        for (const line of await takeAnswer(tx, desk, orderId, answer)) {
          await tx.query(
            `update network.coupa_order_lines set item_number = $3, price = $4, status = $5 where order_id = $1 and line_number = $2`,
            [coupaOrderId, line.lineNumber, line.itemNumber, line.price, answer === 'accept' ? 'created' : 'cancelled'],
          );
        }
        await raiseVersion(tx, coupaOrderId);
        await tx.query(
          `update network.acknowledgements set status = $2, updated_at = clock_timestamp() where id = $1`,
          [id, answer === 'accept' ? 'confirmed' : 'rejected_by_buyer'],
        );
      });
      afterwards();
      response.json(confirmations.render(await documentById(database, confirmations, id)));
    });
  }
  return router;
}
