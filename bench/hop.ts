import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'undici';
import { Type } from '@sinclair/typebox';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { connect } from '#chassis/contract/connect.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import { defineApi, type Platform } from '#chassis/deployable/api-module.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { erp, type ErpOperations, type Supplier } from '#contracts/generated/system/erp/v1.ts';
import { benchDatabase } from './database.ts';
import { freePort } from '../test/support/free-port.ts';
import { quantile, ratio, round, type BenchReport, type Subject } from './report.ts';

const SUPPLIER: Supplier = { number: 'SUP-100', name: 'Meridian Cardiac Devices', status: 'active', currency: 'USD', paymentTermsDays: 30 };
const ROUNDS = 15;
const CALLS = 4_000;
const PARALLEL = 16;

/**
 * What one boundary between layers costs: a typed call with token, scope, validation of input and answer, deadline,
 * circuit, trace and metrics, over HTTP and within one process, against a bare HTTP exchange of the same body. Client
 * and server share this process, so a figure is the CPU of both ends.
 */
export async function hop(): Promise<BenchReport> {
  const database = await benchDatabase();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-bench-'));
  await ensureServiceKeys(keys, ['system-apis', 'bench']);
  const config: PlatformConfig = {
    environment: 'test', log: { level: 'error' }, database: { url: database.url }, keys: { directory: keys },
    deployables: { 'system-apis': { port: await freePort(), apis: ['erp'], grants: { 'bench': { scopes: ['erp:*'] }, 'system-apis': { scopes: ['erp:*'] } } } },
    apis: {},
  };
  let platform: Platform | undefined;
  const module = defineApi()({ contract: erp, settings: Type.Object({}), create(given) { platform = given; return { operations: onlySuppliers() }; } });
  const deployable = await startDeployable({ name: 'system-apis', config, modules: [module], eventSchemas });
  const bare = createServer((_request, response) => { response.setHeader('content-type', 'application/json').end(JSON.stringify(SUPPLIER)); });
  await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
  const pool = new Pool(`http://127.0.0.1:${(bare.address() as AddressInfo).port}`, { connections: PARALLEL });
  const tokens = await createServiceTokens({ service: 'bench', keyDirectory: keys, grants: {} });
  const remote = connect(erp, {
    transport: (compiled) => overHttp(compiled, { url: `http://127.0.0.1:${deployable.port}`, audience: 'system-apis', tokens, connections: PARALLEL }),
    log: createLog('bench', 'error'), metrics: createMetrics('bench'),
  });
  const local = platform!.connect(erp);

  const ways: Record<string, () => Promise<unknown>> = {
    'bare node:http and undici': async () => JSON.parse(await (await pool.request({ path: '/suppliers/SUP-100', method: 'GET' })).body.text()),
    'callosum': () => remote.getSupplier({ supplierNumber: 'SUP-100' }),
    'callosum in process': () => local.getSupplier({ supplierNumber: 'SUP-100' }),
  };
  try {
    for (const way of Object.values(ways)) await measure(way);
    const samples = new Map<string, Figures[]>();
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      for (const [name, way] of Object.entries(ways)) samples.set(name, [...(samples.get(name) ?? []), await measure(way)]);
    }
    const subjects = [...samples].map(([name, figures]) => median(name, figures));
    const [peer, ours, inside] = subjects as [Subject, Subject, Subject];
    return { bench: 'hop', subjects, ratios: [ratio('cpuMicrosPerRequest', ours, peer), ratio('cpuMicrosPerRequest', inside, peer)] };
  } finally {
    remote.close();
    await pool.close();
    bare.close();
    await deployable.stop();
    await database.drop();
    await rm(keys, { recursive: true });
  }
}

interface Figures { cpuMicrosPerRequest: number; requestsPerSecond: number; p50Ms: number; p99Ms: number }

async function measure(call: () => Promise<unknown>): Promise<Figures> {
  const latencies: number[] = [];
  let left = CALLS;
  const cpu = process.cpuUsage();
  const started = performance.now();
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    while (left > 0) {
      left -= 1;
      const before = performance.now();
      await call();
      latencies.push(performance.now() - before);
    }
  }));
  const seconds = (performance.now() - started) / 1_000;
  const used = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  return { cpuMicrosPerRequest: (used.user + used.system) / CALLS, requestsPerSecond: CALLS / seconds, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}

function median(name: string, figures: Figures[]): Subject {
  const middle = (key: keyof Figures) => round(quantile(figures.map((each) => each[key]).sort((a, b) => a - b), 0.5));
  return { name, cpuMicrosPerRequest: middle('cpuMicrosPerRequest'), requestsPerSecond: middle('requestsPerSecond'), p50Ms: middle('p50Ms'), p99Ms: middle('p99Ms') };
}

/** Everything but the measured operation says plainly that it is not here. */
function onlySuppliers(): Implementation<ErpOperations> {
  const lacking = () => Promise.reject(new ApiError('not-supported', 'Only suppliers are served in this measurement.'));
  const target = { getSupplier: () => Promise.resolve(SUPPLIER) };
  return new Proxy(target, { get: (own, name) => name in own ? own[name as keyof typeof own] : lacking }) as unknown as Implementation<ErpOperations>;
}
