import Big from 'big.js';
import type { BookedJournalLine, BookedOrderLine } from '../erp/books.ts';
import type { OrderedLine } from '../network/books.ts';
import { masterData } from '../hospital/master-data.ts';

/** Books are lists of lines; a person thinks in documents. */
export interface BookedOrder {
  number: string;
  status: string;
  supplier: string;
  /** Reference of the need, without the supplier that the platform appends for each part. */
  need: string;
  lines: BookedOrderLine[];
}

export const isCancelled = (order: BookedOrder) => order.status === 'CANCELED';
export const activeLines = (order: BookedOrder) => isCancelled(order) ? [] : order.lines.filter((line) => !line.cancelled);

export function ordersOf(lines: readonly BookedOrderLine[]): BookedOrder[] {
  return [...Map.groupBy(lines, (line) => line.orderNumber)].map(([number, own]) => {
    const { status, supplier, reference } = own[0]!;
    return { number, status, supplier, need: needOf(reference ?? '', supplier), lines: own };
  });
}

function needOf(reference: string, supplier: string): string {
  const part = firstAttempt(reference, supplier);
  return part.endsWith(`/${supplier}`) ? part.slice(0, -supplier.length - 1) : part;
}

/** What could not be placed, was taken back and is placed again is another document: `need/SUP-100/2` is the second for `need/SUP-100`. */
function firstAttempt(reference: string, supplier: string): string {
  const [, part] = /^(.*)\/\d+$/.exec(reference) ?? [];
  return part?.endsWith(`/${supplier}`) ? part : reference;
}

/** The part of a need that a document is for, whose supplier it does not name. */
export function partIn(reference: string): string {
  return masterData.suppliers.map(({ number }) => firstAttempt(reference, number)).find((part) => part !== reference) ?? reference;
}

export const partOf = (need: string, supplier: string) => `${need}/${supplier}`;

export interface UnderstoodOrder {
  number: string;
  supplier: string;
  state: string;
  lines: OrderedLine[];
}

export function understoodOrders(lines: readonly OrderedLine[]): UnderstoodOrder[] {
  return [...Map.groupBy(lines, (line) => line.poNumber)].map(([number, own]) => ({ number, supplier: own[0]!.supplierNumber, state: own[0]!.orderState, lines: own }));
}

/** Lines that a supplier will not deliver. */
export const isOff = (line: OrderedLine) => line.lineState === 'rejected' || line.lineState === 'cancelled';

const SOURCES = ['receipt', 'invoice', 'payment', 'consumption', 'adjustment', 'return', 'count', 'manual'] as const;
const PLACES = ['reference', 'journal', 'lineReference', 'batch'] as const;

export interface Journal {
  id: string;
  /** `source/document`, such as `receipt/5001`; the journal's own name where it has no such reference. */
  reference: string;
  lines: { account: string; costCentre: string; entity: string; debit: Big; credit: Big }[];
}

export function journalsOf(lines: readonly BookedJournalLine[]): Journal[] {
  return [...Map.groupBy(lines, (line) => line.journalId)].map(([id, own]) => ({ id, reference: referenceOf(own[0]!), lines: own.map(posted) }));
}

/** Which of the ledger's free texts carries our reference is the adapter's choice. */
function referenceOf(line: BookedJournalLine): string {
  const texts = PLACES.map((place) => line[place]).filter((text) => text !== null);
  return texts.find((text) => SOURCES.some((source) => text.startsWith(`${source}/`))) ?? line.journal;
}

function posted({ account: combination, debit, credit }: BookedJournalLine): Journal['lines'][number] {
  const [entity = '', costCentre = '', account = ''] = combination.split('-');
  return { account, costCentre, entity, debit: new Big(debit), credit: new Big(credit) };
}

/** Debit less credit on one account. */
export function balanceOn(journals: readonly Journal[], account: string): Big {
  return total(journals.flatMap((journal) => journal.lines.filter((line) => line.account === account).map((line) => line.debit.minus(line.credit))));
}

export function total(amounts: Iterable<Big | string | number>): Big {
  let sum = new Big(0);
  for (const amount of amounts) sum = sum.plus(amount);
  return sum;
}

/** Free texts may carry more behind the reference, set off by a space or a bar. */
export function plainReference(text: string | null): string {
  return (text ?? '').split(/[\s|;]/)[0] ?? '';
}

/** The use that a reference is about: `count/SupplyDelivery/7/2` is the second attempt to count for `SupplyDelivery/7`. */
export function useOf(reference: string | null): string {
  const parts = plainReference(reference).split('/');
  if (USE_PREFIXES.has(parts[0] ?? '')) parts.shift();
  return parts.slice(0, 2).join('/');
}

const USE_PREFIXES = new Set(['count', 'consumption', 'return', 'undo']);
