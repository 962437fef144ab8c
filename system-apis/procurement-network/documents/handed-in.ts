import type { Call, Implementation } from '#chassis/contract/serve.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { OrderAcknowledgement, ProcurementNetworkOperations, ShipNotice, StoredDocument, SupplierInvoice } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Channels } from '../channels.ts';
import { asStored } from './document-store.ts';
import type { SupplierDocument } from './inbound.ts';
import type { Intake } from './intake.ts';
import { requireSupplier } from './senders.ts';

export type HandInOperations = Pick<Implementation<ProcurementNetworkOperations>, 'receiveAcknowledgement' | 'receiveShipNotice' | 'receiveInvoice'>;

export interface HandInDeps {
  database: Database;
  channels: Channels;
  intake: Intake;
}

/**
 * Documents that suppliers hand in through the platform's own API, in its own words. The idempotency key names the
 * sending; a document under a new key is sent anew. What is rejected is kept, and the supplier is told why.
 */
export function handInOperations({ database, channels, intake }: HandInDeps): HandInOperations {
  async function handIn(given: SupplierDocument, call: Call): Promise<StoredDocument> {
    requireSupplier(call.principal, given.content.supplierNumber);
    const document = trimmed(given);
    const { supplierNumber, orderNumber, number } = document.content;
    const { kind, subject } = call.principal;
    const { row, rejection } = await database.transaction((tx) => intake.takeIn(tx, channels.to(supplierNumber).name, {
      kind: document.kind, source: `key/${kind}:${subject}/${call.idempotencyKey}`, raw: JSON.stringify(given.content), mediaType: 'application/json', supplierNumber, orderNumber, number, read: () => document,
    }));
    if (rejection === 'unknown-order') throw new ApiError('not-found', 'There is no such order.', { code: rejection });
    if (rejection) throw new ApiError('refused', `The document cannot be used: ${row.problem ?? ''}.`, { code: rejection });
    return asStored(row);
  }

  return {
    receiveAcknowledgement: ({ body }: { body: OrderAcknowledgement }, call) => handIn({ kind: 'acknowledgement', content: body }, call),
    receiveShipNotice: ({ body }: { body: ShipNotice }, call) => handIn({ kind: 'ship-notice', content: body }, call),
    receiveInvoice: ({ body }: { body: SupplierInvoice }, call) => handIn({ kind: 'invoice', content: body }, call),
  };
}

/** Blanks after a number are a slip of the pen; anything else about it is the supplier's own. */
function trimmed(document: SupplierDocument): SupplierDocument {
  switch (document.kind) {
    case 'acknowledgement': return { ...document, content: { ...document.content, number: document.content.number.trim() } };
    case 'ship-notice': return { ...document, content: { ...document.content, number: document.content.number.trim() } };
    case 'invoice': return { ...document, content: { ...document.content, number: document.content.number.trim() } };
  }
}
