import type { OrderEvent } from './events.ts';
import { asInvoice, linesAsProposed, totalOf, withInvoiced, withReceived, type Order, type OrderInvoice } from './order.ts';
import type { Policy } from './policy.ts';
import { decidingTier, judgeInvoice, withoutSurplus } from './rules.ts';

type Change = Partial<Order>;
type Of<Type extends OrderEvent['type']> = Extract<OrderEvent, { type: Type }>;

/** What each event writes into the order: pure, one function per fact. */
export const changes = {
  facts(_order: Order, event: OrderEvent): Change {
    const { lines, path } = event as Of<'accepted'>;
    return { lines, path, tier: 0 };
  },

  reasons(_order: Order, event: OrderEvent): Change {
    return { reasons: (event as Of<'refused'>).reasons };
  },

  approval(order: Order, event: OrderEvent, policy: Policy): Change {
    const { by, at, inPlaceOf, note } = event as Of<'approve'>;
    const approvals = [...order.approvals, { tier: decidingTier(order, policy).name, decision: 'approved' as const, by, at, ...(inPlaceOf ? { inPlaceOf } : {}), ...(note ? { note } : {}) }];
    return { approvals, tier: order.tier + 1, escalations: 0, approvedTotal: totalOf(order) };
  },

  automaticApproval(order: Order, event: OrderEvent): Change {
    return { approvals: [...order.approvals, { tier: 'none', decision: 'automatic', by: 'policy', at: timeOf(event, order) }], approvedTotal: totalOf(order) };
  },

  rejection(order: Order, event: OrderEvent, policy: Policy): Change {
    const { by, at, inPlaceOf, note } = event as Of<'reject'>;
    const approvals = [...order.approvals, { tier: decidingTier(order, policy).name, decision: 'rejected' as const, by, at, ...(inPlaceOf ? { inPlaceOf } : {}), ...(note ? { note } : {}) }];
    return { approvals, reasons: [{ code: 'rejected', detail: note ?? 'The approver gave no reason.' }] };
  },

  escalation(order: Order, event: OrderEvent, policy: Policy): Change {
    const tier = decidingTier(order, policy).name;
    return { escalations: order.escalations + 1, approvals: [...order.approvals, { tier, decision: 'escalated', by: 'time-limit', at: timeOf(event, order) }] };
  },

  review(order: Order, event: OrderEvent): Change {
    const { type, by, at, note } = event as Of<'confirm-emergency'> | Of<'object-to-emergency'>;
    const decision = type === 'confirm-emergency' ? 'reviewed' as const : 'rejected' as const;
    return { approvals: [...order.approvals, { tier: 'emergency-review', decision, by, at, ...(note ? { note } : {}) }] };
  },

  numbers(_order: Order, event: OrderEvent): Change {
    const { erpRequisitionNumber, orderNumber } = event as Of<'placed'>;
    return { erpRequisitionNumber, orderNumber };
  },

  answer(order: Order, event: OrderEvent): Change {
    const { document } = event as Of<'order.acknowledged.v1'>;
    const promised = new Map(document.lines.map((line) => [line.line, line.promisedOn]));
    return { answer: document, lines: order.lines.map((line) => ({ ...line, ...(promised.get(line.line) ? { promisedOn: promised.get(line.line) } : {}) })) };
  },

  /** The order as the supplier proposed it and we accepted it; lines that fell to zero are gone. */
  changedLines(order: Order, _event: OrderEvent): Change {
    return { lines: linesAsProposed(order).filter((line) => line.quantity > 0 || line.receivedQuantity > 0) };
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
    return { lines: withReceived(order, lines), deliveries: [...order.deliveries, received], delivery: null, grown: [] };
  },

  /** Nobody waits any longer for what did not come. */
  cutToReceived(order: Order): Change {
    return { lines: order.lines.map((line) => ({ ...line, quantity: line.receivedQuantity })) };
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

  invoiceState(order: Order, state: OrderInvoice['state']): Change {
    if (!order.invoice) return {};
    const invoice = { ...order.invoice, state };
    return state === 'paid' ? { invoice: null, invoices: order.invoices.map((each) => each.number === invoice.number && each.state === 'entered' ? invoice : each) } : { invoice };
  },

  /** In the ERP's books from here on: its quantities count as invoiced. */
  entered(order: Order): Change {
    if (!order.invoice) return {};
    const invoice: OrderInvoice = { ...order.invoice, state: 'entered' };
    return { invoice, invoices: [...order.invoices, invoice], lines: withInvoiced(order, invoice) };
  },

  invoiceRefused(order: Order, policy: Policy): Change {
    if (!order.invoice) return {};
    const reasons = order.invoice.reasons.length > 0 ? order.invoice.reasons : judgeInvoice(order, order.invoice, policy).reasons;
    return { invoice: null, invoices: [...order.invoices, { ...order.invoice, state: 'refused', reasons }] };
  },
};

/** Moves and timers say when; the moment of submission stands in where nothing does. */
function timeOf(event: OrderEvent, order: Order): string {
  return 'at' in event && typeof event.at === 'string' ? event.at : order.submittedAt;
}
