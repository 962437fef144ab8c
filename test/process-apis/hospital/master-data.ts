import type { Budget, CostCenter, Item, ReplenishmentRule } from '#contracts/generated/system/erp/v1.ts';
import type { ContractPrice } from '#contracts/generated/system/procurement-network/v1.ts';
import { sampleItem } from '../procure-to-pay/samples.ts';

/** What stands in the books of the invented hospital before anything happens. */
export const ITEMS: Item[] = [
  sampleItem({ number: 'IMP-1', deviceIdentifiers: ['09521234567890'], preferredSupplier: 'SUP-1', substitutes: ['IMP-2'] }),
  sampleItem({ number: 'IMP-2', description: 'Stent, coated', preferredSupplier: 'SUP-1' }),
  sampleItem({ number: 'GLV-1', description: 'Gloves', purchasingUnit: 'BX', unitsPerPurchasingUnit: 10, listPrice: '18.00', preferredSupplier: 'SUP-2' }),
  sampleItem({ number: 'OLD-1', status: 'inactive' }),
  sampleItem({ number: 'LOT-1', description: 'Graft', tracking: { lot: true, serial: false, expiry: false } }),
  sampleItem({ number: 'LST-1', description: 'Without contract', listPrice: '12.3456', preferredSupplier: 'SUP-2' }),
];

const price = (supplierNumber: string, itemNumber: string, unitPrice: string, unit = 'EA'): ContractPrice =>
  ({ supplierNumber, itemNumber, contractNumber: 'C-1', unit, unitPrice, currency: 'USD', validFrom: '2026-01-01' });

export const PRICES: ContractPrice[] = [price('SUP-1', 'IMP-1', '100.00'), price('SUP-1', 'IMP-2', '110.00'), price('SUP-2', 'GLV-1', '18.00', 'BX')];

/** An item like the first one, of which nobody else in a test uses anything. */
export function ownItem(number: string, rules: readonly Omit<ReplenishmentRule, 'facility' | 'itemNumber' | 'unit'>[] = []): void {
  ITEMS.push(sampleItem({ number, preferredSupplier: 'SUP-1' }));
  PRICES.push(price('SUP-1', number, '100.00'));
  RULES.push(...rules.map((rule) => ({ ...rule, facility: 'MAIN', itemNumber: number, unit: 'EA' })));
}

/** Per stocking unit: at which the books carry what is on the shelves. */
export const STANDARD_COST: Readonly<Record<string, string>> = { 'IMP-1': '98.00', 'IMP-2': '110.00', 'GLV-1': '1.80', 'LST-1': '12.00' };

export const COST_CENTERS: readonly CostCenter[] = [
  ...['7010', '7020', '7060', '7090'].map((code): CostCenter => ({ code, name: code, facilities: ['MAIN'], status: 'open' })),
  { code: '7999', name: 'Old ward', facilities: ['MAIN'], status: 'closed', closedOn: '2025-12-31' },
];

export const BUDGETS: readonly Budget[] = [{ costCenter: '7060', year: new Date().getUTCFullYear(), currency: 'USD', budgeted: '250.00', committed: '0', actual: '0', available: '250.00' }];

export const ACCOUNTS = ['1010', '1310', '2010', '2150', '5100', '5190', '5900'];

export const RULES: ReplenishmentRule[] = [
  { facility: 'MAIN', location: 'CATHLAB', itemNumber: 'IMP-1', reorderPoint: 4, maximum: 4, unit: 'EA', source: 'supplier' },
  { facility: 'MAIN', location: 'CATHLAB', itemNumber: 'GLV-1', reorderPoint: 20, maximum: 50, unit: 'EA', source: 'transfer', sourceLocation: 'STORES' },
  { facility: 'MAIN', location: 'STORES', itemNumber: 'GLV-1', reorderPoint: 100, maximum: 205, unit: 'EA', source: 'supplier' },
];

export const OPENING_STOCK: readonly [location: string, itemNumber: string, quantity: number][] = [['CATHLAB', 'IMP-1', 1_000], ['CATHLAB', 'GLV-1', 21], ['STORES', 'GLV-1', 130]];
