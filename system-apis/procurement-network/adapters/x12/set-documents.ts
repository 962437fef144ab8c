import { describeViolation, X12Error, type FunctionalGroup, type Segment, type TransactionSet, type Interchange } from '#formats/x12/index.ts';
import type { DocumentKind, Inbound } from '../../documents/inbound.ts';
import { readAcknowledgement } from './read-acknowledgement.ts';
import { readInvoice } from './read-invoice.ts';
import { readShipNotice } from './read-ship-notice.ts';

const KINDS: Record<string, DocumentKind> = { '855': 'acknowledgement', '856': 'ship-notice', '810': 'invoice' };

export interface SetPlace {
  interchange: Interchange;
  group: FunctionalGroup;
  /** Names the set among all that ever came. */
  source: string;
  supplierNumber: string | undefined;
}

/** A group that is broken as a whole is rejected as a whole. */
export function isEntered(group: FunctionalGroup, set: TransactionSet): boolean {
  return group.violations.length === 0 && set.violations.length === 0;
}

/** What a transaction set says, one document for each order it is about; one with a problem when its form was rejected. */
export function documentsOf(set: TransactionSet, place: SetPlace): Inbound[] {
  const { interchange, group, source, supplierNumber } = place;
  const kind = KINDS[set.id] ?? 'interchange';
  const raw = set.segments.map((segment) => textOf(segment, interchange)).join('');
  const named = { kind, source, raw, mediaType: 'application/edi-x12', supplierNumber };
  const [violation] = [...group.violations, ...set.violations];
  if (violation) return [{ ...named, problem: `the ${/^\d{3}$/.test(set.id) ? set.id : 'set'} was rejected: ${describeViolation(violation)}` }];
  try {
    return readSet(set, named, momentOf(group));
  } catch (error) {
    if (!(error instanceof X12Error)) throw error;
    return [{ ...named, problem: error.message }];
  }
}

function readSet(set: TransactionSet, named: Omit<Inbound, 'read' | 'problem'>, sentAt: string): Inbound[] {
  if (set.id === '855') {
    const { orderNumber, number, inWords } = readAcknowledgement(set);
    return [{ ...named, orderNumber, number, read: (known) => ({ kind: 'acknowledgement', content: inWords(known, sentAt) }) }];
  }
  if (set.id === '856') {
    const { number, orders } = readShipNotice(set);
    if (orders.length === 0) return [{ ...named, number, problem: 'the notice is for no order' }];
    return orders.map(({ orderNumber, inWords }) => ({
      ...named, source: orders.length > 1 ? `${named.source}#${orderNumber}` : named.source, orderNumber, number, read: (known) => ({ kind: 'ship-notice', content: inWords(known) }),
    }));
  }
  const { orderNumber, number, inWords } = readInvoice(set);
  return [{ ...named, orderNumber, number, read: (known) => ({ kind: 'invoice', content: inWords(known) }) }];
}

function textOf({ id, elements }: Segment, { delimiters }: Interchange): string {
  return `${[id, ...elements].join(delimiters.element)}${delimiters.segment}`;
}

/** GS04 and GS05, in UTC for want of anything else; the day alone when the time is none. */
function momentOf({ header: { date, time } }: FunctionalGroup): string {
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`;
  const moment = `${day}T${time.slice(0, 2)}:${time.slice(2, 4)}:00Z`;
  return Number.isNaN(Date.parse(moment)) ? `${day}T00:00:00Z` : moment;
}
