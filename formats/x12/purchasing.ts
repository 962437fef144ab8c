import { X12Error } from './error.ts';
import type { TransactionSet } from './envelope.ts';
import type { SegmentInput } from './print.ts';
import type { Segment } from './segment.ts';
import { date, decimal, present, printDate, printDecimal, requiredText, text } from './values.ts';

/** What the orders, shipments and invoices of this folder have in common. */

/** REF: qualifier of data element 128, and the reference. */
export interface Reference {
  qualifier: string;
  id?: string;
  description?: string;
}

/** PER: BD buyer, IC information contact ...; numbers by data element 365: TE telephone, EM e-mail, FX fax. */
export interface Contact {
  role: string;
  name?: string;
  numbers?: { qualifier: string; number: string }[];
}

/** The N1 loop. */
export interface Party {
  /** N101, data element 98: BY buyer, ST ship to, BT bill to, SE seller, SU supplier, SF ship from, RE remit to, VN. */
  role: string;
  name?: string;
  /** N103, data element 66: 1 D-U-N-S, 9 D-U-N-S+4, UL GLN, 91 and 92 assigned by seller and buyer, 21 HIN. */
  idQualifier?: string;
  id?: string;
  additionalNames?: string[];
  addressLines?: string[];
  city?: string;
  state?: string;
  postalCode?: string;
  country?: string;
  references?: Reference[];
  contacts?: Contact[];
}

/** DTM: what happened or is wished, data element 374. */
export interface DatedEvent {
  qualifier: string;
  date?: string;
  /** As sent, HHMM[SS[D[D]]]. */
  time?: string;
}

/** ITD. Percentages and days as decimal text. */
export interface PaymentTerms {
  /** ITD01, data element 336: 01 basic, 08 basic discount offered, 14 previously agreed ... */
  type?: string;
  basis?: string;
  discountPercent?: string;
  discountDueDate?: string;
  discountDays?: string;
  netDueDate?: string;
  netDays?: string;
  description?: string;
}

/** Any product id, data element 235. */
export interface ProductId {
  qualifier: string;
  id: string;
}

/** The ids of a line by what they mean to us; others by their qualifier. */
export interface ProductIds {
  /** IN buyer's item number, or BP buyer's part number. */
  buyerItemNumber?: string;
  /** VP vendor's part number, or VN vendor's item number. */
  vendorPartNumber?: string;
  /** UP, 12 digits. */
  upc?: string;
  /** UK, 14 digits. */
  gtin?: string;
  otherIds?: ProductId[];
}

/** Which of two usual qualifiers a partner expects. Reading takes either. */
export interface QualifierChoice {
  buyerItem?: 'IN' | 'BP';
  vendorPart?: 'VP' | 'VN';
}

type NamedId = Exclude<keyof ProductIds, 'otherIds'>;

const NAMED: Record<string, NamedId> = {
  IN: 'buyerItemNumber', BP: 'buyerItemNumber', VP: 'vendorPartNumber', VN: 'vendorPartNumber', UP: 'upc', UK: 'gtin',
};

/** Pairs of qualifier and id; one of LIN is left for the lot number. */
const ROOM = { PO1: 10, ACK: 11, LIN: 14, IT1: 10 } as const;

/**
 * The pairs of qualifier and id from element `first` to the end. Where two qualifiers say the same thing, the first
 * is taken by name and the second is among the others.
 */
export function readProductIds(segment: Segment, first: number): ProductIds {
  const ids: ProductIds = {};
  const others: ProductId[] = [];
  for (let number = first; number <= segment.elements.length; number += 2) {
    const [qualifier, id] = [text(segment, number), text(segment, number + 1)];
    if (qualifier === undefined || id === undefined) continue;
    const name = NAMED[qualifier];
    if (name !== undefined && ids[name] === undefined) ids[name] = id;
    else others.push({ qualifier, id });
  }
  return present<ProductIds>({ ...ids, otherIds: others });
}

