import type { TransactionSet } from './tree.ts';
import { X12Error } from './error.ts';
import type { AllowanceOrCharge, Tax } from './invoice-amounts.ts';
import { printAmounts, readAmounts } from './invoice-amounts.ts';
import type { SegmentInput, TransactionInput } from './print.ts';
import type { Party, Reference } from './parties.ts';
import type { ProductIds, QualifierChoice } from './product-ids.ts';
import type { DatedEvent, PaymentTerms } from './purchasing.ts';
import { printParty, printReferences, readReferences, readSection } from './parties.ts';
import { printProductIds, readProductIds } from './product-ids.ts';
import {
  beginning, printDates, printDescription, printTerms, readDates, readDescription, readTerms, splitAreas,
} from './purchasing.ts';
import { find } from './segment.ts';
import type { Segment } from './segment.ts';
import {
  date, decimal, impliedDecimal, present, printDate, printDecimal, printImpliedDecimal, requiredText, text,
} from './values.ts';

export interface InvoiceLine extends ProductIds {
  lineNumber?: string;
  quantity?: string;
  unit?: string;
  unitPrice?: string;
  priceBasis?: string;
  description?: string;
  references?: Reference[];
  taxes?: Tax[];
  allowancesAndCharges?: AllowanceOrCharge[];
}

/** Transaction set 810. Amounts and prices are decimal text in the currency of the invoice. */
export interface Invoice {
  date: string;
  number: string;
  purchaseOrderDate?: string;
  purchaseOrderNumber?: string;
  release?: string;
  /** BIG07, data element 640: DI debit, CR credit memo, PR product, CN credit invoice ... */
  type?: string;
  /** BIG08: 00 original, 01 cancellation ... */
  purpose?: string;
  /** CUR02. */
  currency?: string;
  references?: Reference[];
  terms?: PaymentTerms[];
  dates?: DatedEvent[];
  parties: Party[];
  lines: InvoiceLine[];
  /** TDS01, which has two implied decimals on the wire. */
  total: string;
  /** TDS02, TDS03, TDS04. */
  amountSubjectToDiscount?: string;
  discountedTotal?: string;
  discount?: string;
  taxes?: Tax[];
  allowancesAndCharges?: AllowanceOrCharge[];
}

/** @throws X12Error 'missing-content' or 'invalid-content', at the segment and element */
export function readInvoice(set: TransactionSet): Invoice {
  const big = beginning(set, '810', 'BIG');
  const { heading, lines, summary } = splitAreas(set, 'IT1', ['TDS', 'CTT']);
  const { own, parties } = readSection(heading);
  // An invoice without lines has its totals in the heading as far as splitAreas can tell.
  const totals = summary.length > 0 ? summary : own;
  const tds = find(totals, 'TDS');
  const total = tds && impliedDecimal(tds, 1);
  if (tds === undefined || total === undefined) {
    throw new X12Error('missing-content', 'The invoice has no total', { segmentId: 'TDS', element: 1 });
  }
  return {
    ...present<Omit<Invoice, 'parties' | 'lines'>>({
      date: date(big, 1) ?? requiredText(big, 1),
      number: requiredText(big, 2),
      purchaseOrderDate: date(big, 3),
      purchaseOrderNumber: text(big, 4),
      release: text(big, 5),
      type: text(big, 7),
      purpose: text(big, 8),
      currency: text(find(own, 'CUR'), 2),
      references: readReferences(own),
      terms: readTerms(own),
      dates: readDates(own),
      total,
      amountSubjectToDiscount: impliedDecimal(tds, 2),
      discountedTotal: impliedDecimal(tds, 3),
      discount: impliedDecimal(tds, 4),
      ...readAmounts(totals),
    }),
    parties,
    lines: lines.map(readLine),
  };
}

function readLine(loop: readonly Segment[]): InvoiceLine {
  const it1 = loop[0] as Segment;
  const { own } = readSection(loop);
  return present<InvoiceLine>({
    lineNumber: text(it1, 1),
    quantity: decimal(it1, 2),
    unit: text(it1, 3),
    unitPrice: decimal(it1, 4),
    priceBasis: text(it1, 5),
    ...readProductIds(it1, 6),
    description: readDescription(own),
    references: readReferences(own),
    ...readAmounts(own),
  });
}

/** @throws X12Error 'invalid-value' when a value does not fit its element, amounts of three decimals among them */
export function printInvoice(invoice: Invoice, controlNumber: string, choice: QualifierChoice = {}): TransactionInput {
  const segments: SegmentInput[] = [
    [
      'BIG', printDate(invoice.date, 'BIG', 1), invoice.number, printDate(invoice.purchaseOrderDate, 'BIG', 3),
      invoice.purchaseOrderNumber, invoice.release, undefined, invoice.type, invoice.purpose,
    ],
    ...(invoice.currency === undefined ? [] : [['CUR', 'SE', invoice.currency] as const]),
    ...printReferences(invoice.references),
    ...invoice.parties.flatMap(printParty),
    ...printTerms(invoice.terms),
    ...printDates(invoice.dates),
    ...invoice.lines.flatMap((line) => printLine(line, choice)),
    [
      'TDS', printImpliedDecimal(invoice.total, 'TDS', 1), printImpliedDecimal(invoice.amountSubjectToDiscount, 'TDS', 2),
      printImpliedDecimal(invoice.discountedTotal, 'TDS', 3), printImpliedDecimal(invoice.discount, 'TDS', 4),
    ],
    ...printAmounts(invoice),
    ['CTT', String(invoice.lines.length)],
  ];
  return { id: '810', controlNumber, segments };
}

function printLine(line: InvoiceLine, choice: QualifierChoice): SegmentInput[] {
  const { taxes, allowancesAndCharges } = line;
  return [
    [
      'IT1', line.lineNumber, printDecimal(line.quantity, 'IT1', 2), line.unit, printDecimal(line.unitPrice, 'IT1', 4),
      line.priceBasis, ...printProductIds(line, choice, 'IT1'),
    ],
    ...printAmounts({ taxes }),
    ...printDescription(line.description),
    ...printReferences(line.references),
    ...printAmounts({ allowancesAndCharges }),
  ];
}
