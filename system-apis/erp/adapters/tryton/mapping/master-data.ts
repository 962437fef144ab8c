import Big from 'big.js';
import type { Account as AccountModel, CostCenter as CostCenterModel, Item, ReplenishmentRule, Supplier } from '#contracts/generated/system/erp/v1.ts';
import type { Account, CostCenter, OrderPoint, Party, Product } from '../records.ts';
import type { Row } from '../record.ts';
import { unitCodeOf } from './units.ts';

type UnitCodes = Record<string, string>;

export function supplierOf(party: Row<typeof Party>, currency: string): Supplier {
  const lines = party['supplier_payment_term.']?.['lines.'] ?? [];
  const days = lines.map((line) => line['relativedeltas.'].reduce((sum, delta) => sum + (delta.days ?? 0) + 7 * (delta.weeks ?? 0) + 30 * (delta.months ?? 0), 0));
  return { number: party.code, name: party.name ?? party.code, status: party.active ? 'active' : 'inactive', currency, paymentTermsDays: Math.max(0, ...days) };
}

export function itemOf(product: Row<typeof Product>, currency: string, units: UnitCodes): Item {
  const stocking = product['default_uom.'];
  const purchasing = product['purchase_uom.'] ?? stocking;
  const unitsPer = Number(new Big(purchasing.factor).div(stocking.factor).round(6).toFixed());
  const [offer] = product['template.']['product_suppliers.'];
  const isTraced = (product.lot_required ?? []).length > 0;
  const isSerial = isTraced && product['lot_unit.'] !== null;
  return {
    number: product.code ?? '', description: product.name, category: product['categories.'][0]?.name ?? 'uncategorised',
    status: product.active && product.purchasable ? 'active' : 'inactive',
    stockingUnit: unitCodeOf(stocking.symbol, units), purchasingUnit: unitCodeOf(purchasing.symbol, units), unitsPerPurchasingUnit: unitsPer,
    currency, listPrice: offer?.['prices.'][0]?.unit_price ?? new Big(product.cost_price ?? '0').times(unitsPer).round(4).toFixed(),
    tracking: { lot: isTraced && !isSerial, serial: isSerial, expiry: !['none', null].includes(product.shelf_life_state) },
    deviceIdentifiers: product['identifiers.'].map((each) => each.code).filter((code) => code.length >= 6 && code.length <= 25),
    expenseAccount: expenseAccountOf(product) ?? 'none',
    ...(offer ? { preferredSupplier: offer['party.'].code } : {}),
  };
}

export function expenseAccountOf(product: Row<typeof Product>): string | undefined {
  return product['template.']['account_category.']?.['account_expense.']?.code ?? undefined;
}

/** Below a facility's node of the tree a cost centre is that facility's, elsewhere it serves all. */
export function costCenterOf(center: Row<typeof CostCenter>, facilities: string[]): CostCenterModel {
  const parent = center['parent.']?.code ?? '';
  return { code: center.code ?? '', name: center.name, facilities: facilities.includes(parent) ? [parent] : facilities, status: isClosed(center) ? 'closed' : 'open' };
}

export function isClosed({ state, active }: { state: string; active: boolean }): boolean {
  return state === 'closed' || !active;
}

export function accountOf(account: Row<typeof Account>): AccountModel {
  return { code: account.code ?? '', name: account.name, type: accountTypeOf(account['type.']) };
}

/** Tryton flags its account types; equity has no flag of its own and goes by the name of its type. */
function accountTypeOf(type: Row<typeof Account>['type.']): AccountModel['type'] {
  if (type?.statement === 'income') return type.revenue ? 'revenue' : 'expense';
  if (type?.assets || type?.receivable) return 'asset';
  return /equity|capital/i.test(type?.name ?? '') ? 'equity' : 'liability';
}

/** A rule for a warehouse orders from suppliers, one for a shelf fetches from another place. */
export function replenishmentRuleOf(point: Row<typeof OrderPoint>, units: UnitCodes): ReplenishmentRule | undefined {
  const bought = point.type === 'purchase';
  const facility = bought ? point['warehouse_location.']?.code : point['storage_location.']?.['warehouse.']?.code;
  const location = bought ? point['warehouse_location.']?.['storage_location.'].code : point['storage_location.']?.code;
  const { code: itemNumber } = point['product.'];
  if (!facility || !location || !itemNumber) return undefined;
  const source = point['provisioning_location.']?.code;
  return {
    facility, location, itemNumber, reorderPoint: Math.max(0, point.min_quantity ?? 0), maximum: Math.max(0, point.target_quantity),
    unit: unitCodeOf(point['product.']['default_uom.'].symbol, units), source: bought ? 'supplier' : 'transfer', ...(source ? { sourceLocation: source } : {}),
  };
}
