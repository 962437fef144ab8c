import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import type { AnyApiModule } from '#chassis/deployable/api-module.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { partnerApi } from '../../experience-apis/partner/api.ts';
import { portalApi } from '../../experience-apis/portal/api.ts';
import { createTestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { payloadKeysIn } from '../support/payload-keys.ts';

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

export interface ExperiencePlatform {
  config: PlatformConfig;
  url: string;
  /** Calls the experience APIs with the token that the gateway would give for this person or client. */
  send(as: Principal, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

export interface ExperienceOptions {
  /** What stands below, all in one deployable of its own. */
  below: readonly AnyApiModule[];
  portal?: object;
  apis?: Record<string, unknown>;
}

/** The experience APIs in a deployable, over HTTP above another with whatever a test puts below. */
export async function startExperience({ below, portal = {}, apis = {} }: ExperienceOptions): Promise<ExperiencePlatform> {
  const database = await createTestDatabase();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  await ensureServiceKeys(keys, ['gateway', 'experience-apis', 'below']);
  const everything = ['procure:*', 'consumption:*', 'erp:*', 'network:*', 'ehr:*', 'hire:*', 'hcm:*'];
  const config: PlatformConfig = {
    environment: 'test', log: { level: 'error' }, database: { url: database.url }, keys: { directory: keys }, payloads: await payloadKeysIn(keys),
    deployables: {
      'experience-apis': { port: await freePort(), apis: ['portal', 'partner'], databaseConnections: 4, grants: { gateway: { scopes: ['portal', 'partner'], actsForOthers: true } } },
      'below': {
        port: await freePort(), apis: below.map((module) => module.contract.name), databaseConnections: 6,
        grants: { 'experience-apis': { scopes: everything, actsForOthers: true }, 'below': { scopes: everything, actsForOthers: true } },
      },
    },
    apis: { portal, ...apis },
  };
  const lower = await startDeployable({ name: 'below', config, modules: below, eventSchemas });
  const upper = await startDeployable({ name: 'experience-apis', config, modules: [portalApi, partnerApi], eventSchemas });
  const tokens = await createServiceTokens({ service: 'gateway', keyDirectory: keys, grants: {} });
  const url = `http://127.0.0.1:${upper.port}`;
  return {
    config, url,
    async send(as, method, address, body, headers = {}) {
      const response = await fetch(`${url}${address}`, {
        method,
        headers: { authorization: `Bearer ${await tokens.sign('experience-apis', as)}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) as unknown : text };
    },
    async stop() {
      await upper.stop();
      await lower.stop();
      await database.drop();
      await rm(keys, { recursive: true });
    },
  };
}

export function person(subject: string, more: Partial<Principal> = {}): Principal {
  return { kind: 'user', subject, service: 'gateway', scopes: ['portal'], roles: ['requester'], facilities: ['MAIN'], name: 'Nina Alvarez', bindings: { costCenters: '7010' }, ...more };
}

export function supplierClient(supplier: string | undefined, more: Partial<Principal> = {}): Principal {
  return { kind: 'client', subject: `partner-${supplier ?? 'nobody'}`, service: 'gateway', scopes: ['partner'], roles: [], facilities: [], bindings: supplier ? { supplier } : {}, ...more };
}