/** @throws X12Error 'invalid-value' when there are more ids than the segment has room for */
export function printProductIds(
  ids: ProductIds,
  choice: QualifierChoice,
  segmentId: 'PO1' | 'ACK' | 'LIN' | 'IT1',
): string[] {
  const pairs: [string, string | undefined][] = [
    [choice.buyerItem ?? 'IN', ids.buyerItemNumber],
    [choice.vendorPart ?? 'VP', ids.vendorPartNumber],
    ['UP', ids.upc],
    ['UK', ids.gtin],
    ...(ids.otherIds ?? []).map(({ qualifier, id }): [string, string] => [qualifier, id]),
  ];
  const printed = pairs.flatMap(([qualifier, id]) => (id === undefined ? [] : [qualifier, id]));
  if (printed.length > 2 * ROOM[segmentId]) {
    throw new X12Error('invalid-value', 'There are more product ids than fit', { segmentId });
  }
  return printed;
}

/** Segments of a heading or a loop, those of its N1 loops apart. */
export interface Section {
  own: Segment[];
  parties: Party[];
}

const OF_PARTY = new Set(['N2', 'N3', 'N4', 'REF', 'PER']);

export function readSection(segments: readonly Segment[]): Section {
  const own: Segment[] = [];
  const loops: Segment[][] = [];
  for (const segment of segments) {
    if (segment.id === 'N1') loops.push([segment]);
    else if (loops.length > 0 && OF_PARTY.has(segment.id)) loops.at(-1)?.push(segment);
    else own.push(segment);
  }
  return { own, parties: loops.map(readParty) };
}

function readParty(loop: readonly Segment[]): Party {
  const n1 = loop[0] as Segment;
  const n4 = find(loop, 'N4');
  const lines = (id: string): string[] => all(loop, id).flatMap((segment) =>
    [text(segment, 1), text(segment, 2)].filter((line) => line !== undefined));
  return present<Party>({
    role: requiredText(n1, 1),
    name: text(n1, 2),
    idQualifier: text(n1, 3),
    id: text(n1, 4),
    additionalNames: lines('N2'),
    addressLines: lines('N3'),
    city: text(n4, 1),
    state: text(n4, 2),
    postalCode: text(n4, 3),
    country: text(n4, 4),
    references: readReferences(loop),
    contacts: readContacts(loop),
  });
}

export function printParty(party: Party): SegmentInput[] {
  const { city, state, postalCode, country } = party;
  const hasPlace = [city, state, postalCode, country].some((part) => part !== undefined);
  return [
    ['N1', party.role, party.name, party.idQualifier, party.id],
    ...inPairs('N2', party.additionalNames),
    ...inPairs('N3', party.addressLines),
    ...(hasPlace ? [['N4', city, state, postalCode, country] as const] : []),
    ...printReferences(party.references),
    ...printContacts(party.contacts),
  ];
}

function inPairs(id: string, lines: readonly string[] = []): SegmentInput[] {
  const segments: SegmentInput[] = [];
  for (let n = 0; n < lines.length; n += 2) segments.push([id, lines[n], lines[n + 1]]);
  return segments;
}

export function readReferences(segments: readonly Segment[]): Reference[] {
  return all(segments, 'REF').map((ref) => present<Reference>({
    qualifier: requiredText(ref, 1), id: text(ref, 2), description: text(ref, 3),
  }));
}

export function printReferences(references: readonly Reference[] = []): SegmentInput[] {
  return references.map(({ qualifier, id, description }) => ['REF', qualifier, id, description]);
}

export function readContacts(segments: readonly Segment[]): Contact[] {
  return all(segments, 'PER').map((per) => {
    const numbers = [3, 5, 7].flatMap((at) => {
      const [qualifier, number] = [text(per, at), text(per, at + 1)];
      return qualifier === undefined || number === undefined ? [] : [{ qualifier, number }];
    });
    return present<Contact>({ role: requiredText(per, 1), name: text(per, 2), numbers });
  });
}

export function printContacts(contacts: readonly Contact[] = []): SegmentInput[] {
  return contacts.map(({ role, name, numbers = [] }) => {
    if (numbers.length > 3) throw new X12Error('invalid-value', 'PER has room for three numbers', { segmentId: 'PER' });
    return ['PER', role, name, ...numbers.flatMap(({ qualifier, number }) => [qualifier, number])];
  });
}

