import Big from 'big.js';
import { masterData, type Item } from '../hospital/master-data.ts';
import type { Dice } from '../ehr/day/random.ts';

/** Where somebody asks for goods and for whom. */
export interface Desk {
  requester: string;
  facility: string;
  costCentre: string;
  location: string;
}

export interface BasketLine {
  item: string;
  supplier: string;
  quantity: number;
  unit: string;
  /** At contract price. */
  amount: string;
}

const MOST_PIECES = 40;

/**
 * What may be asked for at a desk: nothing that the min-max rule of the same shelf also orders, for then the level of
 * that shelf, and with it what the rule orders, would hang on the minute in which the goods come.
 */
function candidates(desk: Desk): Item[] {
  const ruled = new Set(masterData.stockingRules
    .filter((rule) => rule.facility === desk.facility && rule.location === desk.location && rule.maximum !== rule.reorderPoint).map((rule) => rule.item));
  return masterData.items.filter((item) => item.status === 'active' && !ruled.has(item.number));
}

/** One line worth between the two amounts, of a supplier that is not in `others`. */
export function basketLine(dice: Dice, desk: Desk, least: number, most: number, others: readonly string[] = []): BasketLine {
  for (const item of dice.shuffle(candidates(desk))) {
    const price = new Big(item.contractPrice);
    const from = Math.max(1, new Big(least).div(price).round(0, Big.roundUp).toNumber());
    const to = Math.min(MOST_PIECES, new Big(most).div(price).round(0, Big.roundDown).toNumber());
    if (from > to || others.includes(item.supplier)) continue;
    const quantity = dice.between(from, to);
    return { item: item.number, supplier: item.supplier, quantity, unit: item.purchasingUom, amount: price.times(quantity).toFixed(2) };
  }
  throw new RangeError(`Nothing at ${desk.facility}/${desk.location} costs between ${least} and ${most}`);
}

/** Lines of as many suppliers, together worth between the two amounts. */
export function basketOf(dice: Dice, desk: Desk, suppliers: number, least: number, most: number): BasketLine[] {
  const lines: BasketLine[] = [];
  for (let index = 0; index < suppliers; index += 1) {
    lines.push(basketLine(dice, desk, least / suppliers, most / suppliers, lines.map((line) => line.supplier)));
  }
  return lines;
}
