import { compare, lineAmount, percentAbove, sum, type Decimal } from '#chassis/money/money.ts';
import type { Budget, CostCenter, Item } from '#contracts/generated/system/erp/v1.ts';
import type { ContractPrice } from '#contracts/generated/system/procurement-network/v1.ts';
import { isFullyReceived, linesAsProposed, lineOf, totalOf, type Delivery, type Line, type Order, type OrderInvoice, type Reason, type Tier } from './order.ts';
import type { Policy } from './policy.ts';

/** What the ERP and the network know about a need; undefined where they know nothing. */
export interface Facts {
  items: Record<string, Item | undefined>;
  units: readonly string[];
  costCenter: CostCenter | undefined;
  budget: Budget | undefined;
  /** Contract price per item at its preferred supplier. */
  prices: Record<string, ContractPrice | undefined>;
  /** What the same requester asked of the same cost centre lately, this need not included. */
  recentTotal: Decimal;
}

export interface RequestedLine {
  itemNumber: string;
  quantity: number;
  unit: string;
}

/** Faults of a need, each with its place in the request. The order is that of the request. */
export function faultsOf(need: { facility: string; lines: readonly RequestedLine[] }, facts: Facts): Reason[] {
  return [...costCenterFaults(need.facility, facts), ...need.lines.flatMap((line, index) => lineFaults(line, index, facts)), ...budgetFaults(need, facts)];
}

function costCenterFaults(facility: string, { costCenter }: Facts): Reason[] {
  if (!costCenter) return [{ code: 'unknown-cost-center', detail: 'There is no such cost centre.', pointer: '/costCenter' }];
  if (costCenter.status === 'closed') return [{ code: 'cost-center-closed', detail: `The cost centre was closed on ${costCenter.closedOn ?? 'an earlier day'}.`, pointer: '/costCenter' }];
  if (!costCenter.facilities.includes(facility)) return [{ code: 'cost-center-elsewhere', detail: 'The cost centre belongs to another facility.', pointer: '/costCenter' }];
  return [];
}

function lineFaults(line: RequestedLine, index: number, { items, units, prices }: Facts): Reason[] {
  const at = `/lines/${index}`;
  const item = items[line.itemNumber];
  if (!item) return [{ code: 'unknown-item', detail: 'The item master does not know this item.', pointer: `${at}/itemNumber` }];
  const faults: Reason[] = [];
  if (item.status !== 'active') faults.push({ code: 'item-inactive', detail: 'The item may not be ordered any more.', pointer: `${at}/itemNumber` });
  if (!units.includes(line.unit)) faults.push({ code: 'unknown-unit', detail: 'There is no such unit of measure.', pointer: `${at}/unit` });
  else if (line.unit !== item.purchasingUnit) faults.push({ code: 'wrong-unit', detail: `The item is bought by ${item.purchasingUnit}.`, pointer: `${at}/unit` });
  if (!item.preferredSupplier) faults.push({ code: 'no-supplier', detail: 'No supplier is known for the item.', pointer: `${at}/itemNumber` });
  else if (!prices[line.itemNumber] && !item.listPrice) faults.push({ code: 'no-price', detail: 'No price is known for the item.', pointer: `${at}/itemNumber` });
  return faults;
}

function budgetFaults(need: { lines: readonly RequestedLine[] }, facts: Facts): Reason[] {
  const { budget } = facts;
  if (!budget) return [];
  const total = sum(need.lines.map((line) => lineAmount(line.quantity, priceOf(line.itemNumber, facts))));
  if (compare(total, budget.available) <= 0) return [];
  return [{ code: 'budget-exceeded', detail: `${total} ${budget.currency} is more than the ${budget.available} ${budget.currency} left in the budget of cost centre ${budget.costCenter}.`, pointer: '/costCenter' }];
}

/** The contract price, else the list price; zero for an item that nobody knows, which is a fault of its own. */
export function priceOf(itemNumber: string, { items, prices }: Facts): Decimal {
  return prices[itemNumber]?.unitPrice ?? items[itemNumber]?.listPrice ?? '0';
}

/**
 * Who has to approve. The tiers go by the amount; what the same person asked of the same cost centre lately counts
 * along when the parts would each stay under a limit that the whole exceeds.
 */
export function approvalPath(need: Pick<Order, 'costCenter' | 'origin' | 'requester'>, total: Decimal, recentTotal: Decimal, policy: Policy): { path: Tier[]; split: boolean } {
  const alone = tiersFor(need, total, policy);
  const together = need.origin === 'person' ? tiersFor(need, sum([total, recentTotal]), policy) : alone;
  return { path: together, split: together.length > alone.length };
}

