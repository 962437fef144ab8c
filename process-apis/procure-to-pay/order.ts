import { addQuantities, compare, lineAmount, sum, type Decimal } from '#chassis/money/money.ts';
import type { AcknowledgementLine, OrderAcknowledgement, ShipNotice, SupplierInvoice } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Approval } from '#contracts/generated/process/procure-to-pay/v1.ts';

/** One line as it stands now. */
export interface Line {
  line: number;
  itemNumber: string;
  /** What was asked for, when a substitute was accepted. */
  orderedItemNumber?: string;
  description: string;
  quantity: number;
  unit: string;
  unitPrice: Decimal;
  account: string;
  supplierItemNumber?: string;
  contractNumber?: string;
  promisedOn?: string;
  receivedQuantity: number;
  invoicedQuantity: number;
}

/** Why a need was refused; the codes are documented in the process's README. */
export interface Reason {
  code: string;
  detail: string;
  pointer?: string;
}

export interface Tier {
  name: string;
  /** Owner of the work item, such as `role:department-manager/7010`. */
  owner: string;
}

export interface ReceiptLine {
  line: number;
  quantity: number;
  tracking?: { lot?: string; serial?: string; expiresOn?: string; deviceIdentifier?: string };
}

/** What the dock reported. */
export interface Delivery {
  reference: string;
  receivedOn: string;
  shipNoticeNumber?: string;
  lines: ReceiptLine[];
  by: string;
}

/** Findings about an invoice that a person may set aside. */
export type Clearable = 'suspected-duplicate' | 'price-exception' | 'quantity-exception';

export interface OrderInvoice {
  number: string;
  invoicedOn: string;
  currency: string;
  total: Decimal;
  lines: SupplierInvoice['lines'];
  state: 'judging' | 'waiting-for-goods' | 'exception' | 'matched' | 'entered' | 'paid' | 'refused';
  reasons: string[];
  /** What people have set aside for this invoice; everything else is still judged. */
  cleared: Clearable[];
}

/** Before the item master has said who supplies an item. */
export const UNKNOWN_SUPPLIER = 'unknown';

/** Everything a life of procure-to-pay knows: references and minimal facts. */
export interface Order {
  orderId: string;
  requisitionNumber: string;
  reference: string;
  requester: string;
  origin: 'person' | 'demand';
  urgency: 'standard' | 'emergency';
  justification: string | null;
  facility: string;
  costCenter: string;
  location: string;
  neededBy: string | null;
  encounterId: string | null;
  department: string | null;
  supplierNumber: string;
  currency: string;
  submittedAt: string;
  /** What the same requisition asks of other suppliers. */
  siblingsTotal: Decimal;
  lines: Line[];
  reasons: Reason[];
  /** Tiers that have to approve, in this order. */
  path: Tier[];
  /** Position in `path` of the tier that decides now. */
  tier: number;
  /** The path is longer than the amount alone would make it: the requester asked for more within the window. */
  split: boolean;
  /** Raised when a time limit passes: the owner further up who may decide instead. */
  escalations: number;
  approvals: Approval[];
  approvedTotal: Decimal | null;
  erpRequisitionNumber: string | null;
  orderNumber: string | null;
  /** Attempts at placing the order that failed and were taken back; the next one is another document to the ERP. */
  failedPlacements: number;
  /** The order is being withdrawn, or could not be and waits for a person. */
  isCancelling: boolean;
  /** A change, or the order once more, is on its way to the supplier. */
  isRevising: boolean;
  /** The supplier's answer that waits for a decision or was accepted. */
  answer: OrderAcknowledgement | null;
  /** When the supplier gave the last answer that was taken, also when it was declined since. */
  answeredAt: string | null;
  shipNotices: string[];
  delivery: Delivery | null;
  deliveries: { reference: string; receiptNumber: string | null; lines: { line: number; quantity: number }[] }[];
  /** Lines that grew because a surplus was kept, until the ERP knows. */
  grown: { line: number; quantity: number }[];
  invoice: OrderInvoice | null;
  invoices: OrderInvoice[];
  /** Why the last move failed, for the person who has to mend it. */
  trouble: string | null;
  /** What came, was not billed and, as a person decided, never will be: no longer owed. */
  writtenOffAccrual: Decimal;
  /** What was left on the clearing account when the order was to be closed. */
  clearingBalance: Decimal | null;
  /** A person has decided that what is left on the clearing account is a variance. */
  writesOff: boolean;
}

export function totalOf(order: Pick<Order, 'lines'>): Decimal {
  return sum(order.lines.map((line) => lineAmount(line.quantity, line.unitPrice)));
}

