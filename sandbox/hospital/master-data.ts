/**
 * The sandbox hospital's business data in one place. It is ours: no such hospital, supplier or price exists. Taken from
 * elsewhere are only three device records (gudid/) and the procedure, device and supply codes of Synthea's sample data.
 */

import { accounts, businessUnit, costCentres, facilities, legalEntity, locations, yearlyBudgets } from './organisation.ts';
import { paymentTerms, suppliers } from './suppliers.ts';
import { items, unitsOfMeasure, unmappedItemCode } from './items.ts';
import type { Item } from './items.ts';
import { immunizationSupplies, procedureSupplies } from './procedure-supplies.ts';
import { stockingRules } from './stock.ts';

export type { Account, CostCentre, Facility, Location } from './organisation.ts';
export type { Channel, PaymentTerms, Supplier, SupplierSite } from './suppliers.ts';
export type { Item, Uom } from './items.ts';
export type { ProcedureSupplies } from './procedure-supplies.ts';
export type { OpeningStock, StockingRule } from './stock.ts';
export { accountCombination } from './organisation.ts';
export { openingStock } from './stock.ts';

export const masterData = {
  legalEntity,
  businessUnit,
  facilities,
  costCentres,
  accounts,
  yearlyBudgets,
  locations,
  paymentTerms,
  suppliers,
  unitsOfMeasure,
  items,
  unmappedItemCode,
  procedureSupplies,
  immunizationSupplies,
  stockingRules,
} as const;

const itemsByNumber = new Map(items.map((item) => [item.number, item]));
const itemsByGtin = new Map(items.flatMap((item) => item.gtins.map(({ gtin }) => [gtin, item] as const)));
const itemsByCode = new Map(items.flatMap((item) => item.clinicalCodes.map(({ system, code }) => [`${system}|${code}`, item] as const)));

export const itemByNumber = (number: string): Item | undefined => itemsByNumber.get(number);
export const itemByGtin = (gtin: string): Item | undefined => itemsByGtin.get(gtin);
export const itemByClinicalCode = (system: string, code: string): Item | undefined => itemsByCode.get(`${system}|${code}`);
