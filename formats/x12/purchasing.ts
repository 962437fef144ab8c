import { X12Error } from './error.ts';
import type { TransactionSet } from './tree.ts';
import type { SegmentInput } from './print.ts';
import type { Segment } from './segment.ts';
import { all, find } from './segment.ts';
import { date, decimal, present, printDate, printDecimal, requiredText, text } from './values.ts';

/** What the orders, shipments and invoices of this folder have in common, parties and product ids apart. */

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

/** The one date of a kind out of a list, and the others. */
export function takeDate(dates: readonly DatedEvent[], qualifier: string): [string | undefined, DatedEvent[]] {
  const index = dates.findIndex((event) => 
    event.qualifier === qualifier && event.date !== undefined && event.time === undefined);
  return [dates[index]?.date, dates.filter((_, n) => n !== index)];
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

/** The segment that begins a set of this kind. @throws X12Error 'invalid-content' or 'missing-content' */
export function beginning(set: TransactionSet, id: string, segmentId: string): Segment {
  if (set.id !== id) {
    throw new X12Error('invalid-content', `Not a transaction set ${id}`, { segmentId: 'ST', position: 1, element: 1 });
  }
  const segment = find(set.segments, segmentId);
  if (segment === undefined) throw new X12Error('missing-content', 'A required segment is missing', { segmentId });
  return segment;
}
