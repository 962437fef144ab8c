import type { Inbound } from '../../documents/inbound.ts';
import type { Inbox, InboxRecord } from '../../port.ts';
import { invalidAnswer, PAGE_SIZE, type CoupaClient } from './client.ts';
import { acknowledgementOf, invoiceOf, shipNoticeOf } from './document-mapping.ts';
import { AdvanceShipNotice, Confirmation, Invoice, recordReader } from './records.ts';
import { refused, VendorRefusal } from './refusals.ts';

interface Shelf {
  path: string;
  kind: Inbound['kind'];
  /** What this resource calls its mark of what was taken over. */
  mark: 'exported' | 'export-flag';
  documentsOf(record: unknown, source: string): Omit<Inbound, 'kind' | 'raw' | 'mediaType'>[];
}

const readConfirmation = recordReader(Confirmation);
const readShipNotice = recordReader(AdvanceShipNotice);
const readInvoice = recordReader(Invoice);
const unreadable = (source: string, fault: string) => [{ source, problem: fault }];

/** In the order in which a supplier writes them. */
const SHELVES: readonly Shelf[] = [
  {
    path: '/order_header_confirmations', kind: 'acknowledgement', mark: 'exported',
    documentsOf(given, source) {
      const result = readConfirmation(given);
      if ('fault' in result) return unreadable(source, result.fault);
      const { record } = result;
      const { 'po-number': orderNumber, supplier } = record['order-header'];
      return [{
        source, supplierNumber: supplier.number, orderNumber: orderNumber.trim(), number: String(record.id),
        read: (known) => ({ kind: 'acknowledgement', content: acknowledgementOf(record, known) }),
      }];
    },
  },
  {
    path: '/asn/headers', kind: 'ship-notice', mark: 'export-flag',
    documentsOf(given, source) {
      const result = readShipNotice(given);
      if ('fault' in result) return unreadable(source, result.fault);
      const { record } = result;
      const orders = [...new Set(record.lines.map((line) => line['order-line']['order-header-number'].trim()))];
      return orders.map((orderNumber) => ({
        source: orders.length > 1 ? `${source}#${orderNumber}` : source, supplierNumber: record.supplier.number, orderNumber, number: record['asn-number'],
        read: (known) => ({ kind: 'ship-notice', content: shipNoticeOf(record, known) }),
      }));
    },
  },
  {
    path: '/invoices', kind: 'invoice', mark: 'exported',
    documentsOf(given, source) {
      const result = readInvoice(given);
      if ('fault' in result) return unreadable(source, result.fault);
      const { record } = result;
      const named = { source, supplierNumber: record.supplier.number, number: record['invoice-number'] };
      const orders = [...new Set(record['invoice-lines'].map((line) => line['po-number']?.trim()))];
      if (orders.length > 1) return [{ ...named, problem: '/invoice-lines: they are for more than one order' }];
      if ((record['document-type'] ?? 'Invoice') !== 'Invoice') return [{ ...named, orderNumber: orders[0], problem: '/document-type: only invoices are taken, no credit notes' }];
      return [{ ...named, orderNumber: orders[0], read: (known) => ({ kind: 'invoice', content: invoiceOf(record, known) }) }];
    },
  },
];

/**
 * What suppliers wrote and nobody has exported yet. Read on by id and not by offset: a record that is marked leaves the
 * list, and an offset would then pass over another one. Each sweep begins with the lowest id again.
 */
export function coupaInbox(client: CoupaClient): Inbox {
  return {
    async poll(after) {
      const [number = '0', id = '0'] = after?.split('/') ?? [];
      const index = Number(number);
      const shelf = SHELVES[index]!;
      const found = await client.list(shelf.path, { [shelf.mark]: 'false', 'id[gt]': id, order_by: 'id', dir: 'asc' }, 'later');
      const records = found.map((record): InboxRecord & { own: number } => recordOf(shelf, record));
      const isLastPage = records.length < PAGE_SIZE;
      const next = isLastPage ? (index + 1 < SHELVES.length ? `${index + 1}/0` : undefined) : `${index}/${records.at(-1)!.own}`;
      return { records, ...(next === undefined ? {} : { next }) };
    },
    async confirm(recordId) {
      const shelf = SHELVES.find(({ path }) => recordId.startsWith(`${path}/`))!;
      await client.write('PUT', recordId, { [shelf.mark]: true }, 'later').catch((error: unknown) => {
        throw error instanceof VendorRefusal ? refused(error) : error;
      });
    },
  };
}

function recordOf(shelf: Shelf, record: unknown): InboxRecord & { own: number } {
  const own = typeof record === 'object' && record !== null && 'id' in record ? record.id : undefined;
  if (typeof own !== 'number' || !Number.isInteger(own)) throw invalidAnswer(shelf.path, 'has a record without an id');
  const id = `${shelf.path}/${own}`;
  const raw = JSON.stringify(record);
  return { id, own, documents: shelf.documentsOf(record, id).map((document): Inbound => ({ ...document, kind: shelf.kind, raw, mediaType: 'application/json' })) };
}
