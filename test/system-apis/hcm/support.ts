import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Closable } from '#chassis/adapters/adapter.ts';
import { checkSection } from '#chassis/config/config.ts';
import type { Call } from '#chassis/contract/serve.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock, type Clock } from '#chassis/time/clock.ts';
import type { NewWorker } from '#contracts/generated/system/hcm/v1.ts';
import { startWorkday, type Workday, type WorkdayOptions } from '../../../sandbox/hcm/start.ts';
import { workday as adapter } from '../../../system-apis/hcm/adapters/workday/adapter.ts';
import { WorkdaySettings } from '../../../system-apis/hcm/adapters/workday/settings.ts';
import type { HcmPort } from '../../../system-apis/hcm/port.ts';
import { createTestDatabase } from '../../support/database.ts';

export interface Vendor extends Workday {
  stop(): Promise<void>;
}

/** A simulated HR system of its own, which grants so much that no test waits for its turn. */
export async function startVendor(options: Partial<WorkdayOptions> = {}): Promise<Vendor> {
  const database = await createTestDatabase();
  const vendor = await startWorkday({ databaseUrl: database.url, port: 0, seed: 1, quota: { perSecond: 10_000, burst: 10_000 }, approvalMs: () => 40, feedLagMs: () => 0, ...options });
  return Object.assign(vendor, {
    async stop() {
      await vendor.close();
      await database.drop();
    },
  });
}

export function settingsFor({ url, tenant, clients: [client] }: Workday, changes: object = {}): WorkdaySettings {
  const mistakes: string[] = [];
  const settings = checkSection(WorkdaySettings, {
    baseUrl: url, tenant, clientId: client!.id, clientSecret: client!.secret, lateMs: 0,
    quota: { perSecond: 5_000, burst: 1_000 }, businessProcesses: { pollMs: 10 }, ...changes,
  }, '', mistakes);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  return settings;
}

export function openAdapter(settings: WorkdaySettings, clock: Clock = systemClock): Required<HcmPort> & Closable {
  return adapter.create(settings, { log: createLog('workday-test', 'error'), metrics: createMetrics('workday-test'), clock }) as Required<HcmPort> & Closable;
}

export function callOf(repeated = false): Call {
  const principal = { kind: 'service', subject: 'test', service: 'test', scopes: ['hcm:*'], roles: [], facilities: [], bindings: {} } as const;
  return { principal, repeated, idempotencyKey: undefined, signal: AbortSignal.timeout(60_000) };
}

let count = 0;
export const fresh = (kind: string) => `${kind}-${process.pid}-${count += 1}`;

export function aNurse(changes: Partial<NewWorker> = {}): NewWorker {
  return {
    reference: fresh('hire'), name: { given: 'Ada', family: 'Moor' }, hiredOn: '2026-01-05', jobCode: 'RN', departmentCode: 'ED', facility: 'MAIN', fullTimeEquivalent: 1, ...changes,
  };
}

export const atSandbox = { given: 'Ada', family: 'Moor', jobCode: 'RN', departmentCode: 'ED', facility: 'MAIN', hiredOn: '2026-01-05' };

export async function failureOf(call: Promise<unknown>): Promise<ApiError> {
  const thrown = await call.then((answer) => assert.fail(`did not fail but answered ${JSON.stringify(answer)}`), (failure: unknown) => failure);
  assert.ok(thrown instanceof ApiError, String(thrown));
  return thrown;
}

/** Kind, code and pointers of a failure that is expected. */
export async function problemOf(call: Promise<unknown>): Promise<string> {
  const { kind, code, errors = [] } = await failureOf(call);
  return [kind, code, ...errors.map((each) => each.pointer)].join(' ');
}

/** A vendor that answers what the test says; undefined lets the answer of the real one through. */
export async function startProxy(target: string, answer: (method: string, path: string) => { status: number; text: string } | undefined, seen: (status: number) => unknown = () => undefined): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const method = request.method ?? 'GET';
      const own = answer(method, request.url ?? '/');
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => ['authorization', 'content-type', 'accept'].includes(name))) as Record<string, string>;
      const through = own ? undefined : await fetch(`${target}${request.url}`, { method, headers, ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}) });
      const status = own?.status ?? through!.status;
      seen(status);
      response.writeHead(status, { 'content-type': 'application/json' }).end(own?.text ?? await through!.text());
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}