export const isFullyReceived = (order: Order) => order.lines.every((line) => line.receivedQuantity >= line.quantity);
/** Everything that came was billed. What was ordered and never came owes nobody an invoice. */
export const isFullyInvoiced = (order: Order) => order.lines.every((line) => line.invoicedQuantity >= line.receivedQuantity);
export const isPartlyReceived = (order: Order) => order.lines.some((line) => line.receivedQuantity > 0);

/**
 * An order can be cancelled while nothing of it has come or is owed, and while nothing is on its way to the supplier: a
 * revision that arrives after the cancellation would be taken for a new order.
 */
export const mayBeCancelled = (order: Order) => hasNothingCome(order) && !isPartlyOwed(order) && !order.isCancelling && !order.isRevising;

/** What stands at the dock is booked in first: an order of which something has come cannot be cancelled. */
export const hasNothingCome = (order: Order) => !isPartlyReceived(order) && order.delivery === null;

/** An invoice stands in the books, be it before the goods: what was paid is claimed back by people, not forgotten. */
const isPartlyOwed = ({ invoices, invoice }: Order) => [...invoices, ...(invoice ? [invoice] : [])].some(({ state }) => ['matched', 'entered', 'paid'].includes(state));

/** What came and was not billed, at the order's price: what stands on the clearing account for it. */
export function accrualOf(order: Pick<Order, 'lines'>): Decimal {
  return sum(order.lines.map((line) => lineAmount(Math.max(0, less(line.receivedQuantity, line.invoicedQuantity)), line.unitPrice)));
}

export function lineOf(order: Pick<Order, 'lines'>, line: number): Line | undefined {
  return order.lines.find((each) => each.line === line);
}

/** `of` less what was taken from it, without binary dust. */
export function less(of: number, ...taken: number[]): number {
  return addQuantities(of, ...taken.map((quantity) => -quantity));
}

/** How much a list of lines says about one line of the order; documents may name a line several times. */
export function quantityFor(line: number, lines: readonly { line: number; quantity: number }[]): number {
  return addQuantities(...lines.filter((each) => each.line === line).map((each) => each.quantity));
}

/** The lines as the supplier proposes them; a rejected line falls to what came of it. */
export function linesAsProposed(order: Pick<Order, 'lines' | 'answer'>): Line[] {
  return order.lines.map((line) => proposedLine(line, order.answer?.lines.find((each) => each.line === line.line)));
}

/** Nothing of the supplier's answer is left to be decided: it agrees, or its changes were taken over. */
export function isAsAnswered(order: Pick<Order, 'lines' | 'answer'>): boolean {
  return linesAsProposed(order).every(({ itemNumber, quantity, unitPrice }, index) => {
    const now = order.lines[index]!;
    return itemNumber === now.itemNumber && quantity === now.quantity && compare(unitPrice, now.unitPrice) === 0;
  });
}

function proposedLine(line: Line, answer: AcknowledgementLine | undefined): Line {
  const promised = answer?.promisedOn ? { promisedOn: answer.promisedOn } : {};
  if (!answer || answer.outcome === 'accepted') return { ...line, ...promised };
  if (answer.outcome === 'rejected') return { ...line, quantity: line.receivedQuantity };
  // On a backorder the quantity is what comes later, and not what is left of the order. @source X12 855, ACK01 IB
  if (answer.outcome === 'backordered') return { ...line, unitPrice: answer.unitPrice ?? line.unitPrice, ...promised };
  const substitute = answer.outcome === 'substituted' && answer.substituteItemNumber;
  return {
    ...line,
    ...(substitute ? { itemNumber: substitute, orderedItemNumber: line.orderedItemNumber ?? line.itemNumber, supplierItemNumber: undefined } : {}),
    quantity: Math.max(answer.quantity ?? line.quantity, line.receivedQuantity),
    unitPrice: answer.unitPrice ?? line.unitPrice,
    ...promised,
  };
}

export function withReceived(order: Pick<Order, 'lines'>, delivered: readonly ReceiptLine[]): Line[] {
  return order.lines.map((line) => ({ ...line, receivedQuantity: addQuantities(line.receivedQuantity, quantityFor(line.line, delivered)) }));
}

export function withInvoiced(order: Pick<Order, 'lines'>, invoice: Pick<OrderInvoice, 'lines'>): Line[] {
  return order.lines.map((line) => ({ ...line, invoicedQuantity: addQuantities(line.invoicedQuantity, quantityFor(line.line, invoice.lines)) }));
}

export function asInvoice({ number, invoicedOn, currency, total, lines }: SupplierInvoice): OrderInvoice {
  return { number, invoicedOn, currency, total, lines, state: 'judging', reasons: [], cleared: [] };
}

export type { OrderAcknowledgement, ShipNotice, SupplierInvoice };
