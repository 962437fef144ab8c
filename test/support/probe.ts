import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Type } from '@sinclair/typebox';
import type { PlatformConfig } from '#chassis/config/config.ts';
import type { PayloadSettings } from '#chassis/payloads/settings.ts';
import type { Contract } from '#chassis/contract/contract.ts';
import { defineApi, type Platform } from '#chassis/deployable/api-module.ts';
import { startDeployable, type Deployable } from '#chassis/deployable/deployable.ts';
import type { EventSchemaDocument } from '#chassis/events/event-schemas.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { Watch } from '#chassis/watches/watch.ts';
import { freePort } from './free-port.ts';

/** A deployable with whatever a test puts into it, and its insides within reach. */
export interface Probe {
  platform: Platform;
  deployable: Deployable;
  url: string;
  tx<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Lets the timers look at the clock at once. */
  wakeTimers(): Promise<void>;
  stop(): Promise<void>;
}

export interface ProbeOptions {
  name?: string;
  clock?: Clock;
  eventSchemas?: EventSchemaDocument;
  watches?: Watch[];
  moveConcurrency?: number;
  databaseConnections?: number;
  log?: 'error' | 'warn' | 'info' | 'debug';
  /** Deployables beside this one, and the keys that all of them share. */
  neighbours?: PlatformConfig['deployables'];
  keys?: string;
  /** Master keys, for what keeps bodies. */
  payloads?: PayloadSettings;
  /** An event broker; none when absent. */
  nats?: PlatformConfig['nats'];
}

const anything: EventSchemaDocument = { messages: { 'thing.happened.v1': {}, 'other.happened.v1': {} }, schemas: {} };
const nothing: Contract = { name: 'probe', layer: 'process', version: 'v1', document: { openapi: '3.1.0', servers: [{ url: '/probe/v1' }], paths: {} } };

export async function startProbe(databaseUrl: string, define: (platform: Platform) => void, options: ProbeOptions = {}): Promise<Probe> {
  const { name = 'probe', clock, eventSchemas = anything, moveConcurrency = 10, databaseConnections = 12, log = 'error', neighbours = {} } = options;
  const ownKeys = options.keys === undefined ? await mkdtemp(path.join(tmpdir(), 'callosum-keys-')) : undefined;
  const keys = options.keys ?? ownKeys!;
  const forgetKeys = async () => { if (ownKeys) await rm(ownKeys, { recursive: true, force: true }); };
  await ensureServiceKeys(keys, [name]);
  let platform: Platform | undefined;
  const module = defineApi()({
    contract: nothing,
    settings: Type.Object({}),
    create(given) {
      platform = given;
      define(given);
      return { operations: {}, watches: options.watches ?? [] };
    },
  });
  const port = await freePort();
  const deployable = await startDeployable({
    name, modules: [module], eventSchemas, ...(clock ? { clock } : {}),
    config: {
      environment: 'test', log: { level: log }, database: { url: databaseUrl }, keys: { directory: keys }, apis: {}, ...(options.payloads ? { payloads: options.payloads } : {}), ...(options.nats ? { nats: options.nats } : {}),
      deployables: { ...neighbours, [name]: { port, apis: ['probe'], moveConcurrency, databaseConnections } },
    },
  }).catch(async (error: unknown) => {
    await forgetKeys();
    throw error;
  });
  const probe = platform!;
  return {
    platform: probe, deployable, url: `http://127.0.0.1:${port}`,
    tx: (work) => probe.database.transaction(work),
    async wakeTimers() { await probe.database.query(`select pg_notify('callosum', 'timers')`); },
    async stop() {
      await deployable.stop();
      await forgetKeys();
    },
  };
}
