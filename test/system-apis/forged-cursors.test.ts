import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens, type ServiceTokens } from '#chassis/security/service-tokens.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { procurementNetwork } from '#contracts/generated/system/procurement-network/v1.ts';
import { ehrApi } from '../../system-apis/ehr/api.ts';
import { erpApi } from '../../system-apis/erp/api.ts';
import { procurementNetworkApi } from '../../system-apis/procurement-network/api.ts';
import { networkForTest } from '../sandbox/network-support.ts';
import { createTestDatabase } from '../support/database.ts';
import { payloadKeysIn } from '../support/payload-keys.ts';
import { freePort } from '../support/free-port.ts';
import { settingsFor as ehrSettings, startRecordSystem } from './ehr/adapters/fhir-r4/record-system.ts';
import { settingsFor as erpSettings, startSandbox } from './erp/oracle-fusion-support.ts';
import { settingsFor as networkSettings } from './procurement-network/platform.ts';
import { forgedCursors, impossibleMoments, keyedByCode, numbersAndCodes } from './forged-cursors.ts';

/** Every list of every system API by `api.operation`: what its position is made of, and what it cannot be asked without. */
const LISTS: Record<string, { position: 'code' | 'other'; query?: string }[]> = {
  'ehr.listProcedures': [{ position: 'other' }],
  'ehr.listClinicalUsers': [{ position: 'other' }],
  'ehr.listMessages': [{ position: 'other' }, { position: 'other', query: 'status=processed' }],
  'erp.listSuppliers': [{ position: 'code' }, { position: 'code', query: 'name=Med' }],
  'erp.listItems': [{ position: 'other' }, { position: 'code', query: 'deviceIdentifier=09520000010010' }],
  'erp.listUnitsOfMeasure': [{ position: 'code' }],
  'erp.listCostCenters': [{ position: 'code' }],
  'erp.listAccounts': [{ position: 'code' }],
  'erp.listRequisitions': [{ position: 'other' }],
  'erp.listPurchaseOrders': [{ position: 'other' }],
  'erp.listReceipts': [{ position: 'other' }, { position: 'other', query: 'orderNumber=1001' }],
  'erp.listInvoices': [{ position: 'other' }],
  'erp.listPayments': [{ position: 'other' }],
  'erp.listStockBalances': [{ position: 'other', query: 'facility=MAIN' }],
  'erp.listStockMovements': [{ position: 'other' }],
  'erp.listReplenishmentRules': [{ position: 'other', query: 'facility=MAIN' }, { position: 'code', query: 'facility=MAIN&itemNumber=SPL-1001' }],
  'erp.listEmployees': [{ position: 'other' }],
  'erp.listJournals': [{ position: 'other' }],
  'procurement-network.listCatalogEntries': [{ position: 'other' }, { position: 'other', query: 'supplierNumber=SUP-100' }],
  'procurement-network.listOrders': [{ position: 'other' }],
  'procurement-network.listDocuments': [{ position: 'other' }],
};

const CONTRACTS = [erp, ehr, procurementNetwork].map((contract) => compileContract(contract as Contract));
const lists = CONTRACTS.flatMap((contract) => [...contract.operations.values()]
  .filter((operation) => operation.parameters.some((parameter) => parameter.name === 'cursor'))
  .map((operation) => ({ name: `${contract.name}.${operation.id}`, path: contract.basePath + operation.path })));

describe('a forged cursor', () => {
  let url: string;
  let tokens: ServiceTokens;
  const enders: (() => Promise<unknown>)[] = [];

  before(async () => {
    const [record, books, network, database] = await Promise.all([startRecordSystem(), startSandbox(), networkForTest({ vanToken: 'mailboxes-of-this-test-only' }), createTestDatabase()]);
    await record.vendor.load();
    const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
    await ensureServiceKeys(keys, ['system-apis', 'tester']);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const config: PlatformConfig = {
      environment: 'test', log: { level: 'error' }, database: { url: database.url }, keys: { directory: keys }, payloads: await payloadKeysIn(keys),
      deployables: { 'system-apis': { port, apis: ['erp', 'ehr', 'procurement-network'], grants: { tester: { scopes: ['erp:*', 'ehr:*', 'network:*'] } } } },
      apis: {
        erp: { adapter: 'oracle-fusion', settings: erpSettings(books.erp.url, books.erp.credentials) },
        ehr: { adapter: 'fhir-r4', settings: ehrSettings(record.vendor) },
        'procurement-network': networkSettings(network),
      },
    };
    const deployable = await startDeployable({ name: 'system-apis', config, modules: [erpApi, ehrApi, procurementNetworkApi], eventSchemas });
    tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
    enders.push(() => deployable.stop(), () => record.stop(), () => books.stop(), () => network.dispose(), () => database.drop(), () => rm(keys, { recursive: true }));
  });
  after(async () => { for (const end of enders) await end(); });

  async function list(where: string, query: string): Promise<{ status: number; type: string | null; body: { next?: string; errors?: { pointer: string }[] } }> {
    const answer = await fetch(`${url}${where.replace(/\{\w+\}/, 'enc-1')}?${query}`, { headers: { authorization: `Bearer ${await tokens.sign('system-apis')}` } });
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() as never };
  }

  test('is tried on every list that there is', () => assert.deepEqual(lists.map(({ name }) => name).toSorted(), Object.keys(LISTS).toSorted()));

  for (const { name, path: where } of lists) {
    for (const { position, query = '' } of LISTS[name] ?? []) {
      test(`is refused by ${name}${query ? ` with ${query}` : ''}, whatever is in it`, async () => {
        const cursors = { ...forgedCursors, ...(position === 'code' ? {} : keyedByCode), ...(name.startsWith('erp') ? {} : numbersAndCodes), ...(name.startsWith('procurement-network') ? impossibleMoments : {}) };
        const answers: string[] = [];
        for (const [what, cursor] of Object.entries(cursors)) {
          const { status, type, body } = await list(where, `${query}${query ? '&' : ''}limit=1&cursor=${encodeURIComponent(cursor)}`);
          const isRefused = status === 400 && type?.startsWith('application/problem+json') && body.errors?.some(({ pointer }) => pointer.endsWith(':cursor'));
          if (!isRefused) answers.push(`${what}: ${status} ${type} ${JSON.stringify(body).slice(0, 200)}`);
        }
        assert.deepEqual(answers, []);
      });
    }
  }

  test('is told from the cursors that the lists give out, which are taken', async () => {
    for (const [where, query] of [['/erp/v1/accounts', ''], ['/erp/v1/items', ''], ['/erp/v1/stock/balances', 'facility=MAIN&'], ['/procurement-network/v1/catalog', '']] as const) {
      const first = await list(where, `${query}limit=1`);
      assert.deepEqual([where, (await list(where, `${query}limit=1&cursor=${first.body.next}`)).status], [where, 200]);
    }
  });
});
