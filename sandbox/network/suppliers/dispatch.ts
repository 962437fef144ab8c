import type { Queryable } from '../database.ts';
import { nextControlNumber } from '../van/control-number.ts';
import { printDocument } from '../van/print-documents.ts';
import type { Desk } from './desk.ts';
import type { SupplierDocument } from './documents.ts';

/**
 * Puts a document on its way. What a Coupa supplier writes is seen in Coupa at once; all else is kept here until the
 * receiver has acknowledged it. An interchange is printed once: sent again, it is the same, control number included.
 */
export async function dispatch(tx: Queryable, desk: Desk, document: SupplierDocument): Promise<void> {
  const { order, kind, id } = document;
  if (order.channel === 'coupa') return;
  const controlNumber = order.channel === 'x12' ? await nextControlNumber(tx) : null;
  const body = controlNumber === null ? JSON.stringify(document) : printDocument(document, controlNumber, desk.now());
  await tx.query({
    name: 'network-dispatch',
    text: `insert into network.transmissions (order_id, supplier_number, channel, document, document_id, control_number, body)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [order.id, order.supplierNumber, order.channel, kind, id, controlNumber, body],
  });
}
