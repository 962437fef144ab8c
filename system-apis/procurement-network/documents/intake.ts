import { randomUUID } from 'node:crypto';
import type { EventLog } from '#chassis/events/event-log.ts';
import { runInContext } from '#chassis/telemetry/context.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { knownOrder } from '../orders/order-store.ts';
import { fingerprintOf } from '../values.ts';
import { besideOrder } from './acknowledgement.ts';
import { requireContract } from './document-schemas.ts';
import { deleteDocument, findBySource, findOriginal, insertAnnounced, insertRejected, type DocumentRow } from './document-store.ts';
import type { Inbound, SupplierDocument } from './inbound.ts';
import { UnusableDocument } from './unusable-document.ts';

export interface TakenIn {
  row: DocumentRow;
  /** Why it was rejected, as a stable code. */
  rejection?: string;
}

export interface Intake {
  /**
   * Keeps a document and, in the same transaction, announces it. The same sending again changes nothing. A document of
   * the same number and content that is sent anew is kept as a duplicate; only an invoice is announced again then,
   * because whether to pay twice is for the process to refuse and to record. What cannot be used is kept as rejected.
   */
  takeIn(tx: Transaction, channel: string, inbound: Inbound): Promise<TakenIn>;
}

interface Usable {
  document: SupplierDocument;
  facility: string;
  context: { correlationId: string; traceparent: string };
}

export function createIntake(events: EventLog<EventData>): Intake {
  return {
    async takeIn(tx, channel, inbound) {
      const before = await findBySource(tx, channel, inbound.source);
      if (before?.status === 'announced') return { row: before };
      const id = before?.id ?? randomUUID();
      let usable: Usable;
      try {
        usable = await judge(tx, inbound);
      } catch (error) {
        if (!(error instanceof UnusableDocument)) throw error;
        return { row: await insertRejected(tx, channel, inbound, id, error.message), rejection: error.code };
      }
      // Rejected at first, because its order was not known yet, and good now.
      if (before) await deleteDocument(tx, before.id);
      return { row: await keep(tx, channel, inbound, usable, id) };
    },
  };

  async function keep(tx: Transaction, channel: string, inbound: Inbound, usable: Usable, id: string): Promise<DocumentRow> {
    const { document } = usable;
    const hash = fingerprintOf(document.content);
    const original = await insertAnnounced(tx, channel, inbound, document, { id, hash });
    if (original) {
      await announce(tx, usable);
      return original;
    }
    const duplicateOf = await findOriginal(tx, channel, document, hash);
    const duplicate = await insertAnnounced(tx, channel, inbound, document, { id, hash, duplicateOf });
    // Nothing inserted even so: the very same sending came twice at the same moment.
    const row = duplicate ?? await findBySource(tx, channel, inbound.source);
    if (!row) throw new Error(`document ${inbound.source} of channel ${channel} was neither kept nor found`);
    if (duplicate && document.kind === 'invoice') await announce(tx, usable);
    return row;
  }

  /** In the context of the order, so that what the supplier says is found beside what we asked for. */
  function announce(tx: Transaction, { document, facility, context }: Usable): Promise<void> {
    const about = { subject: document.content.orderNumber, facility };
    return runInContext(context, () => {
      switch (document.kind) {
        case 'acknowledgement': return events.publish(tx, { type: 'order.acknowledged.v1', data: document.content, ...about });
        case 'ship-notice': return events.publish(tx, { type: 'shipment.announced.v1', data: document.content, ...about });
        case 'invoice': return events.publish(tx, { type: 'invoice.received.v1', data: document.content, ...about });
      }
    });
  }
}

/** @throws UnusableDocument */
async function judge(tx: Transaction, inbound: Inbound): Promise<Usable> {
  if (inbound.problem !== undefined || !inbound.read) throw new UnusableDocument(inbound.problem ?? 'it cannot be read');
  if (inbound.orderNumber === undefined) throw new UnusableDocument('it names no order', 'unknown-order');
  const found = await knownOrder(tx, inbound.orderNumber);
  if (!found) throw new UnusableDocument('it names an order that is not known', 'unknown-order');
  if (inbound.supplierNumber !== undefined && inbound.supplierNumber !== found.row.supplier_number) throw new UnusableDocument('it names an order of another supplier', 'unknown-order');
  const document = beside(inbound.read(found.known), found.known);
  requireContract(document);
  return { document, facility: found.row.body.facility, context: found.context };
}

function beside(document: SupplierDocument, known: Parameters<typeof besideOrder>[1]): SupplierDocument {
  return document.kind === 'acknowledgement' ? { ...document, content: besideOrder(document.content, known) } : document;
}