function tiersFor({ costCenter, origin }: Pick<Order, 'costCenter' | 'origin'>, total: Decimal, policy: Policy): Tier[] {
  const free = origin === 'demand' ? policy.demandNeedsNoApprovalUpTo : policy.personNeedsNoApprovalUpTo;
  if (compare(total, free) <= 0) return [];
  const tiers = policy.costCenters[costCenter]?.tiers ?? policy.tiers;
  const needed = tiers.filter((_, index) => index === 0 || compare(total, tiers[index - 1]!.upTo) > 0);
  return needed.map((tier) => ({ name: tier.name, owner: tier.perCostCenter ? `role:${tier.role}/${costCenter}` : `role:${tier.role}` }));
}

/** The tier that decides now: the next above when a time limit has passed, the last one there is at most. */
export function decidingTier(order: Order, policy: Policy): Tier {
  const ladder = (policy.costCenters[order.costCenter]?.tiers ?? policy.tiers)
    .map((tier) => ({ name: tier.name, owner: tier.perCostCenter ? `role:${tier.role}/${order.costCenter}` : `role:${tier.role}` }));
  const asked = order.path[order.tier] ?? order.path.at(-1) ?? ladder[0]!;
  if (order.escalations === 0) return asked;
  const from = ladder.findIndex((tier) => tier.owner === asked.owner);
  return ladder[Math.min(from + order.escalations, ladder.length - 1)] ?? asked;
}

export const hasMoreTiers = (order: Order) => order.tier + 1 < order.path.length;

/** What a supplier's answer asks of us. */
export type AnswerVerdict = 'agreed' | 'agreed-with-changes' | 'needs-decision' | 'all-rejected';

export function judgeAnswer(order: Order, policy: Policy): AnswerVerdict {
  const answered = order.answer?.lines ?? [];
  if (answered.length > 0 && order.lines.every((line) => answered.some((each) => each.line === line.line && each.outcome === 'rejected'))) return 'all-rejected';
  if (answered.every((line) => line.outcome === 'accepted' || line.outcome === 'backordered' && line.quantity === undefined && line.unitPrice === undefined)) return 'agreed';
  const harmless = answered.every((line) => line.outcome === 'accepted' || line.outcome === 'backordered'
    || line.outcome === 'changed' && isSmallPriceChange(lineOf(order, line.line), line.unitPrice, policy) && (line.quantity === undefined || line.quantity === lineOf(order, line.line)?.quantity));
  return harmless ? 'agreed-with-changes' : 'needs-decision';
}

function isSmallPriceChange(line: Line | undefined, price: Decimal | undefined, policy: Policy): boolean {
  return line !== undefined && (price === undefined || percentAbove(line.unitPrice, price) <= policy.match.pricePercent);
}

/** A proposal that costs clearly more than what was approved is decided further up than at the buyer's desk. */
export function proposalOwner(order: Order, policy: Policy): string {
  const proposed = totalOf({ lines: linesAsProposed(order) });
  const approved = order.approvedTotal ?? totalOf(order);
  return percentAbove(approved, proposed) > policy.buyerMayExceedPercent ? `role:department-manager/${order.costCenter}` : 'role:buyer';
}

/** How much of a delivery is beyond what is still open. */
export function surplusOf(order: Order, delivery: Delivery): number {
  return Math.max(0, ...order.lines.map((line) => {
    const coming = delivery.lines.filter((each) => each.line === line.line).reduce((total, each) => total + each.quantity, 0);
    return line.receivedQuantity + coming - line.quantity;
  }));
}

export function isUnknownDelivery(order: Order, delivery: Delivery): boolean {
  return delivery.lines.some((each) => lineOf(order, each.line) === undefined);
}

/** The delivery cut down to what was ordered; what is over goes back to the supplier. */
export function withoutSurplus(order: Order, delivery: Delivery): Delivery {
  const open = new Map(order.lines.map((line) => [line.line, Math.max(0, line.quantity - line.receivedQuantity)]));
  const lines = delivery.lines.flatMap((each) => {
    const taken = Math.min(each.quantity, open.get(each.line) ?? 0);
    open.set(each.line, (open.get(each.line) ?? 0) - taken);
    return taken > 0 ? [{ ...each, quantity: taken }] : [];
  });
  return { ...delivery, lines };
}

