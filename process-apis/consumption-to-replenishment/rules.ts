import Big from 'big.js';
import { addQuantities } from '#chassis/money/money.ts';
import type { Item, ReplenishmentRule } from '#contracts/generated/system/erp/v1.ts';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';

/** What the item master says to the identifiers of a use. */
export type Identification =
  | { verdict: 'identified'; item: Item }
  | { verdict: 'unmapped'; problem: string }
  | { verdict: 'contradictory'; problem: string };

export interface Candidates {
  /** The item that a person named for this very use. */
  named: { itemNumber: string; item: Item | undefined } | undefined;
  byDevice: readonly Item[];
  byNumber: Item | undefined;
  /** What a person named for an earlier use with the same code. */
  learned: Item | undefined;
}

/**
 * A person's word for this use comes first; then the device identifier, which outweighs a typed number; where both are
 * known and differ, a person has to look. A code that a person once mapped counts where nothing else is known.
 */
export function identify(use: Use, { named, byDevice, byNumber, learned }: Candidates): Identification {
  if (named) return named.item ? { verdict: 'identified', item: named.item } : { verdict: 'unmapped', problem: `The item master does not know item ${named.itemNumber} either.` };
  const [device] = byDevice;
  if (byDevice.length > 1) return { verdict: 'contradictory', problem: `The device identifier belongs to ${byDevice.map((item) => item.number).join(' and ')}.` };
  if (device && byNumber && device.number !== byNumber.number) return { verdict: 'contradictory', problem: `The EHR says ${byNumber.number}, the device identifier belongs to ${device.number}.` };
  const item = device ?? byNumber ?? learned;
  return item ? { verdict: 'identified', item } : { verdict: 'unmapped', problem: `The item master knows neither ${nameOf(use)}.` };
}

function nameOf(use: Use): string {
  const names = [
    use.itemNumber ? `item ${use.itemNumber}` : '', use.tracking?.deviceIdentifier ? `device ${use.tracking.deviceIdentifier}` : '', use.itemCode ? `code ${use.itemCode.code}` : '',
  ].filter((name) => name !== '');
  return names.length > 0 ? names.join(' nor ') : 'item nor code';
}

/** The most telling thing that the EHR wrote: what a person's mapping is remembered by. */
export function codeOf({ tracking, itemNumber, itemCode }: Use): { system: string; code: string } | undefined {
  if (tracking?.deviceIdentifier) return { system: 'device-identifier', code: tracking.deviceIdentifier };
  if (itemNumber) return { system: 'item-number', code: itemNumber };
  return itemCode;
}

/** The use in the unit that the item is kept in; undefined when the EHR counts in one that the item master does not have. */
export function inStockingUnit(use: Use, item: Item): Use | undefined {
  if (use.unit === undefined || use.unit === item.stockingUnit) return use;
  if (use.unit !== item.purchasingUnit) return undefined;
  return { ...use, quantity: Big(use.quantity).times(item.unitsPerPurchasingUnit).toNumber(), unit: item.stockingUnit };
}

/** What a place is short of. */
export interface Shortage {
  rule: 'replace-each-use' | 'reorder-point';
  /** In stocking units. */
  quantity: number;
}

/**
 * Where minimum and maximum are one, each piece used is replaced. Elsewhere a fixed lot is ordered when what is on hand
 * and on its way falls to the reorder point: fixed, so that how busy the hour was does not change what is ordered.
 */
export function shortageOf(rule: ReplenishmentRule, used: number, onHand: number, onItsWay: number): Shortage | undefined {
  if (rule.reorderPoint === rule.maximum) return { rule: 'replace-each-use', quantity: used };
  if (addQuantities(onHand, onItsWay) > rule.reorderPoint) return undefined;
  return { rule: 'reorder-point', quantity: addQuantities(rule.maximum, -rule.reorderPoint) };
}

/** Whole purchasing units that cover a quantity of stocking units. */
export function inPurchasingUnits(quantity: number, unitsPerPurchasingUnit: number): number {
  return Big(quantity).div(unitsPerPurchasingUnit).round(0, Big.roundUp).toNumber();
}
