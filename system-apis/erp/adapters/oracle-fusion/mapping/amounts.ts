import Big from 'big.js';

/** At least two places, as money is written, and as many more as a price has. */
export function price(decimal: string): string {
  const [, places = ''] = decimal.split('.');
  return new Big(decimal).toFixed(Math.max(2, Math.min(places.replace(/0+$/, '').length, 4)));
}

export function money(decimal: string): string {
  return new Big(decimal).toFixed(2);
}

export function total(decimals: Iterable<string>): Big {
  let sum = new Big(0);
  for (const decimal of decimals) sum = sum.plus(decimal);
  return sum;
}

/** Contracts carry quantities as numbers. They have three places at most, so nothing is lost. */
export function quantity(decimal: string | Big): number {
  return new Big(decimal).round(3).toNumber();
}

export function dayOf(instant: string): string {
  return new Date(instant).toISOString().slice(0, 10);
}
