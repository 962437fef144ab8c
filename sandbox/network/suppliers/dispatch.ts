import type { Queryable } from '../database.ts';
import type { SupplierDocument } from './documents.ts';

/**
 * Puts a document on its way. What a Coupa supplier writes is seen in Coupa at once; all else is kept here until the
 * receiver has acknowledged it.
 */
export async function dispatch(tx: Queryable, document: SupplierDocument): Promise<void> {
  const { order, kind, id } = document;
  if (order.channel === 'coupa') return;
  await tx.query({
    name: 'network-dispatch',
    text: `insert into network.transmissions (order_id, supplier_number, channel, document, document_id, body)
      values ($1, $2, $3, $4, $5, $6)`,
    values: [order.id, order.supplierNumber, order.channel, kind, id, JSON.stringify(document)],
  });
}
