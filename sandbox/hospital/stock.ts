/** Stocking rules and opening stock of the sandbox hospital. Our own data. */

import { costCentres } from './organisation.ts';
import { items } from './items.ts';
import type { Item } from './items.ts';
import { procedureSupplies, immunizationSupplies } from './procedure-supplies.ts';

export interface StockingRule {
  facility: string;
  location: string;
  item: string;
  /** Reorder at or below this many stocking units. */
  reorderPoint: number;
  maximum: number;
  /** Implants are ordered from the supplier for each one used; the rest comes out of central stores. */
  replenishFrom: 'supplier' | 'central stores';
}

export interface OpeningStock {
  facility: string;
  location: string;
  item: string;
  quantity: number;
  lot?: string;
  serials?: readonly string[];
  /** ISO date. */
  expiresOn?: string;
}

/** Kept at the point of use and replaced one by one: the maximum is the reorder point. */
const consigned: readonly [location: string, item: string, level: number][] = [
  ['CATHLAB', 'IMP-1001', 24], ['CATHLAB', 'IMP-1002', 12], ['CATHLAB', 'IMP-1003', 12], ['CATHLAB', 'IMP-1301', 30],
  ['EPLAB', 'IMP-1101', 12], ['EPLAB', 'IMP-1102', 12], ['EPLAB', 'IMP-1103', 6], ['EPLAB', 'IMP-1104', 12],
  ['THEATRE', 'IMP-1302', 24], ['THEATRE', 'IMP-1201', 6],
];

/** Levels by unit value: cheap things are many. Sized for a day of 500 patients before the first delivery. */
function levels(item: Item, scale: number): { reorderPoint: number; maximum: number } {
  const cost = Number(item.unitCost);
  const maximum = (cost < 1 ? 8000 : cost < 10 ? 1500 : cost < 100 ? 400 : 80) * scale;
  return { reorderPoint: Math.round(maximum / 2), maximum };
}

function pointsOfUse(): StockingRule[] {
  const rules = new Map<string, StockingRule>();
  for (const procedure of [...procedureSupplies, ...immunizationSupplies]) {
    const costCentre = costCentres.find((each) => each.code === procedure.costCentre);
    for (const [facility, location] of Object.entries(costCentre?.locations ?? {})) {
      for (const use of procedure.uses) {
        const item = items.find((each) => each.number === use.item);
        if (!item || item.category === 'implant') continue;
        rules.set(`${facility}/${location}/${item.number}`, { facility, location, item: item.number, ...levels(item, 0.5), replenishFrom: 'central stores' });
      }
    }
  }
  return [...rules.values()];
}

function stores(): StockingRule[] {
  return ['MAIN', 'EAST'].flatMap((facility) =>
    items
      .filter((item) => item.category !== 'implant' && item.status === 'active')
      .map((item): StockingRule => ({ facility, location: 'STORES', item: item.number, ...levels(item, facility === 'MAIN' ? 2 : 1), replenishFrom: 'supplier' })));
}

export const stockingRules: readonly StockingRule[] = [
  ...consigned.map(([location, item, level]): StockingRule => ({ facility: 'MAIN', location, item, reorderPoint: level, maximum: level, replenishFrom: 'supplier' })),
  ...pointsOfUse(),
  ...stores(),
];

/**
 * What lies on the shelves on the first day: every location at its maximum, lot controlled items in two lots, and one
 * lot of short stents that expired the month before.
 */
export function openingStock(asOf: Date): OpeningStock[] {
  const opening: OpeningStock[] = [];
  for (const rule of stockingRules) {
    const item = items.find((each) => each.number === rule.item);
    if (!item) continue;
    const place = { facility: rule.facility, location: rule.location, item: item.number };
    const tag = `${rule.facility[0]}${rule.location.slice(0, 2)}${item.number.slice(-4)}`;
    const expiry = (months: number) => (item.expiryControlled ? { expiresOn: monthsLater(asOf, months) } : {});
    if (item.serialControlled) {
      const serials = Array.from({ length: rule.maximum }, (_, index) => `SN${tag}${String(index + 1).padStart(3, '0')}`);
      opening.push({ ...place, quantity: rule.maximum, serials, ...expiry(24) });
    } else if (item.lotControlled) {
      const first = Math.ceil(rule.maximum / 3);
      const firstMonths = item.number === 'IMP-1003' ? -1 : 6;
      opening.push({ ...place, quantity: first, lot: `A${tag}`, ...expiry(firstMonths) });
      opening.push({ ...place, quantity: rule.maximum - first, lot: `B${tag}`, ...expiry(18) });
    } else {
      opening.push({ ...place, quantity: rule.maximum, ...expiry(18) });
    }
  }
  return opening;
}

function monthsLater(asOf: Date, months: number): string {
  return new Date(Date.UTC(asOf.getUTCFullYear(), asOf.getUTCMonth() + months + 1, 0)).toISOString().slice(0, 10);
}
