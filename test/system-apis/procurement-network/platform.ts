import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { runAs } from '#chassis/contract/caller.ts';
import { connect, type CallOptions, type Client } from '#chassis/contract/connect.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import { startDeployable, type Deployable } from '#chassis/deployable/deployable.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { openPayloads } from '#chassis/payloads/open.ts';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import type { Clock } from '#chassis/time/clock.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import type { EventData } from '#contracts/generated/events/events.ts';
import { procurementNetwork, type OrderDispatch, type ProcurementNetworkOperations } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Network, NetworkOptions } from '../../../sandbox/network/start.ts';
import { procurementNetworkApi } from '../../../system-apis/procurement-network/api.ts';
import { networkForTest } from '../../sandbox/network-support.ts';
import { createTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { payloadKeysIn } from '../../support/payload-keys.ts';
import { freePort } from '../../support/free-port.ts';
import { partnerPortal } from './partner-portal.ts';

export type NetworkClient = Client<ProcurementNetworkOperations>;

/** The API, hosted as in production, in front of a simulated network of its own. */
export interface ApiUnderTest {
  /** Documents are handed in by the supplier that they name, everything else is done by a service. */
  client: NetworkClient;
  /** A service that may use everything on its own behalf. */
  service: NetworkClient;
  network: Network & { databaseUrl: string };
  database: Database;
  payloads: Payloads;
  config: PlatformConfig;
  url: string;
  /** One request as any program could send it. */
  request(method: string, path: string, options?: { headers?: Record<string, string>; body?: string; as?: Principal }): Promise<{ status: number; headers: Headers; text: string }>;
  /** Posts an interchange as the value-added network does, or as somebody else; null is the service itself. */
  handIn(interchange: string, as?: Principal | null): Promise<{ status: number; text: string }>;
  /** Events about an order, in the order in which they were written. */
  events<Type extends keyof EventData & string>(orderNumber: string, type: Type): Promise<EventData[Type][]>;
  /** As `events`, when there are so many. */
  told<Type extends keyof EventData & string>(orderNumber: string, type: Type, count?: number): Promise<EventData[Type][]>;
  /** When the supplier has nothing more to do for the order, all its documents are here and have been confirmed. */
  quiet(orderNumber: string): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface ApiUnderTestOptions {
  network?: Partial<NetworkOptions>;
  /** Of the coupa channel, beside address and credentials. */
  coupa?: Record<string, unknown>;
  pollMs?: number;
  clock?: Clock;
  /** The suppliers of the partner API and of X12 reach us. */
  connected?: boolean;
}

const VAN_TOKEN = 'mailboxes-of-this-test-only';
export const ADDRESS = 'ZZ:LAKESIDE';

/** Limits of a test that is about something else. */
const UNLIMITED = { quota: { perSecond: 10_000, burst: 10_000 } };

export function settingsFor(network: Pick<Network, 'url' | 'clients'>, { coupa = UNLIMITED, pollMs = 20 }: Pick<ApiUnderTestOptions, 'coupa' | 'pollMs'> = {}) {
  const [client] = network.clients;
  return {
    channels: {
      coupa: { adapter: 'coupa', settings: { baseUrl: network.url, clientId: client!.id, clientSecret: client!.secret, ...coupa } },
      x12: {
        adapter: 'x12', catalog: 'coupa',
        settings: { baseUrl: network.url, token: VAN_TOKEN, address: ADDRESS, usage: 'T', suppliers: { 'SUP-130': { address: '12:5550130130' }, 'SUP-140': { address: 'ZZ:PRAIRIESURG' } } },
      },
      partner: { adapter: 'partner', catalog: 'coupa' },
    },
    suppliers: { 'SUP-130': 'x12', 'SUP-140': 'x12', 'SUP-150': 'partner' },
    defaultChannel: 'coupa',
    pollMs,
  };
}

export async function startApi({ network: networkOptions = {}, clock, connected = true, ...options }: ApiUnderTestOptions = {}): Promise<ApiUnderTest> {
  const network = await networkForTest({ vanToken: VAN_TOKEN, ...networkOptions });
  const own = await createTestDatabase();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  await ensureServiceKeys(keys, ['system-apis', 'tester']);
  const port = await freePort();
  const config: PlatformConfig = {
    environment: 'test', log: { level: (process.env['TEST_LOG'] ?? 'error') as 'error' }, database: { url: own.url }, keys: { directory: keys }, payloads: await payloadKeysIn(keys),
    deployables: { 'system-apis': { port, apis: ['procurement-network'], grants: { tester: { scopes: ['network:*'], actsForOthers: true } } } },
    apis: { 'procurement-network': settingsFor(network, options) },
  };
  const start = () => startDeployable({ name: 'system-apis', config, modules: [procurementNetworkApi], eventSchemas, ...(clock ? { clock } : {}) });
  let deployable: Deployable = await start();
  const tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
  const log = createLog('tester', 'error');
  const url = `http://127.0.0.1:${port}`;
  const transports: { close(): Promise<void> }[] = [];
  const client = connect(procurementNetwork, {
    transport(compiled) {
      const transport = overHttp(compiled, { url, audience: 'system-apis', tokens });
      transports.push(transport);
      return transport;
    },
    log, metrics: createMetrics('tester'),
  });
  const asSuppliers = inTheirName(client);
  const database = openDatabase({ url: own.url, log, maxConnections: 3 });
  const { payloads } = await openPayloads(config.payloads!, { database, log });
  if (connected) {
    network.connectVan({ callbackUrl: `${url}/procurement-network/v1/interchanges`, headers: async () => ({ authorization: `Bearer ${await tokens.sign('system-apis', EXCHANGE)}` }) });
    network.connectPortal(partnerPortal(asSuppliers));
  }

  async function events<Type extends keyof EventData & string>(orderNumber: string, type: Type): Promise<EventData[Type][]> {
    const rows = await database.query<{ data: EventData[Type] }>('select data from chassis.events where subject = $1 and type = $2 order by seq', [orderNumber, type]);
    return rows.map((row) => row.data);
  }

  return {
    client: asSuppliers, service: client, network, database, payloads, config, url, events,
    async request(method, where, { headers = {}, body, as } = {}) {
      const response = await fetch(`${url}/procurement-network/v1${where}`, { method, headers: { authorization: `Bearer ${await tokens.sign('system-apis', as)}`, ...headers }, ...(body === undefined ? {} : { body }) });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    async handIn(interchange, as = EXCHANGE) {
      const response = await fetch(`${url}/procurement-network/v1/interchanges`, { method: 'POST', headers: { authorization: `Bearer ${await tokens.sign('system-apis', as ?? undefined)}`, 'content-type': 'application/edi-x12' }, body: interchange });
      return { status: response.status, text: await response.text() };
    },
    told: (orderNumber, type, count = 1) => eventually(async () => {
      const found = await events(orderNumber, type);
      return found.length >= count && found;
    }),
    async quiet(orderNumber) {
      await eventually(async () => {
        const pending = await fetch(`${network.url}/control/orders/${encodeURIComponent(orderNumber)}`);
        const { openTasks, waitingDocuments } = await pending.json() as { openTasks: number; waitingDocuments: number };
        return openTasks === 0 && waitingDocuments === 0;
      });
      await eventually(async () => (await unexported(network.databaseUrl, orderNumber)) === 0);
    },
    async restart() {
      await deployable.stop();
      deployable = await start();
    },
    async stop() {
      await network.dispose();
      client.close();
      for (const transport of transports) await transport.close();
      await deployable.stop();
      await database.close();
      await own.drop();
      await rm(keys, { recursive: true });
    },
  };
}

export function supplier(supplierNumber: string): Principal {
  return { kind: 'client', subject: `partner-${supplierNumber}`, service: 'tester', scopes: ['partner'], roles: [], facilities: [], bindings: { supplier: supplierNumber } };
}

/** The value-added network. */
export const EXCHANGE: Principal = { kind: 'client', subject: 'van', service: 'tester', scopes: ['partner'], roles: [], facilities: [], bindings: { exchange: 'x12' } };

function inTheirName(client: NetworkClient): NetworkClient {
  const as = <Input extends { body: { supplierNumber: string } }, Output>(send: (input: Input, options?: CallOptions) => Promise<Output>) =>
    (input: Input, options?: CallOptions) => runAs(supplier(input.body.supplierNumber), () => send(input, options));
  return { ...client, receiveAcknowledgement: as(client.receiveAcknowledgement), receiveShipNotice: as(client.receiveShipNotice), receiveInvoice: as(client.receiveInvoice) };
}

/** Records of an order that wait to be fetched. */
async function unexported(databaseUrl: string, orderNumber: string): Promise<number> {
  const database = openDatabase({ url: databaseUrl, log: createLog('tester', 'error'), maxConnections: 1 });
  try {
    const [row] = await database.query<{ count: number }>(
      `select (select count(*) from network.acknowledgements t join network.orders o on o.id = t.order_id where o.po_number = $1 and t.exported = false)
            + (select count(*) from network.shipments t join network.orders o on o.id = t.order_id where o.po_number = $1 and t.exported = false)
            + (select count(*) from network.invoices t join network.orders o on o.id = t.order_id where o.po_number = $1 and t.exported = false) as count`, [orderNumber]);
    return row!.count;
  } finally {
    await database.close();
  }
}

/** An order with a line, as the process sends it. */
export function dispatch(orderNumber: string, change: Partial<OrderDispatch> = {}, line: Partial<OrderDispatch['lines'][number]> = {}): OrderDispatch {
  return {
    orderNumber, supplierNumber: 'SUP-100', requisitionReference: `REQ-${orderNumber}`, facility: 'MAIN', urgency: 'standard', orderedOn: '2026-11-20', currency: 'USD',
    lines: [{ line: 1, itemNumber: 'IMP-1001', description: 'Stent', quantity: 4, unit: 'EA', unitPrice: '1450.00', neededBy: '2026-12-01', ...line }],
    ...change,
  };
}
