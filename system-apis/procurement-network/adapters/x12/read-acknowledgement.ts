import Big from 'big.js';
import type { AcknowledgementLine, OrderAcknowledgement } from '#contracts/generated/system/procurement-network/v1.ts';
import {
  LINE_ITEM_STATUSES, outcomeOf, readPurchaseOrderAcknowledgment,
  type AcknowledgedLine, type LineAcknowledgment, type LineOutcome, type PurchaseOrderAcknowledgment, type TransactionSet,
} from '#formats/x12/index.ts';
import { UnusableDocument } from '../../documents/unusable-document.ts';
import { lineMeant, type KnownOrder } from '../../orders/known-order.ts';
import { asCode, decimal, fingerprintOf, quantity } from '../../values.ts';
import { namedLine } from './named-line.ts';

/** ACK04, data element 374, as far as it says when goods come: delivery requested, estimated, as now scheduled, promised. */
const DELIVERY_DATES = new Set(['002', '017', '067', '069']);

/** BAK02 of answers that need no lines. @source ASC X12 data element 587 */
const WHOLE_ORDER: Record<string, 'accepted' | 'rejected'> = { AK: 'accepted', AD: 'accepted', RD: 'rejected', RJ: 'rejected' };

export interface ReadAcknowledgement {
  orderNumber: string;
  number: string;
  inWords(known: KnownOrder, sentAt: string): OrderAcknowledgement;
}

/** An 855. @throws X12Error */
export function readAcknowledgement(set: TransactionSet): ReadAcknowledgement {
  const answer = readPurchaseOrderAcknowledgment(set);
  const number = numberOf(answer);
  return {
    orderNumber: answer.purchaseOrderNumber,
    number,
    inWords: (known, sentAt) => ({
      supplierNumber: known.order.supplierNumber, orderNumber: known.order.orderNumber, number,
      acknowledgedAt: answer.acknowledgedOn === undefined ? sentAt : `${answer.acknowledgedOn}T00:00:00Z`,
      lines: linesOf(answer, known),
    }),
  };
}

/** An 855 has no number of its own, and a sales order's number stays the same from one to the next: the content tells them apart. */
function numberOf(answer: PurchaseOrderAcknowledgment): string {
  const own = asCode(answer.sellerOrderNumber);
  return `${own !== undefined && own.length <= 48 ? own : 'ACK'}-${fingerprintOf(answer).slice(0, 12)}`;
}

function linesOf(answer: PurchaseOrderAcknowledgment, known: KnownOrder): AcknowledgementLine[] {
  if (answer.lines.length > 0) return answer.lines.map((line, index) => lineOf(line, answer.type, known, `PO1 ${index + 1}`));
  const outcome = WHOLE_ORDER[answer.type];
  if (!outcome) throw new UnusableDocument('BAK02: the answer has neither lines nor a type that speaks for the whole order');
  return known.order.lines.map(({ line }) => ({ line, outcome }));
}

function lineOf(line: AcknowledgedLine, type: string, known: KnownOrder, place: string): AcknowledgementLine {
  const meant = lineMeant(known, namedLine(line), place);
  const outcome = outcomeOfParts(line.acknowledgments, type, place);
  const other = line.acknowledgments.find(({ status }) => outcomeOf(status) !== 'accepted');
  const promises = line.acknowledgments.filter((part) => part.dateQualifier === undefined || DELIVERY_DATES.has(part.dateQualifier));
  const promisedOn = promises.map(({ date }) => date).filter((date) => date !== undefined).toSorted().at(-1);
  const kept = keptQuantity(line, place);
  return {
    line: meant.line, outcome,
    ...(outcome === 'rejected' ? {} : {
      ...(kept === undefined ? {} : { quantity: kept }),
      ...(line.unitPrice === undefined ? {} : { unitPrice: decimal(line.unitPrice, `${place}, PO104`) }),
    }),
    ...(outcome === 'substituted' ? { substituteItemNumber: substituteOf(line.acknowledgments, place) } : {}),
    ...(promisedOn === undefined ? {} : { promisedOn }),
    ...(other === undefined ? {} : { reason: LINE_ITEM_STATUSES[other.status].text }),
  };
}

/** A line may be answered in parts, by quantity: some now and some later, some not at all. */
function outcomeOfParts(parts: readonly LineAcknowledgment[], type: string, place: string): AcknowledgementLine['outcome'] {
  const outcomes = new Set<LineOutcome>(parts.map(({ status }) => outcomeOf(status)));
  if (outcomes.size === 0) return WHOLE_ORDER[type] ?? 'accepted';
  if (outcomes.has('substituted')) {
    if (outcomes.size > 1) throw new UnusableDocument(`${place}: a part of the line is substituted and another is not`);
    return 'substituted';
  }
  if (outcomes.size === 1 && outcomes.has('rejected')) return 'rejected';
  if (outcomes.has('rejected') || outcomes.has('changed')) return 'changed';
  // On hold is not promised; to whoever waits it is as good as late.
  return outcomes.has('backordered') || outcomes.has('held') ? 'backordered' : 'accepted';
}

/** What the supplier means to deliver of the line, now or later. */
function keptQuantity(line: AcknowledgedLine, place: string): number | undefined {
  const parts = line.acknowledgments.filter(({ status }) => outcomeOf(status) !== 'rejected').map(({ quantity: part }) => part);
  if (parts.length === 0 || parts.includes(undefined)) return line.quantity === undefined ? undefined : quantity(line.quantity, `${place}, PO102`);
  const total = parts.reduce((sum, part) => sum.plus(part ?? 0), Big(0));
  return quantity(total.toFixed(), `${place}, ACK02`);
}

function substituteOf(parts: readonly LineAcknowledgment[], place: string): string {
  const substitute = asCode(parts[0]?.product?.buyerItemNumber);
  if (substitute === undefined) throw new UnusableDocument(`${place}, ACK: the substitute is not named by an item number of ours`, 'unknown-item');
  return substitute;
}
