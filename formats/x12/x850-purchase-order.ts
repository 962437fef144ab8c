import { X12Error } from './error.ts';
import type { TransactionSet } from './tree.ts';
import type { SegmentInput, TransactionInput } from './print.ts';
import type { Contact, Party, Reference } from './parties.ts';
import type { ProductIds, QualifierChoice } from './product-ids.ts';
import type { DatedEvent, PaymentTerms } from './purchasing.ts';
import { printContacts, printParty, printReferences, readContacts, readReferences, readSection } from './parties.ts';
import { printProductIds, readProductIds } from './product-ids.ts';
import {
  beginning, printDates, printDescription, printTerms, readDates, readDescription, readTerms, splitAreas, takeDate,
} from './purchasing.ts';
import { all, find } from './segment.ts';
import type { Segment } from './segment.ts';
import { date, decimal, present, printDate, printDecimal, requiredText, text } from './values.ts';

export interface PurchaseOrderLine extends ProductIds {
  /** PO101, as the buyer counts. */
  lineNumber?: string;
  quantity: string;
  /** PO103, data element 355: EA each, BX box, CA case ... */
  unit: string;
  unitPrice?: string;
  /** PO105, data element 639: PE price per each, CT contract ... */
  priceBasis?: string;
  /** Lines joined by line feeds. */
  description?: string;
  requestedDelivery?: string;
  references?: Reference[];
}

/** Transaction set 850. Dates are ISO, quantities and prices decimal text. */
export interface PurchaseOrder {
  /** BEG01: 00 original, 01 cancellation, 05 replace ... */
  purpose: string;
  /** BEG02: SA stand-alone, NE new, BK blanket, RL release, RO rush ... */
  type: string;
  number: string;
  release?: string;
  date: string;
  contract?: string;
  /** CUR02, ISO 4217. */
  currency?: string;
  references?: Reference[];
  contacts?: Contact[];
  terms?: PaymentTerms[];
  /** DTM 002. */
  requestedDelivery?: string;
  dates?: DatedEvent[];
  /** MSG01, each up to 264 characters. */
  notes?: string[];
  parties: Party[];
  lines: PurchaseOrderLine[];
  /** AMT with qualifier TT. */
  totalAmount?: string;
}

const DELIVERY_REQUESTED = '002';

/** @throws X12Error 'invalid-value' when a value does not fit its element */
export function printPurchaseOrder(
  order: PurchaseOrder,
  controlNumber: string,
  choice: QualifierChoice = {},
): TransactionInput {
  const segments: SegmentInput[] = [
    ['BEG', order.purpose, order.type, order.number, order.release, printDate(order.date, 'BEG', 5), order.contract],
    ...(order.currency === undefined ? [] : [['CUR', 'BY', order.currency] as const]),
    ...printReferences(order.references),
    ...printContacts(order.contacts),
    ...printTerms(order.terms),
    ...printRequested(order.requestedDelivery),
    ...printDates(order.dates),
    ...printNotes(order.notes),
    ...order.parties.flatMap(printParty),
    ...order.lines.flatMap((line) => printLine(line, choice)),
    ['CTT', String(order.lines.length)],
  ];
  const total = printDecimal(order.totalAmount, 'AMT', 2);
  if (total !== undefined) segments.push(['AMT', 'TT', total]);
  return { id: '850', controlNumber, segments };
}

/** @throws X12Error 'missing-content' or 'invalid-content', at the segment and element */
export function readPurchaseOrder(set: TransactionSet): PurchaseOrder {
  const beg = beginning(set, '850', 'BEG');
  const { heading, lines, summary } = splitAreas(set, 'PO1', ['CTT']);
  const { own, parties } = readSection(heading);
  const [requestedDelivery, dates] = takeDate(readDates(own), DELIVERY_REQUESTED);
  const total = all(summary, 'AMT').find((amt) => text(amt, 1) === 'TT');
  return {
    ...present<Omit<PurchaseOrder, 'parties' | 'lines'>>({
      purpose: requiredText(beg, 1),
      type: requiredText(beg, 2),
      number: requiredText(beg, 3),
      release: text(beg, 4),
      date: requiredDate(beg, 5),
      contract: text(beg, 6),
      currency: text(find(own, 'CUR'), 2),
      references: readReferences(own),
      contacts: readContacts(own),
      terms: readTerms(own),
      requestedDelivery,
      dates,
      notes: all(own, 'MSG').map((msg) => requiredText(msg, 1)),
      totalAmount: total && decimal(total, 2),
    }),
    parties,
    lines: lines.map(readLine),
  };
}

function readLine(loop: readonly Segment[]): PurchaseOrderLine {
  const po1 = loop[0] as Segment;
  const { own } = readSection(loop);
  const [requestedDelivery] = takeDate(readDates(own), DELIVERY_REQUESTED);
  return present<PurchaseOrderLine>({
    lineNumber: text(po1, 1),
    quantity: decimal(po1, 2) ?? requiredText(po1, 2),
    unit: requiredText(po1, 3),
    unitPrice: decimal(po1, 4),
    priceBasis: text(po1, 5),
    ...readProductIds(po1, 6),
    description: readDescription(own),
    requestedDelivery,
    references: readReferences(own),
  });
}

function printLine(line: PurchaseOrderLine, choice: QualifierChoice): SegmentInput[] {
  return [
    [
      'PO1', line.lineNumber, printDecimal(line.quantity, 'PO1', 2), line.unit, printDecimal(line.unitPrice, 'PO1', 4),
      line.priceBasis, ...printProductIds(line, choice, 'PO1'),
    ],
    ...printDescription(line.description),
    ...printReferences(line.references),
    ...printRequested(line.requestedDelivery),
  ];
}

function printRequested(day: string | undefined): SegmentInput[] {
  return day === undefined ? [] : printDates([{ qualifier: DELIVERY_REQUESTED, date: day }]);
}

/** MSG stands in an N9 loop; L1 announces letters or notes. */
function printNotes(notes: readonly string[] = []): SegmentInput[] {
  if (notes.length === 0) return [];
  for (const note of notes) {
    if (note.length > 264 || note === '') {
      throw new X12Error('invalid-value', 'A note has to have 1 to 264 characters', { segmentId: 'MSG', element: 1 });
    }
  }
  return [['N9', 'L1', 'NOTES'], ...notes.map((note): SegmentInput => ['MSG', note])];
}

function requiredDate(segment: Segment, number: number): string {
  return date(segment, number) ?? requiredText(segment, number);
}
