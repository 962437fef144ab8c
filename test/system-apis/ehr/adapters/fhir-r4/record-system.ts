import { startEhr, type Ehr, type EhrOptions } from '../../../../../sandbox/ehr/server.ts';
import { SYSTEMS } from '../../../../../sandbox/ehr/hospital-record.ts';
import type { JsonObject } from '../../../../../sandbox/ehr/json.ts';
import { createClinician } from '../../../../../sandbox/ehr/clinician.ts';
import type { Happening } from '../../../../../sandbox/ehr/day/clinical-day.ts';
import { checkSection } from '#chassis/config/config.ts';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import type { Call } from '#chassis/contract/serve.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock, type Clock } from '#chassis/time/clock.ts';
import { ehr as contract, type EhrOperations } from '#contracts/generated/system/ehr/v1.ts';
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { fhirR4 } from '../../../../../system-apis/ehr/adapters/fhir-r4/adapter.ts';
import type { FhirSettings } from '../../../../../system-apis/ehr/adapters/fhir-r4/settings.ts';
import type { EhrPort, RecordOperations, UsesFound } from '../../../../../system-apis/ehr/port.ts';
import { createTestDatabase } from '../../../../support/database.ts';

export const SECRET = 'known-to-this-test-only';
export const DAY = '2026-11-20';

/** The simulated record system with the adapter in front of it. */
export interface RecordSystem {
  vendor: Ehr;
  databaseUrl: string;
  adapter: EhrPort & { close(): Promise<void> };
  /** As the platform calls: input and answer are checked against the contract. */
  call<Name extends keyof RecordOperations>(name: Name, input: EhrOperations[Name]['input'], options?: { repeated?: boolean }): Promise<EhrOperations[Name]['output']>;
  record(...happenings: readonly Happening[]): Promise<void>;
  /** Puts or posts a resource as the record system's own staff would. */
  send(method: string, path: string, body?: JsonObject): Promise<JsonObject>;
  poll(position?: unknown): Promise<UsesFound>;
  /** Another adapter on the same record. */
  open(settings?: Partial<FhirSettings>, clock?: Clock): EhrPort & { close(): Promise<void> };
  logged(): string;
  stop(): Promise<void>;
}

export interface RecordSystemOptions {
  vendor?: Partial<EhrOptions>;
  settings?: Partial<FhirSettings>;
  clock?: Clock;
}

export function settingsFor(vendor: Pick<Ehr, 'fhirUrl' | 'tokenUrl'>, more: Partial<FhirSettings> = {}): FhirSettings {
  const settings = {
    baseUrl: vendor.fhirUrl, tokenUrl: vendor.tokenUrl, clientId: 'callosum', secret: SECRET,
    systems: { item: SYSTEMS.item, location: SYSTEMS.location, facility: SYSTEMS.facility, person: SYSTEMS.person, role: SYSTEMS.role, notice: 'https://lakeside.example/ids/notice' },
    uses: { startAt: '2000-01-01T00:00:00Z' },
    ...more,
  };
  const mistakes: string[] = [];
  const checked = checkSection(fhirR4.settings, settings, '/settings', mistakes) as FhirSettings;
  assert.deepEqual(mistakes, []);
  return checked;
}

export async function startRecordSystem({ vendor: options = {}, settings = {}, clock = systemClock }: RecordSystemOptions = {}): Promise<RecordSystem> {
  const database = await createTestDatabase();
  const clients = [
    { clientId: 'callosum', secret: SECRET, scopes: ['system/*.read', 'system/Communication.cruds', 'system/Practitioner.cu', 'system/PractitionerRole.cu'] },
    { clientId: 'staff', secret: SECRET, scopes: ['system/*.cruds'] },
  ];
  const vendor = await startEhr({ databaseUrl: database.url, port: 0, seed: 1, clients, ...options });
  const lines: string[] = [];
  const log = createLog('test', 'debug', new Writable({ write: (line, _encoding, done) => { lines.push(String(line)); done(); } }));
  const open = (more: Partial<FhirSettings> = {}, own: Clock = clock) => fhirR4.create(settingsFor(vendor, { ...settings, ...more }), { log, metrics: createMetrics('test'), clock: own });
  const adapter = open();
  const staff = createClinician({ fhirUrl: vendor.fhirUrl, tokenUrl: vendor.tokenUrl, clientId: 'staff', secret: SECRET });
  const operations = compileContract(contract as Contract).operations;
  let token: string | undefined;

  return {
    vendor, adapter, open, databaseUrl: database.url,
    logged: () => lines.join(''),
    async call(name, input, { repeated = false } = {}) {
      const serve = adapter[name] as unknown as (input: unknown, call: Call) => Promise<never>;
      const answer = await serve.call(adapter, input, { repeated } as Call);
      assert.deepEqual(operations.get(name)!.checkAnswer?.(answer) ?? [], [], `the answer of ${name} keeps the contract`);
      return answer;
    },
    async record(...happenings) {
      for (const each of happenings) await staff.record(each);
    },
    async send(method, path, body) {
      token ??= ((await (await fetch(vendor.tokenUrl, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'staff', client_secret: SECRET }) })).json()) as { access_token: string }).access_token;
      const response = await fetch(`${vendor.fhirUrl}/${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' }, body: body && JSON.stringify(body) });
      const text = await response.text();
      assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
      return text === '' ? {} : (JSON.parse(text) as JsonObject);
    },
    poll: (position) => adapter.pollUses(position),
    async stop() {
      await adapter.close();
      await vendor.close();
      await database.drop();
    },
  };
}
