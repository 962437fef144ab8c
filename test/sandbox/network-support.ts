import { setTimeout as pause } from 'node:timers/promises';
import { startNetwork } from '../../sandbox/network/start.ts';
import type { Network, NetworkOptions } from '../../sandbox/network/start.ts';
import { createTestDatabase } from '../support/database.ts';

export type Json = Record<string, unknown>;

/** As much as a Coupa answer has to be for a test to look into it. */
export interface CoupaRecord {
  id: number;
  status: string;
  exported: boolean;
  [name: string]: unknown;
}

export interface Answer<Body = Json> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Coupa {
  token: string;
  get<Body = CoupaRecord[]>(path: string): Promise<Answer<Body>>;
  send<Body = CoupaRecord>(method: 'POST' | 'PUT', path: string, body?: unknown): Promise<Answer<Body>>;
}

/** A network of its own on a free port, with generous limits and quick suppliers; closed and dropped by `dispose`. */
export async function networkForTest(options: Partial<NetworkOptions> = {}): Promise<Network & { databaseUrl: string; dispose(): Promise<void> }> {
  const database = await createTestDatabase();
  const network = await startNetwork({ ...quick, ...options, databaseUrl: database.url });
  return {
    ...network,
    databaseUrl: database.url,
    async dispose() {
      await network.close();
      await database.drop();
    },
  };
}

export const quick = { port: 0, seed: 7, msPerHour: 0.2, retryBaseMs: 5, portalPollMs: 5, quota: { perSecond: 10_000, burst: 10_000 } } as const;

export async function call<Body = Json>(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

export async function signOn(network: Pick<Network, 'url' | 'clients'>, scope?: string): Promise<Coupa> {
  const client = network.clients[0];
  const response = await fetch(`${network.url}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client?.id ?? '',
      client_secret: client?.secret ?? '',
      ...(scope === undefined ? {} : { scope }),
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  return {
    token,
    get: (path) => call('GET', `${network.url}/api${path}`, undefined, headers),
    send: (method, path, body) => call(method, `${network.url}/api${path}`, body, headers),
  };
}

const MOST_QUESTIONS = 5000;

/** Asks again until there is an answer, and gives up when none can be expected any more. */
export async function until<Result>(ask: () => Promise<Result | undefined | false>): Promise<Result> {
  for (let question = 0; question < MOST_QUESTIONS; question += 1) {
    const result = await ask();
    if (result !== undefined && result !== false) return result;
    await pause(5);
  }
  throw new Error(`Waited in vain for: ${ask.toString()}`);
}

/** A purchase order for Harborline's stent, changed as the test likes. */
export function purchaseOrder(poNumber: string, reference: string, change: Json = {}, line: Json = {}): Json {
  return {
    'po-number': poNumber,
    supplier: { number: 'SUP-100' },
    currency: { code: 'USD' },
    'ship-to-address': { 'location-code': 'MAIN' },
    'custom-fields': { 'requisition-reference': reference },
    'order-lines': [
      { 'line-num': '1', item: { 'item-number': 'IMP-1001' }, description: 'Stent', quantity: '4', price: '1450.00', uom: { code: 'EA' }, 'need-by-date': '2026-12-01', ...line },
    ],
    ...change,
  };
}

/** Places and issues an order and returns its Coupa record. */
export async function order(coupa: Coupa, body: Json): Promise<CoupaRecord> {
  const created = await coupa.send('POST', '/purchase_orders', body);
  if (created.status !== 201) throw new Error(`The order was refused: ${JSON.stringify(created.body)}`);
  const issued = await coupa.send('PUT', `/purchase_orders/${created.body.id}/issue`);
  return issued.body;
}
