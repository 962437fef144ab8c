import { erpConformance, type ErpFixture } from './conformance.ts';
import { openAdapter, settingsFor, startSandbox } from './oracle-fusion-support.ts';

const fixture: ErpFixture = {
  currency: 'USD', facility: 'MAIN',
  supplier: { number: 'SUP-130', name: 'Cascade Medical Distribution', paymentTermsDays: 30 },
  item: { number: 'SPL-1001', unit: 'EA', deviceIdentifier: '09520000010010' },
  boxedItem: { number: 'CON-3002', unit: 'BX', stockingUnit: 'EA', unitsPerPurchasingUnit: 100 },
  lotItem: { number: 'IMP-1002', unit: 'EA' },
  serialItem: { number: 'IMP-1101', unit: 'EA' },
  openCostCenter: '7010', closedCostCenter: '7999', otherCostCenter: '7090', otherFacility: 'EAST',
  accounts: { expense: '5110', liability: '2010', asset: '1310' },
  location: 'STORES', otherLocation: 'CATHLAB',
  replenishment: { itemNumber: 'IMP-1002', location: 'CATHLAB', reorderPoint: 12, maximum: 12 },
  budget: { costCenter: '7010', year: new Date().getUTCFullYear(), budgeted: '25000000.00' },
};

erpConformance('Oracle Fusion, against the simulated one', async () => {
  const { erp, stop } = await startSandbox();
  return {
    port: openAdapter(settingsFor(erp.url, erp.credentials)), fixture, tearDown: stop,
    faults: {
      loseNextWriteAnswer: () => erp.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['POST', 'PATCH', 'DELETE'], times: 1 }),
      setDown: (down) => erp.faults.set({ kind: down ? 'down' : 'none' }),
    },
  };
});
