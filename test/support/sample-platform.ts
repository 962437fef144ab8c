import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { connect, type Client } from '#chassis/contract/connect.ts';
import type { Contract } from '#chassis/contract/contract.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import { runAs } from '#chassis/contract/caller.ts';
import { startDeployable, type Deployable } from '#chassis/deployable/deployable.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens, type ServiceTokens } from '#chassis/security/service-tokens.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import type { Clock } from '#chassis/time/clock.ts';
import { freePort } from './free-port.ts';
import { createTestDatabase } from './database.ts';
import { depotApi, newShelves, sampleEventSchemas, shopApi, type Shelves } from './sample-apis.ts';

export interface RawAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** Both APIs in one process, or each in a deployable of its own: the same tests must pass in both shapes. */
export type Shape = 'together' | 'apart';

export interface SamplePlatform {
  shelves: Shelves;
  config: PlatformConfig;
  deployables: Deployable[];
  tokens: ServiceTokens;
  /** A client over HTTP as the outside service `tester`, or on behalf of a person. */
  client<Ops>(contract: Contract<Ops>): Client<Ops>;
  as<T>(person: Partial<Principal>, work: () => T): T;
  url(api: string): string;
  /** Name of the deployable that serves the API, to which tokens are made out. */
  audience(api: string): string;
  /** One request as any program could send it, with a good token where none is given. */
  request(api: string, method: string, path: string, options?: { headers?: Record<string, string>; body?: string | Buffer; token?: string | null }): Promise<RawAnswer>;
  stop(): Promise<void>;
}

export async function startSamplePlatform(shape: Shape, { clock, limitMs = 60_000, actsForOthers = true }: { clock?: Clock; limitMs?: number; actsForOthers?: boolean } = {}): Promise<SamplePlatform> {
  const database = await createTestDatabase();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  await ensureServiceKeys(keys, ['upper', 'lower', 'tester', 'reader', 'stranger']);
  const grants = { tester: { scopes: ['shop:*', 'depot:*'], actsForOthers: true }, reader: { scopes: ['shop:read', 'depot:read'] }, upper: { scopes: ['depot:*'], actsForOthers } };
  const config: PlatformConfig = {
    environment: 'test', log: { level: 'error' }, database: { url: database.url }, keys: { directory: keys },
    deployables: shape === 'together'
      ? { upper: { port: await freePort(), apis: ['shop', 'depot'], grants } }
      : { upper: { port: await freePort(), apis: ['shop'], grants }, lower: { port: await freePort(), apis: ['depot'], grants } },
    apis: { shop: { limitMs } },
  };
  const shelves = newShelves();
  const modules = [shopApi, depotApi(shelves)];
  const deployables: Deployable[] = [];
  for (const name of Object.keys(config.deployables).toReversed()) {
    deployables.push(await startDeployable({ name, config, modules, eventSchemas: sampleEventSchemas, ...(clock ? { clock } : {}) }));
  }
  const tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
  const closers: (() => unknown)[] = [];
  const url = (api: string) => {
    const [, deployable] = Object.entries(config.deployables).find(([, each]) => each.apis.includes(api))!;
    return `http://127.0.0.1:${deployable.port}`;
  };
  const audience = (api: string) => Object.entries(config.deployables).find(([, each]) => each.apis.includes(api))![0];
  return {
    shelves, config, deployables, tokens, url, audience,
    async request(api, method, path, { headers = {}, body, token } = {}) {
      const bearer = token === undefined ? await tokens.sign(audience(api)) : token;
      const response = await fetch(`${url(api)}${path}`, { method, headers: { ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }), ...headers }, ...(body === undefined ? {} : { body }) });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
    },
    client<Ops>(contract: Contract<Ops>) {
      const client = connect(contract, {
        transport: (compiled) => {
          const transport = overHttp(compiled, { url: url(contract.name), audience: audience(contract.name), tokens });
          closers.push(() => transport.close());
          return transport;
        },
        log: createLog('tester', 'error'), metrics: createMetrics('tester'),
      });
      closers.push(() => client.close());
      return client;
    },
    as: (person, work) => runAs({ kind: 'user', subject: 'somebody', service: 'tester', scopes: [], roles: [], facilities: [], bindings: {}, ...person }, work),
    async stop() {
      for (const close of closers) await close();
      for (const deployable of deployables.toReversed()) await deployable.stop();
      await database.drop();
      await rm(keys, { recursive: true });
    },
  };
}