export function readDates(segments: readonly Segment[]): DatedEvent[] {
  return all(segments, 'DTM').map((dtm) => present<DatedEvent>({
    qualifier: requiredText(dtm, 1), date: date(dtm, 2), time: text(dtm, 3),
  }));
}

export function printDates(dates: readonly DatedEvent[] = []): SegmentInput[] {
  return dates.map((event) => ['DTM', event.qualifier, printDate(event.date, 'DTM', 2), event.time]);
}

export function readTerms(segments: readonly Segment[]): PaymentTerms[] {
  return all(segments, 'ITD').map((itd) => present<PaymentTerms>({
    type: text(itd, 1),
    basis: text(itd, 2),
    discountPercent: decimal(itd, 3),
    discountDueDate: date(itd, 4),
    discountDays: text(itd, 5),
    netDueDate: date(itd, 6),
    netDays: text(itd, 7),
    description: text(itd, 12),
  }));
}

export function printTerms(terms: readonly PaymentTerms[] = []): SegmentInput[] {
  return terms.map((one) => [
    'ITD', one.type, one.basis, printDecimal(one.discountPercent, 'ITD', 3), printDate(one.discountDueDate, 'ITD', 4),
    one.discountDays, printDate(one.netDueDate, 'ITD', 6), one.netDays, undefined, undefined, undefined, undefined,
    one.description,
  ]);
}

/** PID with free text (PID01 F); several are one description of several lines. */
export function readDescription(segments: readonly Segment[]): string | undefined {
  const lines = all(segments, 'PID').map((pid) => text(pid, 5)).filter((line) => line !== undefined);
  return lines.length === 0 ? undefined : lines.join('\n');
}

/** PID05 holds 80 characters. */
export function printDescription(description: string | undefined): SegmentInput[] {
  if (description === undefined) return [];
  return description.split('\n').map((line) => {
    if (line.length > 80) {
      throw new X12Error('invalid-value', 'A line of the description is longer than 80 characters',
        { segmentId: 'PID', element: 5 });
    }
    return ['PID', 'F', undefined, undefined, undefined, line];
  });
}

/** Heading, one list for each line loop, and summary. */
export interface Sections {
  heading: Segment[];
  lines: Segment[][];
  summary: Segment[];
}

/** Cuts a set into its three areas: a line begins with `line`, the summary with one of `summary`. */
export function splitAreas(set: TransactionSet, line: string, summary: readonly string[]): Sections {
  const areas: Sections = { heading: [], lines: [], summary: [] };
  for (const segment of set.segments) {
    if (segment.id === 'ST' || segment.id === 'SE') continue;
    const inSummary = areas.summary.length > 0 || (areas.lines.length > 0 && summary.includes(segment.id));
    if (inSummary) areas.summary.push(segment);
    else if (segment.id === line) areas.lines.push([segment]);
    else (areas.lines.at(-1) ?? areas.heading).push(segment);
  }
  return areas;
}

export function find(segments: readonly Segment[], id: string): Segment | undefined {
  return segments.find((segment) => segment.id === id);
}

export function all(segments: readonly Segment[], id: string): Segment[] {
  return segments.filter((segment) => segment.id === id);
}

/** The segment that begins a set of this kind. @throws X12Error 'invalid-content' or 'missing-content' */
export function beginning(set: TransactionSet, id: string, segmentId: string): Segment {
  if (set.id !== id) {
    throw new X12Error('invalid-content', `Not a transaction set ${id}`, { segmentId: 'ST', position: 1, element: 1 });
  }
  const segment = find(set.segments, segmentId);
  if (segment === undefined) throw new X12Error('missing-content', 'A required segment is missing', { segmentId });
  return segment;
}

/** The one date of a kind out of a list, and the others. */
export function takeDate(dates: readonly DatedEvent[], qualifier: string): [string | undefined, DatedEvent[]] {
  const index = dates.findIndex((event) => 
    event.qualifier === qualifier && event.date !== undefined && event.time === undefined);
  return [dates[index]?.date, dates.filter((_, n) => n !== index)];
}
