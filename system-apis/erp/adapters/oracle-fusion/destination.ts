import { subinventoryOf, type Facility } from './facilities.ts';
import type { Fusion } from './fusion.ts';
import { expenseAccountOf } from './mapping/master-data.ts';
import type { Place } from './mapping/place.ts';

export interface Destination {
  facility: Facility;
  costCenter: string;
  account?: string | undefined;
  itemNumber: string;
  /** Stock location that will take the goods; else the one that serves the cost centre. */
  location?: string | undefined;
}

/**
 * Where goods go, and what they are charged to: into stock at the inventory account, where a location is named or
 * serves the cost centre; else they are used up at once and charged to the cost centre. @throws refused
 */
export async function placeOf({ settings, chart, items, today }: Fusion, { facility, costCenter, account, itemNumber, location }: Destination): Promise<Place> {
  const { entity, organization } = facility;
  const on = today();
  await chart.requireOpen(costCenter, on);
  if (account !== undefined) await chart.requireAccount(account);
  // Who knows no location names the cost centre, which need not have one.
  const subinventory = location === undefined || location === costCenter ? facility.subinventories[costCenter] : subinventoryOf(facility, location);
  if (subinventory !== undefined) {
    return { organization, destination: 'INVENTORY', subinventory, chargeAccount: await chart.combination({ entity, account: settings.accounts.inventory, on }) };
  }
  const borneBy = account ?? expenseAccountOf(await items.named(itemNumber), settings.chart);
  return { organization, destination: 'EXPENSE', chargeAccount: await chart.combination({ entity, costCenter, account: borneBy, on }) };
}
