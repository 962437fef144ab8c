import type { Use } from '#contracts/generated/system/ehr/v1.ts';
import type { Consumption, UsedItem } from '../../../process-apis/consumption-to-replenishment/consumption.ts';
import type { Settings } from '../../../process-apis/consumption-to-replenishment/settings.ts';

export function sampleSettings(): Settings {
  return {
    places: { 'MAIN/CATHLAB': { costCenter: '7010', location: 'CATHLAB' } }, storesCostCenter: '7090', accounts: { inventory: '1310' },
    limits: { refillMs: 3_600_000, correctionMs: 86_400_000 },
  };
}

export function sampleUse(changes: Partial<Use> = {}): Use {
  return { id: 'SupplyDelivery/1', kind: 'supply', status: 'completed', quantity: 2, facility: 'MAIN', department: 'CATHLAB', itemNumber: 'IMP-1', encounterId: 'enc-1', recordedAt: '2026-11-20T08:00:00Z', ...changes };
}

export const usedItem: UsedItem = { itemNumber: 'IMP-1', expenseAccount: '5100', stockingUnit: 'EA', purchasingUnit: 'BX', unitsPerPurchasingUnit: 5, currency: 'USD' };
export const place = { costCenter: '7010', location: 'CATHLAB' };

export function sampleConsumption(changes: Partial<Consumption> = {}): Consumption {
  return {
    use: sampleUse(), namedItem: null, problem: null, place: null, item: null, failedDepletions: 0, isShort: false, movementNumber: null, cost: null, taken: null, requisitionReference: null, replenishment: null, ...changes,
  };
}
