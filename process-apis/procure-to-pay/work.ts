import type { WorkItemSpec } from '#chassis/lifecycle/life.ts';
import { decidingTier, paymentApprover, proposalTier, spendingTier } from './approvals.ts';
import { accrualOf, hasNothingCome, isFullyReceived, isPartlyReceived, linesAsProposed, mayBeCancelled, totalOf, type Order } from './order.ts';
import type { Policy } from './policy.ts';
import { hasUnknownLines, surplusOf } from './rules.ts';
import { changes } from './changes.ts';

type Spec = (order: Order, now: Date) => WorkItemSpec;

const LONGEST_FACT = 240;

/** What waits for people: whose it is, what they must know, and the ways out. */
export function workOf(policy: Policy): Record<string, Spec> {
  const within = (now: Date, ms: number) => new Date(now.getTime() + ms);
  const facts = (order: Order) => ({
    requisition: order.requisitionNumber, ...(order.orderNumber ? { order: order.orderNumber } : {}), supplier: order.supplierNumber,
    costCenter: order.costCenter, total: totalOf(order), currency: order.currency, ...(order.trouble ? { trouble: short(order.trouble) } : {}),
  });
  const invoiceFacts = (order: Order) => ({
    ...facts(order), invoice: order.invoice?.number ?? '', billed: order.invoice?.total ?? '', why: short((order.invoice?.reasons ?? []).join(' ')),
  });
  const ofBuyer = (title: (order: Order) => string, resolutions: (order: Order) => readonly string[]): Spec => (order) => ({
    owner: 'role:buyer', title: title(order), facts: facts(order), resolutions: resolutions(order),
  });
  const ofPayables = (title: (order: Order) => string, resolutions: readonly string[]): Spec => (order) => ({
    owner: 'role:accounts-payable-clerk', title: title(order), facts: invoiceFacts(order), resolutions, discriminator: order.invoice?.number ?? '',
  });
  const cancelling = (order: Order) => mayBeCancelled(order) ? ['cancel-order'] : [];
  return {
    'demand-refused': ofBuyer((order) => `Nobody can order what ${order.reference} asks for`, () => ['check-again', 'give-up']),
    approval: (order, now) => ({
      owner: decidingTier(order, policy).owner, title: `Approve ${totalOf(order)} ${order.currency} for cost centre ${order.costCenter}`,
      facts: { ...facts(order), requester: order.requester, tier: decidingTier(order, policy).name, urgency: order.urgency, split: order.split, ...justification(order) },
      resolutions: ['approve', 'reject'], discriminator: `${order.tier}/${order.escalations}`, dueAt: within(now, policy.limits.approvalMs),
    }),
    'order-not-placed': ofBuyer((order) => `Order for ${order.requisitionNumber} could not be placed`, () => ['retry', 'cancel-order']),
    'order-not-changed': ofBuyer((order) => `Order ${order.orderNumber} could not be changed`, (order) => ['retry-change', 'hold-to-order', ...cancelling(order)]),
    'order-not-cancelled': ofBuyer((order) => `Order ${order.orderNumber} could not be cancelled`, (order) => [...(hasNothingCome(order) ? ['retry-cancellation'] : []), 'keep-order']),
    'no-acknowledgement': ofBuyer((order) => `Supplier ${order.supplierNumber} has not answered order ${order.orderNumber}`, (order) => ['wait-for-answer', ...cancelling(order)]),
    'supplier-proposal': (order) => ({
      owner: proposalTier(order, policy).owner, title: `Supplier ${order.supplierNumber} proposes changes to order ${order.orderNumber}`,
      facts: { ...facts(order), proposedTotal: totalOf({ lines: linesAsProposed(order) }), outcomes: outcomesOf(order) },
      resolutions: ['accept-proposal', 'hold-to-order', ...cancelling(order)], discriminator: order.answer?.number ?? '',
    }),
    'supplier-rejection': ofBuyer((order) => `Supplier ${order.supplierNumber} rejects order ${order.orderNumber}`, waysOutOfRejection),
    'goods-overdue': ofBuyer((order) => `Goods of order ${order.orderNumber} are overdue`, (order) => ['keep-waiting', ...(isPartlyReceived(order) ? ['end-delivery'] : cancelling(order))]),
    'over-receipt': (order) => ({
      owner: spendingTier(order, totalOf({ ...order, ...changes.surplusAccepted(order) }), policy).owner, title: `More came for order ${order.orderNumber} than was ordered`,
      facts: { ...facts(order), surplus: order.delivery ? surplusOf(order, order.delivery) : 0 },
      resolutions: order.delivery && hasUnknownLines(order, order.delivery) ? ['return-surplus'] : ['accept-surplus', 'return-surplus'], discriminator: order.delivery?.reference ?? '',
    }),
    'goods-not-received': (order) => ({
      owner: 'role:dock-clerk', title: `Goods of order ${order.orderNumber} could not be put into stock`, facts: { ...facts(order), delivery: order.delivery?.reference ?? '' },
      resolutions: ['retry-receipt', 'discard-delivery'], discriminator: order.delivery?.reference ?? '',
    }),
    'invoice-missing': (order) => ({
      owner: 'role:accounts-payable-clerk', title: `No invoice for order ${order.orderNumber}`, facts: { ...facts(order), unbilled: accrualOf(order) },
      resolutions: ['wait-for-invoice', ...(isFullyReceived(order) ? ['expect-no-invoice'] : [])],
    }),
    'accrual-write-off': (order) => ({
      owner: 'role:accounts-payable-manager', title: `Write off ${accrualOf(order)} ${order.currency} that supplier ${order.supplierNumber} never billed for order ${order.orderNumber}`,
      facts: { ...facts(order), unbilled: accrualOf(order) }, resolutions: ['write-off-accrual', 'wait-for-invoice'],
    }),
    'invoice-faulty': ofPayables((order) => `Invoice ${order.invoice?.number} does not fit order ${order.orderNumber}`, ['refuse-invoice']),
    'suspected-duplicate': ofPayables((order) => `Invoice ${order.invoice?.number} may be a duplicate`, ['is-duplicate', 'is-genuine']),
    'price-exception': ofPayables((order) => `Invoice ${order.invoice?.number} bills another price than ordered`, ['accept-price', 'refuse-invoice']),
    'quantity-exception': ofPayables((order) => `Invoice ${order.invoice?.number} bills more than was received`, ['accept-quantity', 'refuse-invoice']),
    'invoice-not-entered': ofPayables((order) => `Invoice ${order.invoice?.number} could not be entered`, ['retry-invoice', 'refuse-invoice']),
    'invoice-after-closing': ofPayables((order) => `Invoice ${order.invoice?.number} came after order ${order.orderNumber} was closed`, ['refuse-invoice']),
    'payment-approval': (order) => ({
      owner: (order.invoice && paymentApprover(order.invoice, policy)) ?? `role:${policy.payment.approverRole}`,
      title: `Pay ${order.invoice?.total} ${order.currency} to supplier ${order.supplierNumber}`, facts: invoiceFacts(order), resolutions: ['approve-payment'], discriminator: order.invoice?.number ?? '',
    }),
    'emergency-review': (order, now) => ({
      owner: decidingTier(order, policy).owner, title: `Review emergency order ${order.orderNumber}`,
      facts: { ...facts(order), requester: order.requester, ...justification(order) },
      resolutions: ['confirm-emergency', 'object-to-emergency'], discriminator: `${order.escalations}`, dueAt: within(now, policy.limits.reviewMs),
    }),
    'clearing-not-zero': (order) => ({
      owner: 'role:accounts-payable-manager', title: `Clearing account of order ${order.orderNumber} is not zero`,
      facts: { ...facts(order), balance: order.clearingBalance ?? '' }, resolutions: ['retry', 'write-off'],
    }),
  };
}

function waysOutOfRejection(order: Order): string[] {
  if (isPartlyReceived(order)) return ['accept-proposal'];
  return mayBeCancelled(order) ? ['cancel-order'] : ['hold-to-order'];
}

function justification(order: Order): { justification?: string } {
  return order.justification ? { justification: order.justification } : {};
}

function outcomesOf(order: Order): string {
  return short((order.answer?.lines ?? []).map((line) => `${line.line} ${line.outcome}${line.substituteItemNumber ? ` by ${line.substituteItemNumber}` : ''}${line.unitPrice ? ` at ${line.unitPrice}` : ''}`).join('; '));
}

function short(text: string): string {
  return text.slice(0, LONGEST_FACT);
}
