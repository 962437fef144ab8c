import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Type } from '@sinclair/typebox';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { runAs } from '#chassis/contract/caller.ts';
import { connect, type Client } from '#chassis/contract/connect.ts';
import type { Contract } from '#chassis/contract/contract.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import { defineApi, type AnyApiModule, type Platform } from '#chassis/deployable/api-module.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { hireToRetire, type HireToRetireOperations } from '#contracts/generated/process/hire-to-retire/v1.ts';
import { credentialing, type CredentialingOperations, type Standing } from '#contracts/generated/system/credentialing/v1.ts';
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { hcm, type HcmOperations, type Worker } from '#contracts/generated/system/hcm/v1.ts';
import { identity, type IdentityOperations } from '#contracts/generated/system/identity/v1.ts';
import { scheduling, type SchedulingOperations, type Shift } from '#contracts/generated/system/scheduling/v1.ts';
import { hireToRetireApi } from '../../../process-apis/hire-to-retire/api.ts';
import { TARGETS, type Target } from '../../../process-apis/hire-to-retire/person.ts';
import type { Settings } from '../../../process-apis/hire-to-retire/settings.ts';
import { createTestDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { payloadKeysIn } from '../../support/payload-keys.ts';
import { recorded } from '../recording.ts';
import { sampleSettings } from './samples.ts';

/** What the systems in memory hold, and how they misbehave. */
export interface Books {
  workers: Map<string, Worker>;
  standings: Map<string, Standing>;
  /** By target and person. */
  holds: Record<Target, Map<string, { rights: string[]; named: boolean }>>;
  shifts: Shift[];
  /** Targets, and hcm and credentialing, that do not answer. */
  down: Set<string>;
  /** Rights that a target refuses for good. */
  refused: Set<string>;
  /** Everything asked of targets, in order: `badges P-1: entrances, cathlab`. */
  asked: string[];
}

/** The process above systems in memory, spoken to over HTTP as people would. */
export interface House {
  books: Books;
  platform: Platform<EventData>;
  process: Client<HireToRetireOperations>;
  as<T>(principal: Principal, work: () => T): T;
  /** Announces what the HR system would announce. */
  changed(worker: Worker, data?: Partial<EventData['worker.changed.v1']>): Promise<void>;
  tell<Type extends keyof EventData & string>(type: Type, subject: string, data: EventData[Type]): Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'processes';

export const person = (subject: string, roles: readonly string[], personId = `P-${subject}`, facilities: readonly string[] = []): Principal => ({
  kind: 'user', subject, service: 'tester', scopes: [], roles, facilities, bindings: { person: personId },
});

export async function openHouse(settings: Partial<Settings> = {}): Promise<House> {
  const testDatabase = await createTestDatabase();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  await ensureServiceKeys(keys, [NAME, 'tester']);
  const books = newBooks();
  let platform: Platform<EventData> | undefined;
  const modules = [recorded(hireToRetireApi), ...systemsInMemory(books, (given) => { platform = given; })];
  const config: PlatformConfig = {
    environment: 'test', log: { level: 'error' }, database: { url: testDatabase.url }, keys: { directory: keys }, payloads: await payloadKeysIn(keys),
    deployables: {
      [NAME]: {
        port: await freePort(), apis: modules.map((module) => module.contract.name),
        grants: { tester: { scopes: ['hire:*'], actsForOthers: true }, [NAME]: { scopes: ['hcm:*', 'credentialing:*', 'identity:*', 'scheduling:*', 'ehr:*', 'erp:*'], actsForOthers: true } },
      },
    },
    apis: { 'hire-to-retire': { ...sampleSettings(), ...settings } },
  };
  const deployable = await startDeployable({ name: NAME, config, modules, eventSchemas });
  const tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
  let transport: ReturnType<typeof overHttp> | undefined;
  const client = connect(hireToRetire, {
    transport: (compiled) => (transport = overHttp(compiled, { url: `http://127.0.0.1:${config.deployables[NAME]!.port}`, audience: NAME, tokens })),
    log: createLog('tester', 'error'), metrics: createMetrics('tester'),
  });
  let changes = 0;
  const tell: House['tell'] = (type, subject, data) => platform!.database.transaction((tx) => platform!.events.publish(tx, { type, subject, data }));

  return {
    books, tell,
    platform: platform!,
    process: client,
    as: runAs,
    async changed(worker, data = {}) {
      books.workers.set(worker.workerId, worker);
      changes += 1;
      await tell('worker.changed.v1', worker.personId, { changeId: `C-${changes}`, workerId: worker.workerId, personId: worker.personId, kind: 'hire', recordedAt: new Date().toISOString(), facility: 'MAIN', ...data });
    },
    async stop() {
      await client.close();
      await transport?.close();
      await deployable.stop();
      await testDatabase.drop();
      await rm(keys, { recursive: true });
    },
  };
}

function newBooks(): Books {
  return {
    workers: new Map(), standings: new Map(), shifts: [], down: new Set(), refused: new Set(), asked: [],
    holds: Object.fromEntries(TARGETS.map((target) => [target, new Map<string, { rights: string[]; named: boolean }>()])) as Books['holds'],
  };
}

function systemsInMemory(books: Books, onCreate: (platform: Platform<EventData>) => void): AnyApiModule[] {
  const up = (system: string) => {
    if (books.down.has(system)) throw new ApiError('unavailable', 'The system does not answer.', { retryAfterMs: 50 });
  };
  /** Holds exactly what is asked for, and says what it then holds. */
  const hold = async (target: Target, personId: string, rights: readonly string[], name: unknown) => {
    up(target);
    books.asked.push(`${target} ${personId}: ${rights.join(', ')}`);
    const unfit = rights.find((right) => books.refused.has(right));
    if (unfit) throw new ApiError('refused', 'There is no such right.', { code: 'unknown-right' });
    if (name !== undefined || books.holds[target].has(personId)) books.holds[target].set(personId, { rights: [...rights], named: true });
    return { rights: books.holds[target].get(personId)?.rights ?? [], confirmedAt: new Date().toISOString() };
  };
  const holders = (target: Target) => {
    up(target);
    return [...books.holds[target]].map(([personId, { rights }]) => ({ personId, rights }));
  };
  const named = (rights: readonly string[], kind: string) => rights.filter((right) => right.startsWith(kind)).map((right) => right.slice(kind.length));

  const hcmInMemory: Partial<Implementation<HcmOperations>> = {
    async listWorkers({ personId }) {
      up('hcm');
      return { items: [...books.workers.values()].filter((each) => each.personId === personId).map(({ workerId, version }) => ({ workerId, personId: personId!, version })) };
    },
    async getWorker({ workerId }) {
      up('hcm');
      return books.workers.get(workerId)!;
    },
    async getDepartment({ departmentCode }) {
      const costCenter = ({ CATHLAB: '7010', ED: '7040', CLINIC: '7050' } as Record<string, string>)[departmentCode];
      if (!costCenter && departmentCode !== 'VOLUNTEERS') throw new ApiError('not-found', 'No such department.');
      return { code: departmentCode, name: departmentCode, facilities: ['MAIN'], ...(costCenter ? { costCenter } : {}) };
    },
    async getJob({ jobCode }) {
      if (!['RN', 'RPH', 'SYSADM', 'VOL'].includes(jobCode)) throw new ApiError('not-found', 'No such job.');
      return { code: jobCode, title: jobCode, isClinical: true };
    },
  };
  const credentialingInMemory: Partial<Implementation<CredentialingOperations>> = {
    async getStanding({ personId }) {
      up('credentialing');
      return books.standings.get(personId) ?? { personId, credentials: [], sanctions: [] };
    },
  };
  const identityInMemory: Partial<Implementation<IdentityOperations>> = {
    async holdAccount({ directory, personId, body }) {
      const { rights, confirmedAt } = await hold(directory as Target, personId, body.rights, body.name);
      return { status: !books.holds[directory as Target].has(personId) ? 'none' as const : body.status, rights, confirmedAt };
    },
    async listAccounts({ directory }) {
      return { items: holders(directory as Target).map(({ personId, rights }) => ({ personId, directory, accountId: personId, userName: personId, status: rights.length > 0 ? 'active' as const : 'disabled' as const, rights })) };
    },
  };
  const schedulingInMemory: Partial<Implementation<SchedulingOperations>> = {
    async holdEligibility({ personId, body: { units, skills, name } }) {
      const { rights, confirmedAt } = await hold('scheduling', personId, [...units.map((unit) => `unit/${unit}`), ...skills.map((skill) => `skill/${skill}`)], name);
      const gaps = books.shifts.filter((shift) => shift.personId === personId && !units.includes(shift.unit));
      for (const shift of gaps) delete shift.personId;
      return { units: named(rights, 'unit/'), skills: named(rights, 'skill/'), confirmedAt, gaps: structuredClone(gaps) };
    },
    async listEligibilities() {
      return { items: holders('scheduling').map(({ personId, rights }) => ({ personId, units: named(rights, 'unit/'), skills: named(rights, 'skill/') })) };
    },
  };
  const ehrInMemory = {
    async holdClinicalUser({ personId, body: { roles, name } }: { personId: string; body: { roles: string[]; name?: unknown } }) {
      const { rights, confirmedAt } = await hold('clinical', personId, roles, name);
      return { active: rights.length > 0, roles: rights, confirmedAt };
    },
    async listClinicalUsers() {
      return { items: holders('clinical').map(({ personId, rights }) => ({ personId, active: rights.length > 0, roles: rights })) };
    },
  };
  const erpInMemory = {
    async holdEmployee({ personId, body: { facility, costCenter, name } }: { personId: string; body: { facility?: string; costCenter?: string; name?: unknown } }) {
      const { rights, confirmedAt } = await hold('business', personId, facility ? [`${facility}/${costCenter}`] : [], name);
      return { ...chargedTo(rights), confirmedAt };
    },
    async listEmployees() {
      return { items: holders('business').map(({ personId, rights }) => ({ personId, ...chargedTo(rights) })) };
    },
  };
  return [
    moduleOf(hcm, hcmInMemory, onCreate), moduleOf(credentialing, credentialingInMemory), moduleOf(identity, identityInMemory), moduleOf(scheduling, schedulingInMemory), moduleOf(ehr, ehrInMemory), moduleOf(erp, erpInMemory),
  ];
}

function chargedTo([right]: readonly string[]): { active: boolean; facility?: string; costCenter?: string } {
  const [facility, costCenter] = right?.split('/') ?? [];
  return { active: right !== undefined, ...(facility && costCenter ? { facility, costCenter } : {}) };
}

/** What the process does not ask for is not there. */
function moduleOf<Ops>(contract: Contract<Ops>, operations: object, onCreate?: (platform: Platform<EventData>) => void): AnyApiModule {
  const all = new Proxy(operations, {
    get: (known, name) => Reflect.get(known, name) as unknown ?? (() => { throw new ApiError('not-supported', `The process does not need ${String(name)}.`); }),
  });
  return defineApi<EventData>()({
    contract, settings: Type.Object({}, { additionalProperties: false }),
    create(platform) {
      onCreate?.(platform);
      return { operations: all as Implementation<Ops> };
    },
  });
}
