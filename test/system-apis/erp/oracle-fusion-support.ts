import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { checkSection } from '#chassis/config/config.ts';
import type { Closable } from '#chassis/adapters/adapter.ts';
import type { Call } from '#chassis/contract/serve.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { lineAmount } from '#chassis/money/money.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock, type Clock } from '#chassis/time/clock.ts';
import type { NewErpInvoice, NewErpRequisition, NewJournal, NewPayment, NewPurchaseOrder, NewPurchaseOrderLine, NewReceipt, NewStockMovement, PurchaseOrder } from '#contracts/generated/system/erp/v1.ts';
import { startErp, type RunningErp } from '../../../sandbox/erp/start-erp.ts';
import { oracleFusion } from '../../../system-apis/erp/adapters/oracle-fusion/adapter.ts';
import { FusionSettings } from '../../../system-apis/erp/adapters/oracle-fusion/settings.ts';
import type { ErpPort } from '../../../system-apis/erp/port.ts';
import { createTestDatabase } from '../../support/database.ts';

/** The settings that the sandbox hospital's books need. */
export function settingsFor(baseUrl: string, { user, password }: { user: string; password: string }, changes: object = {}): FusionSettings {
  const mistakes: string[] = [];
  const settings = checkSection(FusionSettings, {
    baseUrl, user, password, businessUnit: 'Lakeside US Business Unit', currency: 'USD',
    facilities: {
      MAIN: { organization: 'MAIN', entity: '101', subinventories: { 7010: 'CATHLAB', 7020: 'THEATRE', 7030: 'EPLAB', 7040: 'ED', 7050: 'CLINIC', 7090: 'STORES' } },
      EAST: { organization: 'EAST', entity: '102', subinventories: { 7050: 'CLINIC', 7090: 'STORES' } },
    },
    chart: { costCenterSet: 'LAKESIDE_COST_CENTER', accountSet: 'LAKESIDE_ACCOUNT' },
    accounts: { inventory: '1310', stockClearing: '2190' },
    employees: { legalEmployer: 'Lakeside Health', expenseAccount: '5110' },
    ledger: { id: '1', dataAccessSetId: '1001' },
    journals: { gatherMs: 10, pollMs: 10, settleMs: 700 },
    cacheMs: 0,
    ...changes,
  }, '', mistakes);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  return settings;
}

export function openAdapter(settings: FusionSettings, clock: Clock = systemClock): ErpPort & Closable {
  return oracleFusion.create(settings, { log: createLog('oracle-fusion-test', 'error'), metrics: createMetrics('oracle-fusion-test'), clock });
}

export interface Sandbox {
  erp: RunningErp;
  databaseUrl: string;
  stop(): Promise<void>;
}

/** One simulated ERP with books of its own, and one item more than the hospital has: bought, kept and used piece by piece, untraced. */
export async function startSandbox(jobDelayMs = 5): Promise<Sandbox> {
  const database = await createTestDatabase();
  const start = () => startErp({ databaseUrl: database.url, port: 0, seed: 1, jobDelayMs });
  await (await start()).close();
  await query(database.url, `
    insert into erp.items (number, description, category, status, manufacturer, manufacturer_part, stocking_uom, purchasing_uom, list_price, contract_price, unit_cost,
      lot_controlled, serial_controlled, expiry_controlled, expense_account, supplier_number, supplier_item)
    select 'SPL-1001', 'Reusable instrument tray', category, status, manufacturer, manufacturer_part, 'EA', 'EA', 9.00, 8.50, 8.25, false, false, false, '5110', 'SUP-130', '130-1001' from erp.items where number = 'CON-3002'`);
  await query(database.url, "insert into erp.item_gtins (gtin, item_number, uom) values ('09520000010010', 'SPL-1001', 'EA')");
  const erp = await start();
  return {
    erp, databaseUrl: database.url,
    async stop() {
      await erp.close();
      await database.drop();
    },
  };
}

export async function query<Row extends object>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

export interface Exchange {
  method: string;
  path: string;
  body: string;
}

export interface Answer {
  status: number;
  text: string;
}

export interface Proxy {
  url: string;
  /** Every exchange since the last look, as `METHOD resource`. */
  seen(): string[];
  /** Holds back or changes what is sent, changes what comes back; undefined leaves it. */
  rewrite: { holdMs?: (exchange: Exchange) => number; request?: (exchange: Exchange) => string | undefined; answer?: (exchange: Exchange, answer: Answer) => Answer | undefined };
  close(): Promise<void>;
}

