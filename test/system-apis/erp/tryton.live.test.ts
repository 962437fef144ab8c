import assert from 'node:assert/strict';
import { startLosingProxy } from '../../live/tryton/losing-proxy.ts';
import { startTryton } from '../../live/tryton/start-tryton.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { tryton } from '../../../system-apis/erp/adapters/tryton/adapter.ts';
import { TrytonClient } from '../../../system-apis/erp/adapters/tryton/client.ts';
import { withDefaults } from '../../../system-apis/erp/adapters/tryton/settings.ts';
import { erpConformance, type ErpFixture } from './conformance.ts';

/** Master data of test/live/tryton/seed.py. */
const fixture: ErpFixture = {
  currency: 'USD', facility: 'MAIN',
  supplier: { number: 'SUP-130', name: 'Cascade Medical Distribution', paymentTermsDays: 30 },
  item: { number: 'SPL-1001', unit: 'EA', deviceIdentifier: '09520000010010' },
  boxedItem: { number: 'CON-3002', unit: 'BX', stockingUnit: 'EA', unitsPerPurchasingUnit: 100 },
  lotItem: { number: 'IMP-1002', unit: 'EA' },
  serialItem: { number: 'IMP-1101', unit: 'EA' },
  openCostCenter: '7010', closedCostCenter: '7999', otherCostCenter: '7090', otherFacility: 'EAST',
  accounts: { expense: '5110', liability: '2150', asset: '1310' },
  location: 'STORES', otherLocation: 'CATHLAB',
  replenishment: { itemNumber: 'IMP-1002', location: 'CATHLAB', reorderPoint: 12, maximum: 24 },
  budget: { costCenter: '7010', year: new Date().getUTCFullYear(), budgeted: '0' },
};

erpConformance('Tryton 6.0', async () => {
  const server = await startTryton({ log: (line) => process.stderr.write(`${line}\n`) });
  const proxy = await startLosingProxy(server.url);
  const deps = { log: createLog('erp-live-test', 'error'), metrics: createMetrics('erp-live-test'), clock: systemClock };
  const { database, user, password } = server;
  const port = tryton.create({ url: proxy.url, database, user, password, invoiceClearingAccount: '2150' }, deps);
  const client = new TrytonClient(withDefaults({ url: server.url, database, user, password }), deps);
  const fields = Object.keys(await client.call<object>('model.company.employee.fields_get', [[]]));
  await client.close();
  assert.deepEqual(fields.filter((each) => /analytic|account|cost|center/.test(each)), [], 'employees have no cost centre here, which is why they are declared as lacking');
  assert.ok(fields.includes('end_date'));
  return {
    port, fixture, faults: proxy,
    async tearDown() {
      await proxy.close();
      await server.stop();
    },
  };
});
