import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { runAs } from '#chassis/contract/caller.ts';
import { connect, type Client } from '#chassis/contract/connect.ts';
import type { Contract } from '#chassis/contract/contract.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { startDeployable, type Deployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import type { Database } from '#chassis/storage/database.ts';
import { contextFrom, runInContext } from '#chassis/telemetry/context.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { consumptionToReplenishment, type ConsumptionToReplenishmentOperations } from '#contracts/generated/process/consumption-to-replenishment/v1.ts';
import { procureToPay, type ProcureToPayOperations } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { consumptionToReplenishmentApi } from '../../../process-apis/consumption-to-replenishment/api.ts';
import { procureToPayApi } from '../../../process-apis/procure-to-pay/api.ts';
import type { Policy } from '../../../process-apis/procure-to-pay/policy.ts';
import { createTestDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { sampleSettings } from '../consumption-to-replenishment/samples.ts';
import { samplePolicy } from '../procure-to-pay/samples.ts';
import { recorded } from '../recording.ts';
import { newCalls, type Calls } from './calls.ts';
import { newEhrBooks, type EhrBooks } from './ehr.ts';
import { newBooks, type ErpBooks } from './erp-books.ts';
import { newNetworkBooks, type NetworkBooks } from './network.ts';
import { people, type Somebody } from './people.ts';
import { systemsInMemory } from './systems.ts';

/** Both processes above systems in memory, all in one deployable, spoken to over HTTP as people would. */
export interface Hospital {
  erp: ErpBooks;
  network: NetworkBooks;
  ehr: EhrBooks;
  calls: Calls;
  database: Database;
  procure: Client<ProcureToPayOperations>;
  consumption: Client<ConsumptionToReplenishmentOperations>;
  /** Does something in a person's name. */
  as<T>(who: Somebody, work: () => T): T;
  /** Everything that is set off by `work` bears this correlation id. */
  inRun<T>(run: string, work: () => T): T;
  /** Announces what a system would announce. */
  tell<Type extends keyof EventData & string>(type: Type, subject: string, data: EventData[Type], id?: string): Promise<void>;
  /** Ends the process in order and starts it again on the same database. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface HospitalOptions {
  policy?: Partial<Policy>;
  limits?: Partial<Policy['limits']>;
  refillMs?: number;
  clock?: Clock;
}

const NAME = 'processes';

export async function startHospital({ policy = {}, limits = {}, refillMs = 3_600_000, clock }: HospitalOptions = {}): Promise<Hospital> {
  const testDatabase = await createTestDatabase();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  await ensureServiceKeys(keys, [NAME, 'tester']);
  const books = { erp: newBooks(), network: newNetworkBooks(), ehr: newEhrBooks() };
  const calls = newCalls();
  let platform: Platform<EventData> | undefined;
  const modules = [recorded(consumptionToReplenishmentApi), recorded(procureToPayApi), ...systemsInMemory(books, calls, (given) => { platform = given; })];
  const sample = samplePolicy();
  const config: PlatformConfig = {
    environment: 'test', log: { level: 'error' }, database: { url: testDatabase.url }, keys: { directory: keys },
    deployables: {
      [NAME]: {
        port: await freePort(), apis: modules.map((module) => module.contract.name),
        grants: { tester: { scopes: ['procure:*', 'consumption:*'], actsForOthers: true }, [NAME]: { scopes: ['erp:*', 'ehr:*', 'network:*'], actsForOthers: true } },
      },
    },
    apis: {
      'procure-to-pay': { ...sample, ...policy, limits: { ...sample.limits, ...limits } },
      'consumption-to-replenishment': { ...sampleSettings(), limits: { refillMs, correctionMs: 86_400_000 } },
    },
  };
  const start = () => startDeployable({ name: NAME, config, modules, eventSchemas, ...(clock ? { clock } : {}) });
  let deployable: Deployable = await start();
  const tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
  const closers: (() => unknown)[] = [];

  function clientOf<Ops>(contract: Contract<Ops>): Client<Ops> {
    const client = connect(contract, {
      transport: (compiled) => {
        const transport = overHttp(compiled, { url: `http://127.0.0.1:${config.deployables[NAME]!.port}`, audience: NAME, tokens });
        closers.push(() => transport.close());
        return transport;
      },
      log: createLog('tester', 'error'), metrics: createMetrics('tester'),
    });
    closers.push(() => client.close());
    return client;
  }

  return {
    ...books, calls,
    get database() { return platform!.database; },
    procure: clientOf(procureToPay),
    consumption: clientOf(consumptionToReplenishment),
    as: (who, work) => runAs(typeof who === 'string' ? people[who] : who, work),
    inRun: (run, work) => runInContext({ ...contextFrom(undefined, undefined), correlationId: run }, work),
    tell: (type, subject, data, id) => platform!.database.transaction((tx) => platform!.events.publish(tx, { type, subject, data, ...(id ? { id } : {}) })),
    async restart() {
      await deployable.stop();
      deployable = await start();
    },
    async stop() {
      for (const close of closers) await close();
      await deployable.stop();
      await testDatabase.drop();
      await rm(keys, { recursive: true });
    },
  };
}