/** The verdict on an invoice against order and receipts. */
export type MatchVerdict = 'matched' | 'duplicate' | 'suspected-duplicate' | 'waits-for-goods' | 'price-exception' | 'quantity-exception' | 'malformed';

/** Three-way match: order, receipts, invoice. @source the tolerances are the hospital's, in the configuration */
export function judgeInvoice(order: Order, invoice: OrderInvoice, policy: Policy): { verdict: MatchVerdict; reasons: string[] } {
  const earlier = order.invoices.filter((each) => each.state !== 'refused' && each !== invoice);
  if (earlier.some((each) => each.number === invoice.number)) return { verdict: 'duplicate', reasons: [`Invoice ${invoice.number} was received before.`] };
  const malformed = malformations(order, invoice);
  if (malformed.length > 0) return { verdict: 'malformed', reasons: malformed };
  const twin = earlier.find((each) => looksAlike(each.number, invoice.number) && compare(each.total, invoice.total) === 0);
  if (twin) return { verdict: 'suspected-duplicate', reasons: [`It resembles invoice ${twin.number} of the same amount.`] };
  const priced = invoice.lines.flatMap((line) => priceReasons(lineOf(order, line.line)!, line.unitPrice, policy));
  if (priced.length > 0) return { verdict: 'price-exception', reasons: priced };
  const over = invoice.lines.flatMap((line) => quantityReasons(lineOf(order, line.line)!, line.quantity, policy));
  if (over.length === 0) return { verdict: 'matched', reasons: [] };
  return { verdict: isFullyReceived(order) ? 'quantity-exception' : 'waits-for-goods', reasons: over };
}

function malformations(order: Order, invoice: OrderInvoice): string[] {
  const unknown = invoice.lines.filter((line) => !lineOf(order, line.line)).map((line) => `Line ${line.line} is not on the order.`);
  const foreign = invoice.lines.filter((line) => lineOf(order, line.line) && lineOf(order, line.line)!.itemNumber !== line.itemNumber).map((line) => `Line ${line.line} bills another item than was ordered.`);
  const miscounted = invoice.lines.filter((line) => compare(lineAmount(line.quantity, line.unitPrice), line.amount) !== 0).map((line) => `Line ${line.line}: quantity times price is not the amount.`);
  const total = compare(sum(invoice.lines.map((line) => line.amount)), invoice.total) === 0 ? [] : ['The lines do not add up to the total.'];
  return [...unknown, ...foreign, ...miscounted, ...total];
}

function priceReasons(line: Line, billed: Decimal, policy: Policy): string[] {
  const above = percentAbove(line.unitPrice, billed);
  return above > policy.match.pricePercent ? [`Line ${line.line}: billed ${billed}, ordered at ${line.unitPrice}.`] : [];
}

function quantityReasons(line: Line, billed: number, policy: Policy): string[] {
  const receivable = (line.receivedQuantity - line.invoicedQuantity) * (1 + policy.match.quantityPercent / 100);
  return billed > receivable ? [`Line ${line.line}: billed ${billed}, received and not billed yet ${line.receivedQuantity - line.invoicedQuantity}.`] : [];
}

/** "INV-0123 ", "inv 123" and "INV123" are one number to a person. */
export function looksAlike(left: string, right: string): boolean {
  const plain = (number: string) => number.toUpperCase().replaceAll(/[^A-Z0-9]/g, '').replaceAll(/(^|[A-Z])0+(?=\d)/g, '$1');
  return plain(left) === plain(right);
}

/** Owner of the payment's approval, or undefined when a matched invoice of this size is paid without one. */
export function paymentApprover(invoice: OrderInvoice, policy: Policy): string | undefined {
  return compare(invoice.total, policy.payment.needsNoApprovalUpTo) <= 0 ? undefined : `role:${policy.payment.approverRole}`;
}

/**
 * The accounts an invoice moves: what was received and not invoiced is cleared at the order's price, what the supplier
 * bills above or below that is a variance, and the supplier is owed the invoice.
 */
export function invoiceAmounts(order: Order, invoice: OrderInvoice): { clearing: Decimal; variance: Decimal; payable: Decimal } {
  const clearing = sum(invoice.lines.map((billed) => {
    const line = lineOf(order, billed.line);
    return line ? lineAmount(Math.min(billed.quantity, Math.max(0, line.receivedQuantity - line.invoicedQuantity)), line.unitPrice) : '0';
  }));
  return { clearing, variance: sum([invoice.total, `-${clearing}`]), payable: invoice.total };
}
