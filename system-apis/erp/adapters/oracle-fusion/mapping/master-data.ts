import type { Account, Budget, CostCenter, Item, ReplenishmentRule, Supplier, UnitOfMeasure } from '#contracts/generated/system/erp/v1.ts';
import { brokenAnswer, type Row } from '../record.ts';
import type * as records from '../records.ts';
import { facilityOfOrganization } from '../facilities.ts';
import type { FusionSettings } from '../settings.ts';
import { chargeIn } from '../combination.ts';
import { money, price, quantity, total } from './amounts.ts';

const SUPPLIER_STATUS: Readonly<Record<string, Supplier['status']>> = { ACTIVE: 'active', INACTIVE: 'inactive' };

export function supplierOf(row: Row<typeof records.Supplier>, { currency, paymentTerms }: FusionSettings): Supplier {
  const site = row.sites.find((each) => each.SitePurposePayFlag) ?? row.sites[0];
  const status = row.BusinessRelationshipCode === 'PROSPECTIVE' ? 'prospective' : SUPPLIER_STATUS[row.Status.toUpperCase()] ?? 'inactive';
  return { number: row.SupplierNumber, name: row.Supplier, status, currency, paymentTermsDays: daysOf(site?.PaymentTerms, paymentTerms) };
}

/** Terms have names and no days of their own: `NET30`, `2/10 NET30`. Others are in the settings. */
function daysOf(terms: string | null | undefined, known: Readonly<Record<string, number>>): number {
  if (!terms) return 0;
  const days = known[terms] ?? Number(/(\d{1,3})$/.exec(terms)?.[1] ?? Number.NaN);
  if (!Number.isInteger(days) || days > 365) throw brokenAnswer('payment terms whose days are not in the settings');
  return days;
}

export interface ItemDetails {
  deviceIdentifiers: string[];
  substitutes: string[];
  /** Stocking units in one purchasing unit. */
  unitsPerPurchasingUnit: number;
}

export function itemOf(row: Row<typeof records.Item>, details: ItemDetails, { currency, unitCodes, chart }: FusionSettings): Item {
  return {
    number: row.ItemNumber, description: row.ItemDescription, category: (row.ItemClass ?? 'other').toLowerCase(), status: isActive(row) ? 'active' : 'inactive',
    ...(row.ManufacturerName ? { manufacturer: row.ManufacturerName } : {}),
    stockingUnit: unitOf(row.PrimaryUOMCode, unitCodes), purchasingUnit: unitOf(purchasingUnitOf(row), unitCodes), unitsPerPurchasingUnit: details.unitsPerPurchasingUnit,
    currency, listPrice: price(row.ListPrice ?? '0'), tracking: trackingOf(row), deviceIdentifiers: details.deviceIdentifiers, expenseAccount: expenseAccountOf(row, chart),
    ...(row.PreferredSupplierNumber ? { preferredSupplier: row.PreferredSupplierNumber } : {}), ...(details.substitutes.length > 0 ? { substitutes: details.substitutes } : {}),
  };
}

export function isActive(row: Row<typeof records.Item>): boolean {
  return row.ItemStatusValue.toUpperCase() === 'ACTIVE';
}

export function purchasingUnitOf(row: Row<typeof records.Item>): string {
  return row.PurchasingUOMCode ?? row.PrimaryUOMCode;
}

/** "No lot control", "No serial number control", "No control" against anything else. Oracle: item lookups EGP_LOT_CONTROL_CODE_TYPE and others. */
export function trackingOf(row: Row<typeof records.Item>): Item['tracking'] {
  const controlled = (value: string | null | undefined) => Boolean(value) && !/^no\b/i.test(value!);
  return { lot: controlled(row.LotControlValue), serial: controlled(row.SerialGenerationValue), expiry: controlled(row.ShelfLifeControlValue) };
}

/** The item names a whole combination. */
export function expenseAccountOf(row: Row<typeof records.Item>, chart: FusionSettings['chart']): string {
  const { account } = chargeIn(chart, row.ExpenseAccount ?? '');
  if (!account) throw brokenAnswer('an item without expense account');
  return account;
}

export function unitOf(code: string, unitCodes: FusionSettings['unitCodes']): string {
  return unitCodes[code] ?? code;
}

export function vendorUnit(unit: string, unitCodes: FusionSettings['unitCodes']): string {
  return Object.entries(unitCodes).find(([, ours]) => ours === unit)?.[0] ?? unit;
}

/** Units that have no X12 code cannot be named by the contract. */
export function unitsOf(rows: readonly Row<typeof records.Unit>[], { unitCodes }: FusionSettings): UnitOfMeasure[] {
  return rows.map((row) => ({ code: unitOf(row.UOMCode, unitCodes), name: row.UOM })).filter(({ code }) => /^[A-Z0-9]{2}$/.test(code));
}

export function costCenterOf(row: Row<typeof records.Value>, facilities: string[], today: string): CostCenter {
  const closed = row.EnabledFlag !== 'Y' || (row.EndDateActive ? row.EndDateActive < today : false);
  return {
    code: row.Value, name: (row.Description ?? row.Value).slice(0, 120), facilities, status: closed ? 'closed' : 'open',
    ...(row.EndDateActive ? { closedOn: row.EndDateActive.slice(0, 10) } : {}),
  };
}

const TYPE_LETTERS: Readonly<Record<string, Account['type']>> = { A: 'asset', L: 'liability', O: 'equity', R: 'revenue', E: 'expense' };

/** The value has a letter, its combinations say it in words; the words are less open to doubt. */
export function accountOf(row: Row<typeof records.Value>, inWords: Account['type'] | undefined): Account {
  const type = inWords ?? TYPE_LETTERS[row.AccountType ?? ''];
  if (!type) throw brokenAnswer('an account without type');
  return { code: row.Value, name: (row.Description ?? row.Value).slice(0, 120), type };
}

export function typeInWords(text: string): Account['type'] | undefined {
  const word = text.toLowerCase().replace(/^owner'?s'? /, '');
  return Object.values(TYPE_LETTERS).find((type) => type === word);
}

export function budgetOf(row: Row<typeof records.BudgetBalance>, costCenter: string, year: number): Budget {
  return {
    costCenter, year, currency: row.CurrencyCode, budgeted: money(row.BudgetAmount), committed: total([row.CommitmentAmount, row.ObligationAmount]).toFixed(2),
    actual: money(row.ExpendituresAmount), available: money(row.FundsAvailableAmount),
  };
}

export function replenishmentRuleOf(row: Row<typeof records.ItemSubinventory>, unit: string, settings: FusionSettings): ReplenishmentRule {
  const fromSupplier = row.SourceType === 'Supplier';
  return {
    facility: facilityOfOrganization(settings, row.OrganizationCode), location: row.SubinventoryCode, itemNumber: row.ItemNumber,
    reorderPoint: quantity(row.MinimumQuantity), maximum: quantity(row.MaximumQuantity), unit, source: fromSupplier ? 'supplier' : 'transfer',
    ...(!fromSupplier && row.SourceSubinventory ? { sourceLocation: row.SourceSubinventory } : {}),
  };
}
