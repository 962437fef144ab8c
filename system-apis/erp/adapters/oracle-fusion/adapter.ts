import { defineAdapter } from '#chassis/adapters/adapter.ts';
import type { ErpPort } from '../../port.ts';
import { capabilitiesOf } from './capabilities.ts';
import { employees } from './employees.ts';
import { connectFusion } from './fusion.ts';
import { invoices } from './invoices.ts';
import { ledger } from './ledger.ts';
import { masterData } from './master-data.ts';
import { orderChanges } from './order-changes.ts';
import { orders } from './orders.ts';
import { payments } from './payments.ts';
import { receipts } from './receipts.ts';
import { requisitions } from './requisitions.ts';
import { FusionSettings } from './settings.ts';
import { stock } from './stock.ts';
import { refuseUnkeepable } from './texts.ts';

/** Oracle Fusion Cloud ERP and SCM by its REST resources. */
export const oracleFusion = defineAdapter<ErpPort>()({
  settings: FusionSettings,
  create(settings, deps) {
    const fusion = connectFusion(settings, deps);
    const { close, ...journals } = ledger(fusion, deps.clock);
    const operations: ErpPort = {
      getCapabilities: () => Promise.resolve({ adapter: 'oracle-fusion', capabilities: capabilitiesOf(settings) }),
      ...masterData(fusion), ...requisitions(fusion), ...orders(fusion), ...orderChanges(fusion), ...receipts(fusion), ...invoices(fusion), ...payments(fusion), ...stock(fusion), ...journals, ...employees(fusion),
    };
    return {
      ...checkingTexts(operations),
      async close() {
        close();
        await fusion.client.close();
        await fusion.people.close();
      },
    };
  },
});

type AnyOperation = (input: { body?: unknown }, call: never) => Promise<unknown>;

function checkingTexts(operations: ErpPort): ErpPort {
  return Object.fromEntries(Object.entries(operations as unknown as Record<string, AnyOperation>).map(([name, operation]) =>
    [name, async (input: { body?: unknown }, call: never) => {
      refuseUnkeepable(input.body);
      return operation(input, call);
    }])) as unknown as ErpPort;
}