/** Stands between the adapter and the vendor, counts, and makes of answers what no vendor should send. */
export async function startProxy(target: string): Promise<Proxy> {
  let exchanges: string[] = [];
  const proxy: Pick<Proxy, 'rewrite'> = { rewrite: {} };
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const exchange = { method: request.method ?? 'GET', path: request.url ?? '/', body: Buffer.concat(chunks).toString() };
      exchanges.push(`${exchange.method} ${exchange.path.split('/resources/11.13.18.05/')[1]?.split('?')[0]?.replaceAll(/\/\d+/g, '/{}')}`);
      await sleep(proxy.rewrite.holdMs?.(exchange) ?? 0);
      const body = proxy.rewrite.request?.(exchange) ?? exchange.body;
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name))) as Record<string, string>;
      const answer = await fetch(`${target}${exchange.path}`, { method: exchange.method, headers, ...(body === '' ? {} : { body }) });
      const original = { status: answer.status, text: await answer.text() };
      const { status, text } = proxy.rewrite.answer?.(exchange, original) ?? original;
      response.writeHead(status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
      response.end(status === 204 ? undefined : text);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen() {
      const now = exchanges;
      exchanges = [];
      return now;
    },
    close: () => new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  });
}

/** The call as the edge of the API makes it. */
export function callOf(repeated = false): Call {
  const principal = { kind: 'service', subject: 'test', service: 'test', scopes: ['erp:*'], roles: [], facilities: [], bindings: {} } as const;
  return { principal, repeated, idempotencyKey: undefined, signal: AbortSignal.timeout(60_000) };
}

let count = 0;
export const fresh = (kind: string) => `${kind}-${process.pid}-${count += 1}`;
export const today = () => new Date().toISOString().slice(0, 10);

export function anOrder(changes: Partial<NewPurchaseOrder> = {}, line: Partial<NewPurchaseOrderLine> = {}): NewPurchaseOrder {
  return {
    reference: fresh('po'), supplierNumber: 'SUP-130', facility: 'MAIN', currency: 'USD', description: 'For theatre 2',
    lines: [{ line: 1, itemNumber: 'SPL-1001', quantity: 10, unit: 'EA', unitPrice: '8.50', costCenter: '7010', account: '5110', ...line }], ...changes,
  };
}

export function aRequisition(changes: Partial<NewErpRequisition> = {}): NewErpRequisition {
  return {
    reference: fresh('req'), facility: 'MAIN', costCenter: '7010', requester: 'buyer.one', currency: 'USD',
    lines: [{ itemNumber: 'SPL-1001', quantity: 10, unit: 'EA', unitPrice: '8.50', supplierNumber: 'SUP-130', account: '5110' }], ...changes,
  };
}

export function aReceipt({ number, lines: [line] }: PurchaseOrder, quantity: number, changes: Partial<NewReceipt> = {}): NewReceipt {
  return { reference: fresh('rcv'), orderNumber: number, location: 'STORES', receivedOn: today(), lines: [{ orderLine: 1, itemNumber: line!.itemNumber, quantity, unit: line!.unit }], ...changes };
}

export function anInvoice({ number, supplierNumber, lines: [line] }: PurchaseOrder, quantity: number, unitPrice = line!.unitPrice): NewErpInvoice {
  const amount = lineAmount(quantity, unitPrice);
  return {
    reference: fresh('bill'), supplierNumber, invoiceNumber: fresh('INV'), orderNumber: number, invoicedOn: today(), currency: 'USD', total: amount,
    lines: [{ orderLine: 1, itemNumber: line!.itemNumber, quantity, unit: line!.unit, unitPrice, amount }],
  };
}

export function aPayment({ supplierNumber, invoiceNumber, total: amount }: Pick<NewErpInvoice, 'supplierNumber' | 'invoiceNumber' | 'total'>): NewPayment {
  return { reference: fresh('pay'), supplierNumber, invoiceNumber, amount, currency: 'USD', paidOn: today() };
}

export function anIssue(changes: Partial<NewStockMovement> = {}): NewStockMovement {
  return { reference: fresh('use'), kind: 'issue', facility: 'MAIN', location: 'CATHLAB', itemNumber: 'IMP-1002', quantity: 1, unit: 'EA', costCenter: '7010', occurredAt: new Date().toISOString(), ...changes };
}

export function aJournal(changes: Partial<NewJournal> = {}): NewJournal {
  return {
    reference: fresh('consumption/use'), facility: 'MAIN', source: 'consumption', postedOn: today(), currency: 'USD', description: 'Used',
    lines: [{ account: '5110', costCenter: '7010', debit: '12.34' }, { account: '1310', credit: '12.34' }], ...changes,
  };
}

/** The kind and code of a failure that is expected. */
export async function failureOf(call: Promise<unknown>): Promise<ApiError> {
  const thrown = await call.then((answer) => assert.fail(`did not fail but answered ${JSON.stringify(answer)}`), (failure: unknown) => failure);
  assert.ok(thrown instanceof ApiError, String(thrown));
  return thrown;
}
