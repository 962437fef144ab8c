import { X12Error } from './error.ts';
import type { TransactionSet } from './tree.ts';
import type { LineItemStatus } from './line-item-status.ts';
import { isLineItemStatus } from './line-item-status.ts';
import type { SegmentInput, TransactionInput } from './print.ts';
import type { Party, Reference } from './parties.ts';
import type { ProductIds, QualifierChoice } from './product-ids.ts';
import type { DatedEvent } from './purchasing.ts';
import { printParty, printReferences, readReferences, readSection } from './parties.ts';
import { printProductIds, readProductIds } from './product-ids.ts';
import { beginning, printDates, printDescription, readDates, readDescription, splitAreas } from './purchasing.ts';
import { all, find } from './segment.ts';
import type { Segment } from './segment.ts';
import { date, decimal, present, printDate, printDecimal, requiredText, text } from './values.ts';

/** ACK: what the seller does with a line, or with a part of its quantity. */
export interface LineAcknowledgment {
  status: LineItemStatus;
  quantity?: string;
  unit?: string;
  /** ACK04, data element 374: 067 current schedule delivery, 068 current schedule ship ... */
  dateQualifier?: string;
  date?: string;
  /** ACK07 on: of a substitute, when the status is IS. */
  product?: ProductIds;
}

export interface AcknowledgedLine extends ProductIds {
  lineNumber?: string;
  quantity?: string;
  unit?: string;
  unitPrice?: string;
  priceBasis?: string;
  description?: string;
  references?: Reference[];
  acknowledgments: LineAcknowledgment[];
}

/** Transaction set 855. */
export interface PurchaseOrderAcknowledgment {
  /** BAK01: 00 original, 05 replace, 06 confirmation ... */
  purpose: string;
  /** BAK02, data element 587: AC with detail and change, AD with detail no change, AK no detail, RD and RJ rejected. */
  type: string;
  purchaseOrderNumber: string;
  orderDate: string;
  release?: string;
  /** BAK08, the seller's order number. */
  sellerOrderNumber?: string;
  /** BAK09. */
  acknowledgedOn?: string;
  currency?: string;
  references?: Reference[];
  dates?: DatedEvent[];
  parties: Party[];
  lines: AcknowledgedLine[];
}

/** @throws X12Error 'missing-content' or 'invalid-content', at the segment and element */
export function readPurchaseOrderAcknowledgment(set: TransactionSet): PurchaseOrderAcknowledgment {
  const bak = beginning(set, '855', 'BAK');
  const { heading, lines } = splitAreas(set, 'PO1', ['CTT']);
  const { own, parties } = readSection(heading);
  return {
    ...present<Omit<PurchaseOrderAcknowledgment, 'parties' | 'lines'>>({
      purpose: requiredText(bak, 1),
      type: requiredText(bak, 2),
      purchaseOrderNumber: requiredText(bak, 3),
      orderDate: date(bak, 4) ?? requiredText(bak, 4),
      release: text(bak, 5),
      sellerOrderNumber: text(bak, 8),
      acknowledgedOn: date(bak, 9),
      currency: text(find(own, 'CUR'), 2),
      references: readReferences(own),
      dates: readDates(own),
    }),
    parties,
    lines: lines.map(readLine),
  };
}

/** @throws X12Error 'invalid-value' when a value does not fit its element */
export function printPurchaseOrderAcknowledgment(
  answer: PurchaseOrderAcknowledgment,
  controlNumber: string,
  choice: QualifierChoice = {},
): TransactionInput {
  const segments: SegmentInput[] = [
    [
      'BAK', answer.purpose, answer.type, answer.purchaseOrderNumber, printDate(answer.orderDate, 'BAK', 4),
      answer.release, undefined, undefined, answer.sellerOrderNumber, printDate(answer.acknowledgedOn, 'BAK', 9),
    ],
    ...(answer.currency === undefined ? [] : [['CUR', 'SE', answer.currency] as const]),
    ...printReferences(answer.references),
    ...printDates(answer.dates),
    ...answer.parties.flatMap(printParty),
    ...answer.lines.flatMap((line) => printLine(line, choice)),
    ['CTT', String(answer.lines.length)],
  ];
  return { id: '855', controlNumber, segments };
}

function readLine(loop: readonly Segment[]): AcknowledgedLine {
  const po1 = loop[0] as Segment;
  const { own } = readSection(loop);
  return {
    ...present<Omit<AcknowledgedLine, 'acknowledgments'>>({
      lineNumber: text(po1, 1),
      quantity: decimal(po1, 2),
      unit: text(po1, 3),
      unitPrice: decimal(po1, 4),
      priceBasis: text(po1, 5),
      ...readProductIds(po1, 6),
      description: readDescription(own),
      references: readReferences(own),
    }),
    acknowledgments: all(own, 'ACK').map(readAcknowledgment),
  };
}

function readAcknowledgment(ack: Segment): LineAcknowledgment {
  const status = requiredText(ack, 1);
  if (!isLineItemStatus(status)) {
    const at = { segmentId: 'ACK', position: ack.position, element: 1 };
    throw new X12Error('invalid-content', 'Not a line item status of data element 668', at);
  }
  const product = readProductIds(ack, 7);
  return present<LineAcknowledgment>({
    status,
    quantity: decimal(ack, 2),
    unit: text(ack, 3),
    dateQualifier: text(ack, 4),
    date: date(ack, 5),
    product: Object.keys(product).length === 0 ? undefined : product,
  });
}

function printLine(line: AcknowledgedLine, choice: QualifierChoice): SegmentInput[] {
  return [
    [
      'PO1', line.lineNumber, printDecimal(line.quantity, 'PO1', 2), line.unit, printDecimal(line.unitPrice, 'PO1', 4),
      line.priceBasis, ...printProductIds(line, choice, 'PO1'),
    ],
    ...printDescription(line.description),
    ...printReferences(line.references),
    ...line.acknowledgments.map((ack): SegmentInput => [
      'ACK', ack.status, printDecimal(ack.quantity, 'ACK', 2), ack.unit, ack.dateQualifier,
      printDate(ack.date, 'ACK', 5), undefined, ...printProductIds(ack.product ?? {}, choice, 'ACK'),
    ]),
  ];
}
