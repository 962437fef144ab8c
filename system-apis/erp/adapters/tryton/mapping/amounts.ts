import Big from 'big.js';
import { lineAmount } from '#chassis/money/money.ts';

/** Decimal text with the cents at least, and no more zeros than that: Tryton prints prices with four places. */
export function decimalText(amount: string): string {
  const value = new Big(amount);
  const places = value.toFixed().split('.')[1]?.length ?? 0;
  return value.toFixed(Math.max(2, places));
}

export interface Unit {
  factor: number;
}

/** A quantity of one unit in another of the same kind, e.g. 2 boxes of 100 are 200 pieces. */
export function inUnit(quantity: number, from: Unit, to: Unit): number {
  return Number(new Big(quantity).times(from.factor).div(to.factor).round(6).toFixed());
}

/** A price per one unit as the price per another, e.g. 18.00 for a box of 100 is 0.18 for a piece. Tryton keeps four places. */
export function priceInUnit(price: string, from: Unit, to: Unit): string {
  return new Big(price).times(to.factor).div(from.factor).round(4).toFixed();
}

/** At which the books carry what moved. Tryton writes the cost price of the day into each move that changes stock. */
export function bookValue(move: { quantity: number; cost_price: string | null; 'uom.': Unit; 'product.': { cost_price: string | null; 'default_uom.': Unit } }): string {
  const product = move['product.'];
  return lineAmount(inUnit(move.quantity, move['uom.'], product['default_uom.']), decimalText(move.cost_price ?? product.cost_price ?? '0'));
}
