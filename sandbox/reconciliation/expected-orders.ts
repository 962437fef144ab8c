import { itemByNumber, masterData, type StockingRule } from '../hospital/master-data.ts';
import type { BookedMovement } from '../erp/books.ts';
import { partOf, plainReference, total, useOf } from './documents.ts';
import { itemOf, type Sent } from './sent.ts';

export const COUNT = 'Cycle Count Adjustment';
export const TRANSFER = 'Subinventory Transfer';

/** An order that has to be in the ERP, and why. */
export interface ExpectedOrder {
  need: string;
  supplier: string;
  lines: { line: number; item: string; quantity: number }[];
}

/** A lot that a min-max rule asked for. */
export interface ExpectedLot {
  reference: string;
  rule: StockingRule;
  quantity: number;
}

const rules = new Map(masterData.stockingRules.map((rule) => [`${rule.facility}/${rule.location}/${rule.item}`, rule]));
const isReplacedOneForOne = (rule: StockingRule | undefined) => rule !== undefined && rule.maximum === rule.reorderPoint;

/** All orders that must be there: what people asked for, what replaces a used piece, what a shelf's rule asks for. */
export function expectedNeeds(movements: readonly BookedMovement[], sent: Sent): Map<string, ExpectedOrder> {
  const orders = [...askedByPeople(sent), ...replacements(sent), ...lotsFromSuppliers(movements, sent)];
  return new Map(orders.map((order) => [partOf(order.need, order.supplier), order]));
}

function askedByPeople(sent: Sent): ExpectedOrder[] {
  return sent.requisitions
    .filter((each) => each.expected.answer === 'accepted' && each.expected.end === 'ordered' && each.answer !== undefined)
    .flatMap(({ reference, lines }) => {
      const numbered = lines.map((line, index) => ({ ...line, line: index + 1, supplier: line.supplier ?? itemByNumber(line.item)?.supplier ?? 'unknown' }));
      return [...Map.groupBy(numbered, (line) => line.supplier)].map(([supplier, own]) => ({
        need: reference, supplier, lines: own.map(({ line, item, quantity }) => ({ line, item, quantity })),
      }));
    });
}

/** What is kept one for one is ordered for each use, under the name of the use. */
function replacements(sent: Sent): ExpectedOrder[] {
  return sent.uses.flatMap((use) => {
    const item = itemOf(sent, use);
    if (item === undefined || !isReplacedOneForOne(rules.get(`${use.facility}/${use.location}/${item}`))) return [];
    return [{ need: `use:${use.id}`, supplier: itemByNumber(item)!.supplier, lines: [{ line: 1, item, quantity: inPurchasingUnits(item, use.quantity) }] }];
  });
}

function lotsFromSuppliers(movements: readonly BookedMovement[], sent: Sent): ExpectedOrder[] {
  return expectedLots(movements, sent).filter(({ rule }) => rule.replenishFrom === 'supplier').map(({ reference, rule, quantity }) => ({
    need: reference, supplier: itemByNumber(rule.item)!.supplier, lines: [{ line: 1, item: rule.item, quantity: inPurchasingUnits(rule.item, quantity) }],
  }));
}

/**
 * The lots that shelves must have asked for. A shelf begins at its maximum and asks for one lot of a fixed size
 * whenever what lies there and what is on its way falls to the reorder point; so what left it tells how many lots.
 *
 * @param movements of the stock, for what a count added was not on the shelf before
 */
export function expectedLots(movements: readonly BookedMovement[], sent: Sent): ExpectedLot[] {
  const counts = Map.groupBy(movements.filter((each) => each.type === COUNT), (each) => useOf(each.reference));
  const counted = new Map([...counts].map(([use, own]) => [use, total(own.map((each) => each.quantity)).toNumber()]));
  const carried = new Set(movements.filter((each) => each.type === TRANSFER).map((each) => plainReference(each.reference)));
  const left = new Map<string, number>();
  const returned = new Map<string, number>();
  const take = (key: string, pieces: number) => left.set(key, (left.get(key) ?? 0) + pieces);
  for (const use of sent.uses) {
    const item = itemOf(sent, use);
    if (item === undefined) continue;
    const key = `${use.facility}/${use.location}/${item}`;
    take(key, use.quantity - (counted.get(use.id) ?? 0));
    if (use.isWithdrawn) returned.set(key, (returned.get(key) ?? 0) + use.quantity);
  }
  const reordering = [...rules].filter(([, rule]) => !isReplacedOneForOne(rule));
  const points = reordering.filter(([, rule]) => rule.replenishFrom === 'central stores').flatMap(([key, rule]) => {
    const taken = left.get(key) ?? 0;
    // What came back to the shelf came before or after the shelf would have asked for more because of it.
    const sure = lotsOf(rule, taken - (returned.get(key) ?? 0)).length;
    return lotsOf(rule, taken).filter(({ reference }, index) => index < sure || carried.has(reference));
  });
  for (const { rule, quantity } of points) take(`${rule.facility}/STORES/${rule.item}`, quantity);
  const stores = reordering.filter(([, rule]) => rule.replenishFrom === 'supplier').flatMap(([key, rule]) => lotsOf(rule, left.get(key) ?? 0));
  return [...points, ...stores];
}

function lotsOf(rule: StockingRule, taken: number): ExpectedLot[] {
  const size = rule.maximum - rule.reorderPoint;
  const count = Math.floor(taken / size);
  return Array.from({ length: Math.max(0, count) }, (_, index) => ({ reference: `reorder:${rule.facility}/${rule.location}/${rule.item}/${index + 1}`, rule, quantity: size }));
}

/** Whole purchasing units that cover so many pieces. */
export function inPurchasingUnits(itemNumber: string, pieces: number): number {
  const item = itemByNumber(itemNumber);
  return Math.ceil(pieces / (item?.conversions[item.purchasingUom] ?? 1));
}
