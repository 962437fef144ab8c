import type { Approval } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { canEscalate, decidingTier, nextTier, proposalTier } from './approvals.ts';
import type { OrderEvent } from './events.ts';
import { judgeInvoice } from './match.ts';
import { accrualOf, asInvoice, linesAsProposed, totalOf, withInvoiced, withReceived, type Clearable, type Order, type OrderInvoice } from './order.ts';
import type { Policy } from './policy.ts';
import { withoutSurplus } from './rules.ts';

type Change = Partial<Order>;
type Of<Type extends OrderEvent['type']> = Extract<OrderEvent, { type: Type }>;

/** What each event writes into the order: pure, one function per fact. */
export const changes = {
  facts(_order: Order, event: OrderEvent): Change {
    const { supplierNumber, lines, path, split } = event as Of<'accepted'>;
    return { supplierNumber, lines, path, split, tier: 0, reasons: [] };
  },

  reasons(_order: Order, event: OrderEvent): Change {
    return { reasons: (event as Of<'refused'>).reasons };
  },

  approval(order: Order, event: OrderEvent, policy: Policy): Change {
    return { approvals: withDecision(order, event as Of<'approve'>, 'approved', decidingTier(order, policy).name), tier: nextTier(order, policy), escalations: 0, approvedTotal: totalOf(order) };
  },

  automaticApproval(order: Order, event: OrderEvent): Change {
    return { approvals: [...order.approvals, { tier: 'none', decision: 'automatic', by: 'policy', at: timeOf(event, order) }], approvedTotal: totalOf(order) };
  },

  /** Nobody has approved; the justification stands in until somebody has reviewed it. */
  emergency(order: Order, event: OrderEvent): Change {
    const note = order.justification ? { note: order.justification } : {};
    return { approvals: [...order.approvals, { tier: 'emergency', decision: 'automatic', by: order.requester, at: timeOf(event, order), ...note }], approvedTotal: totalOf(order) };
  },

  rejection(order: Order, event: OrderEvent, policy: Policy): Change {
    const { note } = event as Of<'reject'>;
    return { approvals: withDecision(order, event as Of<'reject'>, 'rejected', decidingTier(order, policy).name), reasons: [{ code: 'rejected', detail: note ?? 'The approver gave no reason.' }] };
  },

  withdrawal(): Change {
    return { reasons: [{ code: 'withdrawn', detail: 'The requester withdrew it.' }] };
  },

  /** The time limit has passed: the next tier may decide too, or it is written down that there is none. */
  escalation(order: Order, event: OrderEvent, policy: Policy): Change {
    const isLast = !canEscalate(order, policy);
    const late: Approval = { tier: decidingTier(order, policy).name, decision: 'escalated', by: 'time-limit', at: timeOf(event, order), ...(isLast ? { note: 'There is nobody further up.' } : {}) };
    return { escalations: order.escalations + (isLast ? 0 : 1), approvals: [...order.approvals, late] };
  },

  review(order: Order, event: OrderEvent): Change {
    const decision = event as Of<'confirm-emergency'> | Of<'object-to-emergency'>;
    return { approvals: withDecision(order, decision, decision.type === 'confirm-emergency' ? 'reviewed' : 'rejected', 'emergency-review') };
  },

  numbers(_order: Order, event: OrderEvent): Change {
    const { erpRequisitionNumber, orderNumber } = event as Of<'placed'>;
    return { erpRequisitionNumber, orderNumber, trouble: null };
  },

  trouble(_order: Order, event: OrderEvent): Change {
    return { trouble: (event as Of<'place-order.failed'>).failure.detail };
  },

  failedPlacement(order: Order, event: OrderEvent): Change {
    return { ...changes.trouble(order, event), failedPlacements: order.failedPlacements + 1 };
  },

  answer(order: Order, event: OrderEvent): Change {
    const { document } = event as Of<'order.acknowledged.v1'>;
    const promised = new Map(document.lines.map((line) => [line.line, line.promisedOn]));
    return { answer: document, answeredAt: document.acknowledgedAt, lines: order.lines.map((line) => ({ ...line, ...(promised.get(line.line) ? { promisedOn: promised.get(line.line) } : {}) })) };
  },

  /** A dearer order is approved by accepting the proposal. */
  acceptedProposal(order: Order, event: OrderEvent, policy: Policy): Change {
    return { approvals: withDecision(order, event as Of<'accept-proposal'>, 'approved', proposalTier(order, policy).name) };
  },

  /** The supplier is held to what was ordered. */
  declinedProposal(): Change {
    return { answer: null, trouble: null };
  },

  /** The order as the supplier proposed it and we accepted it; lines that fell to zero are gone. */
  changedLines(order: Order): Change {
    return { lines: linesAsProposed(order).filter((line) => line.quantity > 0), trouble: null };
  },

  /** A change, or the order once more, is on its way to the supplier. */
  revising(isRevising: boolean): Change {
    return { isRevising };
  },

  cancelling(isCancelling: boolean): Change {
    return isCancelling ? { isCancelling } : { isCancelling, trouble: null };
  },

  shipment(order: Order, event: OrderEvent): Change {
    const { number } = (event as Of<'shipment.announced.v1'>).document;
    return { shipNotices: [...new Set([...order.shipNotices, number])] };
  },

  delivery(_order: Order, event: OrderEvent): Change {
    return { delivery: (event as Of<'delivered'>).delivery };
  },

  surplusReturned(order: Order): Change {
    if (!order.delivery) return {};
    const delivery = withoutSurplus(order, order.delivery);
    return delivery.lines.length > 0 ? { delivery } : { delivery: null, deliveries: [...order.deliveries, { reference: delivery.reference, receiptNumber: null, lines: [] }] };
  },

  /** More than ordered is kept: the order grows to what came. */
  surplusAccepted(order: Order): Change {
    const { delivery } = order;
    if (!delivery) return {};
    const lines = withReceived(order, delivery.lines).map((line, index) => ({ ...order.lines[index]!, quantity: Math.max(line.quantity, line.receivedQuantity) }));
    return { lines, grown: lines.filter((line, index) => line.quantity > order.lines[index]!.quantity).map(({ line, quantity }) => ({ line, quantity })) };
  },

  receipt(order: Order, event: OrderEvent): Change {
    const { lines, receiptNumber } = event as Of<'goods received'>;
    const received = { reference: order.delivery?.reference ?? receiptNumber, receiptNumber, lines: lines.map(({ line, quantity }) => ({ line, quantity })) };
    return { lines: withReceived(order, lines), deliveries: [...order.deliveries, received], delivery: null, grown: [], trouble: null };
  },

  /** What the dock said was wrong; it will say it again under another reference. */
  discardedDelivery(order: Order): Change {
    return { delivery: null, trouble: null, deliveries: order.delivery ? [...order.deliveries, { reference: order.delivery.reference, receiptNumber: null, lines: [] }] : order.deliveries };
  },

  /** Nobody waits any longer for what did not come. */
  cutToReceived(order: Order): Change {
    return { lines: order.lines.filter((line) => line.receivedQuantity > 0).map((line) => ({ ...line, quantity: line.receivedQuantity })) };
  },

  invoice(_order: Order, event: OrderEvent): Change {
    return { invoice: asInvoice((event as Of<'invoice.received.v1'>).document) };
  },

  exceptions(order: Order, policy: Policy): Change {
    if (!order.invoice) return {};
    const { verdict, reasons } = judgeInvoice(order, order.invoice, policy);
    const state: OrderInvoice['state'] = verdict === 'matched' ? 'matched' : verdict === 'waits-for-goods' ? 'waiting-for-goods' : 'exception';
    return { invoice: { ...order.invoice, state, reasons } };
  },

  /** A person has set this finding aside; the invoice is judged again for all others. */
  cleared(order: Order, finding: Clearable): Change {
    return order.invoice ? { invoice: { ...order.invoice, cleared: [...new Set([...order.invoice.cleared, finding])] } } : {};
  },

  /** In the ERP's books from here on: its quantities count as invoiced. */
  entered(order: Order): Change {
    if (!order.invoice) return {};
    const invoice: OrderInvoice = { ...order.invoice, state: 'entered' };
    return { invoice, invoices: [...order.invoices, invoice], lines: withInvoiced(order, invoice), trouble: null };
  },

  paid(order: Order): Change {
    return { invoice: null, invoices: order.invoices.map((each) => each.number === order.invoice?.number && each.state === 'entered' ? { ...each, state: 'paid' } : each) };
  },

  invoiceRefused(order: Order, policy: Policy): Change {
    if (!order.invoice) return {};
    const reasons = order.invoice.reasons.length > 0 ? order.invoice.reasons : judgeInvoice(order, order.invoice, policy).reasons;
    return { invoice: null, invoices: [...order.invoices, { ...order.invoice, state: 'refused', reasons }], trouble: null };
  },

  invoiceOfCancelledOrder(order: Order): Change {
    if (!order.invoice) return {};
    return { invoice: null, invoices: [...order.invoices, { ...order.invoice, state: 'refused', reasons: ['The order was cancelled.'] }] };
  },

  clearingBalance(_order: Order, event: OrderEvent): Change {
    return { clearingBalance: (event as Of<'clearing-not-zero'>).balance };
  },

  accrualWrittenOff(order: Order): Change {
    return { writtenOffAccrual: accrualOf(order) };
  },

  writeOff(): Change {
    return { writesOff: true };
  },
};

function withDecision(order: Order, { by, at, inPlaceOf, note }: { by: string; at: string; inPlaceOf?: string; note?: string }, decision: Approval['decision'], tier: string): Approval[] {
  return [...order.approvals, { tier, decision, by, at, ...(inPlaceOf ? { inPlaceOf } : {}), ...(note ? { note } : {}) }];
}

/** Moves and timers say when; the moment of submission stands in where nothing does. */
function timeOf(event: OrderEvent, order: Order): string {
  return 'at' in event && typeof event.at === 'string' ? event.at : order.submittedAt;
}
