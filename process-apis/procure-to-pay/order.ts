import { addQuantities, lineAmount, sum, type Decimal } from '#chassis/money/money.ts';
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

export interface OrderInvoice {
  number: string;
  invoicedOn: string;
  total: Decimal;
  lines: SupplierInvoice['lines'];
  state: 'judging' | 'waiting-for-goods' | 'exception' | 'matched' | 'entered' | 'paid' | 'refused';
  reasons: string[];
}

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
  lines: Line[];
  reasons: Reason[];
  /** Tiers that have to approve, in this order. */
  path: Tier[];
  /** Position in `path` of the tier that decides now. */
  tier: number;
  /** Raised when a time limit passes: the owner further up who may decide instead. */
  escalations: number;
  approvals: Approval[];
  approvedTotal: Decimal | null;
  erpRequisitionNumber: string | null;
  orderNumber: string | null;
  /** The supplier's answer that waits for a decision or was accepted. */
  answer: OrderAcknowledgement | null;
  shipNotices: string[];
  delivery: Delivery | null;
  deliveries: { reference: string; receiptNumber: string | null; lines: { line: number; quantity: number }[] }[];
  /** Lines that grew because a surplus was kept, until the ERP knows. */
  grown: { line: number; quantity: number }[];
  invoice: OrderInvoice | null;
  invoices: OrderInvoice[];
}

export function totalOf(order: Pick<Order, 'lines'>): Decimal {
  return sum(order.lines.map((line) => lineAmount(line.quantity, line.unitPrice)));
}

export const isFullyReceived = (order: Order) => order.lines.every((line) => line.receivedQuantity >= line.quantity);
/** Everything that came was billed. What was ordered and never came owes nobody an invoice. */
export const isFullyInvoiced = (order: Order) => order.lines.every((line) => line.invoicedQuantity >= line.receivedQuantity);

export function lineOf(order: Order, line: number): Line | undefined {
  return order.lines.find((each) => each.line === line);
}

/** The lines as the supplier proposes them; a rejected line falls to zero. */
export function linesAsProposed(order: Order): Line[] {
  return order.lines.map((line) => proposedLine(line, order.answer?.lines.find((each) => each.line === line.line)));
}

function proposedLine(line: Line, answer: AcknowledgementLine | undefined): Line {
  if (!answer || answer.outcome === 'accepted') return { ...line, ...(answer?.promisedOn ? { promisedOn: answer.promisedOn } : {}) };
  if (answer.outcome === 'rejected') return { ...line, quantity: 0 };
  const substitute = answer.outcome === 'substituted' && answer.substituteItemNumber;
  return {
    ...line,
    ...(substitute ? { itemNumber: substitute, orderedItemNumber: line.orderedItemNumber ?? line.itemNumber, supplierItemNumber: undefined } : {}),
    quantity: answer.quantity ?? line.quantity,
    unitPrice: answer.unitPrice ?? line.unitPrice,
    ...(answer.promisedOn ? { promisedOn: answer.promisedOn } : {}),
  };
}

export function withReceived(order: Order, delivered: readonly ReceiptLine[]): Line[] {
  return order.lines.map((line) => ({
    ...line,
    receivedQuantity: addQuantities(line.receivedQuantity, ...delivered.filter((each) => each.line === line.line).map((each) => each.quantity)),
  }));
}

export function withInvoiced(order: Order, invoice: Pick<OrderInvoice, 'lines'>): Line[] {
  return order.lines.map((line) => ({
    ...line,
    invoicedQuantity: addQuantities(line.invoicedQuantity, ...invoice.lines.filter((each) => each.line === line.line).map((each) => each.quantity)),
  }));
}

export function asInvoice(document: SupplierInvoice): OrderInvoice {
  return { number: document.number, invoicedOn: document.invoicedOn, total: document.total, lines: document.lines, state: 'judging', reasons: [] };
}

export type { OrderAcknowledgement, ShipNotice, SupplierInvoice };
