import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import type { Closable } from '#chassis/adapters/adapter.ts';
import { checkSection } from '#chassis/config/config.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { startCredentialing, type Credentialing, type CredentialingOptions } from '../../../sandbox/credentialing/start.ts';
import { SYSTEMS } from '../../../sandbox/credentialing/records.ts';
import { fhirR4 } from '../../../system-apis/credentialing/adapters/fhir-r4/adapter.ts';
import { FhirSettings } from '../../../system-apis/credentialing/adapters/fhir-r4/settings.ts';
import type { CredentialingPort } from '../../../system-apis/credentialing/port.ts';
import { createTestDatabase } from '../../support/database.ts';

export const SECRET = 'known-to-this-test-only';

/** The credentialing office of the sandbox with the adapter in front of it. */
export interface House {
  office: Credentialing;
  port: CredentialingPort & Closable;
  settings: FhirSettings;
  open(changes?: Partial<FhirSettings>): CredentialingPort & Closable;
  logged(): string;
  leave(): Promise<void>;
}

export async function startHouse(options: Partial<CredentialingOptions> = {}, changes: Partial<FhirSettings> = {}): Promise<House> {
  const database = await createTestDatabase();
  const office = await startCredentialing({
    databaseUrl: database.url, port: 0, registryPort: 0, seed: 1, clients: [{ clientId: 'callosum', secret: SECRET, scopes: ['system/*.rs'] }], ...options,
  });
  const settings = settingsFor(office, changes);
  const lines: string[] = [];
  const log = createLog('test', 'debug', new Writable({ write: (line, _encoding, done) => { lines.push(String(line)); done(); } }));
  const open = (more: Partial<FhirSettings> = {}) => fhirR4.create({ ...settings, ...more }, { log, metrics: createMetrics('test'), clock: systemClock });
  const port = open();
  return {
    office, port, settings, open,
    logged: () => lines.join(''),
    async leave() {
      await port.close();
      await office.close();
      await database.drop();
    },
  };
}

export function settingsFor({ fhirUrl, tokenUrl, registryUrl }: Pick<Credentialing, 'fhirUrl' | 'tokenUrl' | 'registryUrl'>, changes: Partial<FhirSettings> = {}): FhirSettings {
  const { person, credential, code, kind, facility, sanctionList } = SYSTEMS;
  const mistakes: string[] = [];
  const settings = checkSection(FhirSettings, {
    baseUrl: fhirUrl, tokenUrl, registryUrl, clientId: 'callosum', secret: SECRET, systems: { person, credential, code, kind, facility, sanctionList }, timeoutMs: 2_000, ...changes,
  }, '', mistakes);
  assert.deepEqual(mistakes, []);
  return settings;
}
