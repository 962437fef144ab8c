import { compare, lineAmount, percentAbove, sum, type Decimal } from '#chassis/money/money.ts';
import type { Budget, CostCenter, Item } from '#contracts/generated/system/erp/v1.ts';
import type { AcknowledgementLine, ContractPrice } from '#contracts/generated/system/procurement-network/v1.ts';
import { less, lineOf, quantityFor, type Delivery, type Line, type Order, type Reason } from './order.ts';
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
export function faultsOf(need: { facility: string; lines: readonly RequestedLine[] }, facts: Facts, currency: string): Reason[] {
  return [...costCenterFaults(need.facility, facts), ...need.lines.flatMap((line, index) => lineFaults(line, index, facts, currency)), ...budgetFaults(need, facts)];
}

function costCenterFaults(facility: string, { costCenter }: Facts): Reason[] {
  if (!costCenter) return [{ code: 'unknown-cost-center', detail: 'There is no such cost centre.', pointer: '/costCenter' }];
  if (costCenter.status === 'closed') return [{ code: 'cost-center-closed', detail: `The cost centre was closed on ${costCenter.closedOn ?? 'an earlier day'}.`, pointer: '/costCenter' }];
  if (!costCenter.facilities.includes(facility)) return [{ code: 'cost-center-elsewhere', detail: 'The cost centre belongs to another facility.', pointer: '/costCenter' }];
  return [];
}

function lineFaults(line: RequestedLine, index: number, facts: Facts, currency: string): Reason[] {
  const at = `/lines/${index}`;
  const item = facts.items[line.itemNumber];
  if (!item) return [{ code: 'unknown-item', detail: 'The item master does not know this item.', pointer: `${at}/itemNumber` }];
  const faults: Reason[] = [];
  if (item.status !== 'active') faults.push({ code: 'item-inactive', detail: 'The item may not be ordered any more.', pointer: `${at}/itemNumber` });
  if (!facts.units.includes(line.unit)) faults.push({ code: 'unknown-unit', detail: 'There is no such unit of measure.', pointer: `${at}/unit` });
  else if (line.unit !== item.purchasingUnit) faults.push({ code: 'wrong-unit', detail: `The item is bought by ${item.purchasingUnit}.`, pointer: `${at}/unit` });
  if (!item.preferredSupplier) faults.push({ code: 'no-supplier', detail: 'No supplier is known for the item.', pointer: `${at}/itemNumber` });
  else faults.push(...priceFaults(item, facts.prices[line.itemNumber], at, currency));
  return faults;
}

function priceFaults(item: Item, price: ContractPrice | undefined, at: string, currency: string): Reason[] {
  const pointer = `${at}/itemNumber`;
  if (!price && !item.listPrice) return [{ code: 'no-price', detail: 'No price is known for the item.', pointer }];
  if ((price ?? item).currency !== currency) return [{ code: 'wrong-currency', detail: `The item is priced in ${(price ?? item).currency}, orders are in ${currency}.`, pointer }];
  if (price && price.unit !== item.purchasingUnit) return [{ code: 'contract-unit-differs', detail: `The contract prices the item by ${price.unit}, it is bought by ${item.purchasingUnit}.`, pointer }];
  return [];
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

/** What a supplier's answer asks of us. */
export type AnswerVerdict = 'agreed' | 'agreed-with-changes' | 'needs-decision' | 'all-rejected';

export function judgeAnswer(order: Pick<Order, 'lines' | 'answer'>, policy: Policy): AnswerVerdict {
  const answered = order.answer?.lines ?? [];
  if (answered.length > 0 && order.lines.every((line) => answered.some((each) => each.line === line.line && each.outcome === 'rejected'))) return 'all-rejected';
  if (answered.every((line) => changesNothing(line))) return 'agreed';
  return answered.every((line) => changesNothing(line) || isHarmless(line, lineOf(order, line.line), policy)) ? 'agreed-with-changes' : 'needs-decision';
}

/**
 * Given before the last answer that was taken, and delivered after it. Suppliers that name only the day say nothing about
 * the hour. @source X12 855, BAK08
 */
export function isOlderAnswer({ answeredAt }: Pick<Order, 'answeredAt'>, { acknowledgedAt }: { acknowledgedAt: string }): boolean {
  if (answeredAt === null) return false;
  const namesDay = [acknowledgedAt, answeredAt].some((moment) => /T00:00:00(\.0+)?Z$/.test(moment));
  return namesDay ? acknowledgedAt.slice(0, 10) < answeredAt.slice(0, 10) : Date.parse(acknowledgedAt) < Date.parse(answeredAt);
}

/** Backordered at the agreed price: it comes later, and that is all. */
function changesNothing({ outcome, unitPrice }: AcknowledgementLine): boolean {
  return outcome === 'accepted' || outcome === 'backordered' && unitPrice === undefined;
}

/** A new date, or a price within the tolerance that its invoice will be given anyway. */
function isHarmless({ outcome, quantity, unitPrice }: AcknowledgementLine, line: Line | undefined, policy: Policy): boolean {
  if (!line || outcome !== 'changed' && outcome !== 'backordered') return false;
  const keepsQuantity = outcome === 'backordered' || quantity === undefined || quantity === line.quantity;
  return keepsQuantity && (unitPrice === undefined || percentAbove(line.unitPrice, unitPrice) <= policy.match.pricePercent);
}

/** How much of a delivery is beyond what is still open, and how much of it is on no line of the order. */
export function surplusOf(order: Pick<Order, 'lines'>, delivery: Pick<Delivery, 'lines'>): number {
  const beyond = order.lines.map((line) => less(quantityFor(line.line, delivery.lines), Math.max(0, less(line.quantity, line.receivedQuantity))));
  return Math.max(0, ...beyond, ...delivery.lines.filter((each) => !lineOf(order, each.line)).map((each) => each.quantity));
}

export function hasUnknownLines(order: Pick<Order, 'lines'>, delivery: Pick<Delivery, 'lines'>): boolean {
  return delivery.lines.some((each) => lineOf(order, each.line) === undefined);
}

/** The delivery cut down to what was ordered; what is over goes back to the supplier. */
export function withoutSurplus(order: Pick<Order, 'lines'>, delivery: Delivery): Delivery {
  const open = new Map(order.lines.map((line) => [line.line, Math.max(0, less(line.quantity, line.receivedQuantity))]));
  const lines = delivery.lines.flatMap((each) => {
    const left = open.get(each.line) ?? 0;
    const taken = Math.min(each.quantity, left);
    open.set(each.line, less(left, taken));
    return taken > 0 ? [{ ...each, quantity: taken }] : [];
  });
  return { ...delivery, lines };
}
