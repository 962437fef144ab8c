import Big from 'big.js';

/** Decimal text as contracts carry it, e.g. `1234.50`. Money never passes through a binary float. */
export type Decimal = string;

/** Quantity times unit price, rounded half up to cents. */
export function lineAmount(quantity: number | Decimal, unitPrice: Decimal): Decimal {
  return cents(Big(quantity).times(unitPrice));
}

export function sum(amounts: Iterable<Decimal>): Decimal {
  let total = Big(0);
  for (const amount of amounts) total = total.plus(amount);
  return cents(total);
}

export function subtract(from: Decimal, amount: Decimal): Decimal {
  return cents(Big(from).minus(amount));
}

/** -1, 0 or 1. */
export function compare(left: Decimal, right: Decimal): -1 | 0 | 1 {
  return Big(left).cmp(right);
}

export function isZero(amount: Decimal): boolean {
  return Big(amount).eq(0);
}

/** How far `actual` lies above `expected`, in percent of `expected`; below is negative. Infinite when nothing was expected. */
export function percentAbove(expected: Decimal, actual: Decimal): number {
  if (Big(expected).eq(0)) return Big(actual).eq(0) ? 0 : Infinity;
  return Big(actual).minus(expected).div(expected).times(100).toNumber();
}

/** Quantities add without binary dust: 0.1 + 0.2 is 0.3. */
export function addQuantities(...quantities: number[]): number {
  return quantities.reduce((total, quantity) => total.plus(quantity), Big(0)).toNumber();
}

function cents(amount: Big): Decimal {
  return amount.round(2, Big.roundHalfUp).toFixed(2);
}
