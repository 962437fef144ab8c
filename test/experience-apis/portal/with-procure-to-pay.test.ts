import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readConfig } from '#chassis/config/config.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { procurementNetwork } from '#contracts/generated/system/procurement-network/v1.ts';
import { procureToPayApi } from '../../../process-apis/procure-to-pay/api.ts';
import { eventually } from '../../support/eventually.ts';
import { person, startExperience, type ExperiencePlatform } from '../experience-platform.ts';
import { fakeApi } from '../fake-api.ts';
import { ask } from './graph-client.ts';

const SANDBOX = resolve(import.meta.dirname, '../../../config/sandbox.yaml');

/** An ERP that knows one stent and has money for it, but takes no orders. */
const systems = [
  fakeApi(erp, {
    listUnitsOfMeasure: async () => ({ items: [{ code: 'EA', name: 'Each' }] }),
    getCostCenter: async ({ costCenter }) => ({ code: costCenter, name: 'Catheterisation laboratory', facilities: ['MAIN'], status: 'open' }),
    getItem: async ({ itemNumber }) => ({
      number: itemNumber, description: 'Drug-eluting stent', category: 'Stents', status: 'active', stockingUnit: 'EA', purchasingUnit: 'EA', unitsPerPurchasingUnit: 1, currency: 'USD', listPrice: '900.00',
      tracking: { lot: true, serial: true, expiry: true }, deviceIdentifiers: [], expenseAccount: '6100', preferredSupplier: 'S-1',
    }),
    getSupplier: async ({ supplierNumber }) => ({ number: supplierNumber, name: 'Stents and more', status: 'active', currency: 'USD', paymentTermsDays: 30 }),
  }, []),
  fakeApi(procurementNetwork, { getContractPrice: async () => { throw new ApiError('not-found', 'There is no such contract.'); } }, []),
  fakeApi(ehr, {}, []),
];

describe('the portal over the real procure-to-pay', () => {
  const nina = person('nina.alvarez');
  const maya = person('maya.cohen', { name: 'Maya Cohen', roles: ['department-manager', 'requester'], bindings: { costCenters: '7010,7030' } });
  const foreign = person('david.okafor', { roles: ['department-manager'], bindings: { costCenters: '7020' } });
  let platform: ExperiencePlatform;
  let workItemId: string;
  before(async () => {
    // Only the policy of the process is looked at; the addresses and secrets of the sandbox are not here.
    const { config } = await readConfig(SANDBOX, {});
    platform = await startExperience({ below: [procureToPayApi, ...systems], portal: { processes: ['PROCURE_TO_PAY'] }, apis: { 'procure-to-pay': config.apis['procure-to-pay'] } });
  });
  after(() => platform.stop());

  const approvals = async (as: typeof nina) => {
    const { body } = await ask(platform, as, '{ approvals { items { id kind title resolutions order { state requester lines { item { number description } } } } } }');
    assert.equal(body.errors, undefined, JSON.stringify(body.errors));
    return (body.data!['approvals'] as { items: { id: string; kind: string; order: { requester: string } }[] }).items;
  };

  test('a nurse asks for stents, and her manager is asked to approve', async () => {
    const { body } = await ask(platform, nina, 'mutation ($input: RequisitionInput!) { submitRequisition(input: $input) { number total requester orders { state supplier { name } } } }',
      { input: { reference: 'cath-42', facility: 'MAIN', costCenter: '7010', justification: 'Case on Monday', lines: [{ itemNumber: 'STENT-1', quantity: 2, unit: 'EA' }] } });
    assert.equal(body.errors, undefined, JSON.stringify(body.errors));
    const requisition = body.data!['submitRequisition'] as { requester: string; orders: { supplier: { name: string } }[] };
    assert.equal(requisition.requester, 'nina.alvarez');
    assert.deepEqual(requisition.orders.map((order) => order.supplier), [{ name: 'Stents and more' }]);
    const items = await eventually(async () => {
      const found = await approvals(maya);
      return found.length === 1 && found;
    });
    assert.equal(items[0]!.order.requester, 'nina.alvarez');
    workItemId = items[0]!.id;
    assert.deepEqual(await approvals(nina), []);
    assert.deepEqual(await approvals(foreign), []);
  });

  test('neither she nor the manager of another cost centre can approve it', async () => {
    for (const somebody of [nina, foreign]) {
      const { body } = await ask(platform, somebody, `mutation { approve(workItemId: "${workItemId}") { status } }`);
      assert.equal(body.errors?.[0]?.extensions.code, 'FORBIDDEN');
    }
  });

  test('her manager approves it once, and the order says so', async () => {
    for (let time = 0; time < 2; time += 1) {
      const { body } = await ask(platform, maya, `mutation { approve(workItemId: "${workItemId}", note: "Needed") { status resolution resolvedBy } }`);
      assert.deepEqual(body.data, { approve: { status: 'resolved', resolution: 'approve', resolvedBy: 'maya.cohen' } });
    }
    const { body } = await ask(platform, nina, '{ requisitions { items { reference orders { approvals { decision by note } timeline { event actor } } } } }');
    const [requisition] = (body.data!['requisitions'] as { items: { reference: string; orders: { approvals: object[]; timeline: { event: string; actor: string | null }[] }[] }[] }).items;
    assert.equal(requisition!.reference, 'cath-42');
    const [order] = requisition!.orders;
    assert.deepEqual(order!.approvals, [{ decision: 'approved', by: 'maya.cohen', note: 'Needed' }]);
    assert.ok(order!.timeline.some((entry) => entry.event === 'approve' && entry.actor === 'maya.cohen'), JSON.stringify(order!.timeline));
  });
});
