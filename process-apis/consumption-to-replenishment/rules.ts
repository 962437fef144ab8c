import type { Item, ReplenishmentRule } from '#contracts/generated/system/erp/v1.ts';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';

/** What the item master says to the identifiers of a use. */
export type Identification =
  | { verdict: 'identified'; item: Item }
  | { verdict: 'unmapped'; problem: string }
  | { verdict: 'contradictory'; problem: string };

export interface Candidates {
  /** The item that a person or an earlier mapping named. */
  mapped: Item | undefined;
  byNumber: Item | undefined;
  byDevice: readonly Item[];
}

/** A device identifier outweighs a typed number; where both are known and differ, a person has to look. */
export function identify(use: Use, { mapped, byNumber, byDevice }: Candidates): Identification {
  const device = byDevice[0];
  if (mapped) return { verdict: 'identified', item: mapped };
  if (byDevice.length > 1) return { verdict: 'contradictory', problem: `The device identifier belongs to ${byDevice.map((item) => item.number).join(' and ')}.` };
  if (device && byNumber && device.number !== byNumber.number) return { verdict: 'contradictory', problem: `The EHR says ${byNumber.number}, the device identifier belongs to ${device.number}.` };
  const item = device ?? byNumber;
  if (item) return { verdict: 'identified', item };
  return { verdict: 'unmapped', problem: `The item master knows neither ${nameOf(use)}.` };
}

function nameOf(use: Use): string {
  const names = [
    use.itemNumber ? `item ${use.itemNumber}` : '', use.tracking?.deviceIdentifier ? `device ${use.tracking.deviceIdentifier}` : '', use.itemCode ? `code ${use.itemCode.code}` : '',
  ].filter((name) => name !== '');
  return names.length > 0 ? names.join(' nor ') : 'item nor code';
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
  if (onHand + onItsWay > rule.reorderPoint) return undefined;
  return { rule: 'reorder-point', quantity: rule.maximum - rule.reorderPoint };
}

/** Whole purchasing units that cover a quantity of stocking units. */
export function inPurchasingUnits(quantity: number, unitsPerPurchasingUnit: number): number {
  return Math.ceil(quantity / unitsPerPurchasingUnit);
}
