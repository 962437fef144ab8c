import Big from 'big.js';
import type { OnHandRow, Portion } from './stock.ts';

/**
 * First expired, first out: lots that expire go before lots that do not, and of the same day the smaller name.
 *
 * @returns undefined when there is not enough
 */
export function firstExpired(rows: readonly OnHandRow[], wanted: string): Portion[] | undefined {
  const portions: Portion[] = [];
  let rest = new Big(wanted);
  for (const row of rows.filter((each) => each.LotNumber).toSorted(byExpiry)) {
    if (rest.lte(0)) break;
    const taken = rest.lt(row.PrimaryOnhandQuantity) ? rest : new Big(row.PrimaryOnhandQuantity);
    portions.push({ lot: row.LotNumber!, quantity: taken.toFixed() });
    rest = rest.minus(taken);
  }
  return rest.lte(0) ? portions : undefined;
}

const NEVER = '9999-12-31';

function byExpiry(one: OnHandRow, other: OnHandRow): number {
  return compareText(one.LotExpirationDate ?? NEVER, other.LotExpirationDate ?? NEVER) || compareText(one.LotNumber ?? '', other.LotNumber ?? '');
}

function compareText(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** A lot may be used on its last day. */
export function isUsable(row: OnHandRow, today: string): boolean {
  return !row.LotExpirationDate || row.LotExpirationDate.slice(0, 10) >= today;
}
