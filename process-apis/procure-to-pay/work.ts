import type { WorkItemSpec } from '#chassis/lifecycle/life.ts';
import { linesAsProposed, totalOf, type Order } from './order.ts';
import type { Policy } from './policy.ts';
import { decidingTier, paymentApprover, proposalOwner, surplusOf } from './rules.ts';

type Spec = (order: Order, now: Date) => WorkItemSpec;

/** What waits for people: whose it is, what they must know, and the ways out. */
export function workOf(policy: Policy): Record<string, Spec> {
  const within = (now: Date, ms: number) => new Date(now.getTime() + ms);
  const facts = (order: Order) => ({
    requisition: order.requisitionNumber, ...(order.orderNumber ? { order: order.orderNumber } : {}), supplier: order.supplierNumber,
    costCenter: order.costCenter, total: totalOf(order), currency: order.currency,
  });
  const invoiceFacts = (order: Order) => ({
    ...facts(order), invoice: order.invoice?.number ?? '', billed: order.invoice?.total ?? '', why: (order.invoice?.reasons ?? []).join(' ').slice(0, 240),
  });
  const ofBuyer = (kind: string, title: (order: Order) => string, resolutions: readonly string[]): Spec => (order) => ({
    owner: 'role:buyer', title: title(order), facts: facts(order), resolutions, discriminator: kind,
  });
  const ofPayables = (title: (order: Order) => string, resolutions: readonly string[]): Spec => (order) => ({
    owner: 'role:accounts-payable-clerk', title: title(order), facts: invoiceFacts(order), resolutions, discriminator: order.invoice?.number ?? '',
  });
  return {
    approval: (order, now) => {
      const tier = decidingTier(order, policy);
      return {
        owner: tier.owner, title: `Approve ${totalOf(order)} ${order.currency} for cost centre ${order.costCenter}`,
        facts: { ...facts(order), requester: order.requester, tier: tier.name, urgency: order.urgency, ...(order.justification ? { justification: order.justification } : {}) },
        resolutions: ['approve', 'reject'], discriminator: `${order.tier}/${order.escalations}`, dueAt: within(now, policy.limits.approvalMs),
      };
    },
    'order-not-placed': ofBuyer('placing', (order) => `Order for ${order.requisitionNumber} could not be placed`, ['retry', 'cancel-order']),
    'order-not-changed': ofBuyer('changing', (order) => `Order ${order.orderNumber} could not be changed`, ['retry']),
    'no-acknowledgement': ofBuyer('silence', (order) => `Supplier ${order.supplierNumber} has not answered order ${order.orderNumber}`, ['keep-waiting', 'cancel-order']),
    'supplier-proposal': (order) => ({
      owner: proposalOwner(order, policy), title: `Supplier ${order.supplierNumber} proposes changes to order ${order.orderNumber}`,
      facts: { ...facts(order), proposedTotal: totalOf({ lines: linesAsProposed(order) }), outcomes: outcomesOf(order) },
      resolutions: ['accept-proposal', 'cancel-order'], discriminator: order.answer?.number ?? '',
    }),
    'supplier-rejection': ofBuyer('rejection', (order) => `Supplier ${order.supplierNumber} rejects order ${order.orderNumber}`, ['cancel-order']),
    'goods-overdue': ofBuyer('overdue', (order) => `Goods of order ${order.orderNumber} are overdue`, ['keep-waiting', 'accept-quantity', 'cancel-order']),
    'over-receipt': (order) => ({
      owner: 'role:buyer', title: `More came for order ${order.orderNumber} than was ordered`,
      facts: { ...facts(order), surplus: order.delivery ? surplusOf(order, order.delivery) : 0 }, resolutions: ['accept-surplus', 'return-surplus'], discriminator: order.delivery?.reference ?? '',
    }),
    'invoice-missing': ofPayables((order) => `No invoice for order ${order.orderNumber}`, ['keep-waiting']),
    'invoice-faulty': ofPayables((order) => `Invoice ${order.invoice?.number} does not fit order ${order.orderNumber}`, ['refuse-invoice']),
    'suspected-duplicate': ofPayables((order) => `Invoice ${order.invoice?.number} may be a duplicate`, ['is-duplicate', 'is-genuine']),
    'price-exception': ofPayables((order) => `Invoice ${order.invoice?.number} bills another price than ordered`, ['accept-price', 'refuse-invoice']),
    'quantity-exception': ofPayables((order) => `Invoice ${order.invoice?.number} bills more than was received`, ['accept-quantity', 'refuse-invoice']),
    'invoice-not-entered': ofPayables((order) => `Invoice ${order.invoice?.number} could not be entered`, ['retry', 'refuse-invoice']),
    'invoice-after-closing': ofPayables((order) => `Invoice ${order.invoice?.number} came after order ${order.orderNumber} was closed`, ['refuse-invoice']),
    'payment-approval': (order) => ({
      owner: (order.invoice && paymentApprover(order.invoice, policy)) ?? `role:${policy.payment.approverRole}`,
      title: `Pay ${order.invoice?.total} ${order.currency} to supplier ${order.supplierNumber}`, facts: invoiceFacts(order), resolutions: ['approve-payment'], discriminator: order.invoice?.number ?? '',
    }),
    'emergency-review': (order, now) => ({
      owner: decidingTier(order, policy).owner, title: `Review emergency order ${order.orderNumber}`,
      facts: { ...facts(order), requester: order.requester, ...(order.justification ? { justification: order.justification } : {}) },
      resolutions: ['confirm-emergency', 'object-to-emergency'], discriminator: `${order.escalations}`, dueAt: within(now, policy.limits.reviewMs),
    }),
    'clearing-not-zero': (order) => ({ owner: 'role:accounts-payable-manager', title: `Clearing account of order ${order.orderNumber} is not zero`, facts: facts(order), resolutions: ['retry'] }),
  };
}

function outcomesOf(order: Order): string {
  return (order.answer?.lines ?? []).map((line) => `${line.line} ${line.outcome}${line.substituteItemNumber ? ` by ${line.substituteItemNumber}` : ''}${line.unitPrice ? ` at ${line.unitPrice}` : ''}`).join('; ').slice(0, 240);
}
