import { randomUUID } from 'node:crypto';
import type { EventLog } from '#chassis/events/event-log.ts';
import { noteMessages, type InboundMessage } from '#chassis/history/inbound-messages.ts';
import { currentContext, runInContext } from '#chassis/telemetry/context.ts';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import { together, type Transaction } from '#chassis/storage/database.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { knownOrder } from '../orders/order-store.ts';
import { asCode, fingerprintOf } from '../values.ts';
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

export function createIntake({ events, payloads }: { events: EventLog<EventData>; payloads: Payloads }): Intake {
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
        return { row: await reject(tx, channel, inbound, { id, before }, error.message), rejection: error.code };
      }
      // Rejected at first, because its order was not known yet, and good now.
      if (before) await together(deleteDocument(tx, before.id), payloads.remove(tx, [before.body]));
      return { row: await keep(tx, channel, inbound, usable, id) };
    },
  };

  async function keep(tx: Transaction, channel: string, inbound: Inbound, usable: Usable, id: string): Promise<DocumentRow> {
    const { document } = usable;
    const hash = fingerprintOf(document.content);
    const body = randomUUID();
    const first = insertAnnounced(tx, channel, inbound.source, document, { id, hash, body });
    await together(first, putBody(tx, inbound, body));
    const original = await first;
    if (original) {
      await announce(tx, usable);
      return original;
    }
    const duplicateOf = await findOriginal(tx, channel, document, hash);
    const duplicate = await insertAnnounced(tx, channel, inbound.source, document, { id, hash, body, duplicateOf });
    // Nothing inserted even so: the very same sending came twice at the same moment.
    const row = duplicate ?? await findBySource(tx, channel, inbound.source);
    if (!row) throw new Error(`document ${inbound.source} of channel ${channel} was neither kept nor found`);
    if (!duplicate) await payloads.remove(tx, [body]);
    if (duplicate && document.kind === 'invoice') await announce(tx, usable);
    else if (duplicate) await noteMessages(tx, [aboutOrder({ ...document.content, kind: document.kind, id, outcome: 'duplicate', facility: usable.facility, correlationId: usable.context.correlationId })]);
    return row;
  }

  async function reject(tx: Transaction, channel: string, inbound: Inbound, { id, before }: { id: string; before: DocumentRow | undefined }, problem: string): Promise<DocumentRow> {
    const body = before?.body ?? randomUUID();
    const inserted = insertRejected(tx, channel, inbound, { id, body }, problem);
    await together(
      inserted, before ? Promise.resolve() : putBody(tx, inbound, body),
      noteMessages(tx, [aboutOrder({ ...inbound, id, outcome: 'rejected', problem, correlationId: currentContext()?.correlationId ?? id })]));
    const row = await inserted;
    // The very same sending was rejected at the same moment.
    if (row.body !== body) await payloads.remove(tx, [body]);
    return row;
  }

  function putBody(tx: Transaction, { raw, mediaType }: Inbound, reference: string): Promise<string> {
    return payloads.put(tx, { reference, body: raw, mediaType, purpose: 'supplier-document' });
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

/** A document of which no event tells, with what it names; a number that is none of ours finds nothing. */
function aboutOrder({ kind, id, outcome, problem, orderNumber, supplierNumber, number, facility, correlationId }: Pick<InboundMessage, 'id' | 'outcome' | 'problem' | 'facility' | 'correlationId'> & Pick<Inbound, 'kind' | 'orderNumber' | 'supplierNumber' | 'number'>): InboundMessage {
  const named = { order: orderNumber, supplier: supplierNumber, ...(kind === 'interchange' ? {} : { [kind]: number }) };
  const keys = Object.entries(named).flatMap(([name, value]) => { const code = asCode(value); return code === undefined ? [] : [`${name}:${code}`]; });
  return { api: 'procurement-network', id, kind, outcome, problem, keys, facility, correlationId };
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
