import { compare, percentAbove, sum, type Decimal } from '#chassis/money/money.ts';
import { linesAsProposed, totalOf, type Order, type OrderInvoice, type Tier } from './order.ts';
import type { Policy } from './policy.ts';

/** What has to be approved: this order, what its requisition asks of other suppliers, and what was asked lately. */
export interface Amounts {
  own: Decimal;
  siblings: Decimal;
  recent: Decimal;
}

/**
 * Who has to approve. The tiers go by the amount of the whole requisition; what the same person asked of the same cost
 * centre lately counts along when the parts would each stay under a limit that the whole exceeds.
 */
export function approvalPath(need: Pick<Order, 'costCenter' | 'origin'>, { own, siblings, recent }: Amounts, policy: Policy): { path: Tier[]; split: boolean } {
  const requisition = sum([own, siblings]);
  const alone = tiersFor(need, requisition, policy);
  const together = need.origin === 'person' ? tiersFor(need, sum([requisition, recent]), policy) : alone;
  return { path: together, split: together.length > alone.length };
}

function tiersFor({ costCenter, origin }: Pick<Order, 'costCenter' | 'origin'>, total: Decimal, policy: Policy): Tier[] {
  const free = origin === 'demand' ? policy.demandNeedsNoApprovalUpTo : policy.personNeedsNoApprovalUpTo;
  return compare(total, free) <= 0 ? [] : tiersNeeded(costCenter, total, policy);
}

/** The first tier always; each further one when the amount is above the limit of the tier before. */
function tiersNeeded(costCenter: string, total: Decimal, policy: Policy): Tier[] {
  const tiers = tiersOf(costCenter, policy);
  return ladder(costCenter, policy).filter((_, index) => index === 0 || compare(total, tiers[index - 1]!.upTo) > 0);
}

function tiersOf(costCenter: string, policy: Policy): Policy['tiers'] {
  return policy.costCenters[costCenter]?.tiers ?? policy.tiers;
}

/** All tiers of a cost centre, from the nearest to the highest. */
function ladder(costCenter: string, policy: Policy): Tier[] {
  return tiersOf(costCenter, policy).map((tier) => ({ name: tier.name, owner: tier.perCostCenter ? `role:${tier.role}/${costCenter}` : `role:${tier.role}` }));
}

type Deciding = Pick<Order, 'costCenter' | 'path' | 'tier' | 'escalations'>;

/** The tier that decides now: the next above when a time limit has passed, the last one there is at most. */
export function decidingTier(order: Deciding, policy: Policy): Tier {
  const all = ladder(order.costCenter, policy);
  return order.escalations === 0 ? askedTier(order, all) : all[decidingRung(order, all)]!;
}

function askedTier(order: Deciding, all: readonly Tier[]): Tier {
  return order.path[order.tier] ?? order.path.at(-1) ?? all[0]!;
}

function decidingRung(order: Deciding, all: readonly Tier[]): number {
  const asked = askedTier(order, all);
  return Math.min(Math.max(0, all.findIndex((tier) => tier.owner === asked.owner)) + order.escalations, all.length - 1);
}

/** Whether there is anybody above the tier that decides now. */
export function canEscalate(order: Deciding, policy: Policy): boolean {
  const all = ladder(order.costCenter, policy);
  return decidingRung(order, all) < all.length - 1;
}

/** Position in the path of the tier after the one that decides now. Who decided in place of lower tiers decided for all of them. */
export function nextTier(order: Deciding, policy: Policy): number {
  const all = ladder(order.costCenter, policy);
  const decided = decidingRung(order, all);
  const next = order.path.findIndex((tier, index) => index > order.tier && all.findIndex((each) => each.owner === tier.owner) > decided);
  return next < 0 ? order.path.length : next;
}

export const hasMoreTiers = (order: Deciding, policy: Policy) => nextTier(order, policy) < order.path.length;

const BUYER: Tier = { name: 'buyer', owner: 'role:buyer' };

/**
 * Who may accept that the order becomes more expensive: the buyer while it stays near what was approved, else whoever
 * would have had the last word on the new amount.
 */
export function spendingTier(order: Order, newTotal: Decimal, policy: Policy): Tier {
  const approved = order.approvedTotal ?? totalOf(order);
  if (percentAbove(approved, newTotal) <= policy.buyerMayExceedPercent) return BUYER;
  return tiersNeeded(order.costCenter, newTotal, policy).at(-1)!;
}

export function proposalTier(order: Order, policy: Policy): Tier {
  return spendingTier(order, totalOf({ lines: linesAsProposed(order) }), policy);
}

/** Owner of the payment's approval, or undefined when a matched invoice of this size is paid without one. */
export function paymentApprover(invoice: Pick<OrderInvoice, 'total'>, policy: Policy): string | undefined {
  return compare(invoice.total, policy.payment.needsNoApprovalUpTo) <= 0 ? undefined : `role:${policy.payment.approverRole}`;
}
