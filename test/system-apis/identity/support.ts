import pg from 'pg';
import type { AdapterDeps } from '#chassis/adapters/adapter.ts';
import { checkSection } from '#chassis/config/config.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { startDirectory, type RunningDirectory } from '../../../sandbox/directory/start.ts';
import { startScim, type RunningScim, type ScimTenant } from '../../../sandbox/scim/start.ts';
import { ldap } from '../../../system-apis/identity/adapters/ldap/adapter.ts';
import { LdapSettings } from '../../../system-apis/identity/adapters/ldap/settings.ts';
import { scim } from '../../../system-apis/identity/adapters/scim/adapter.ts';
import { ScimSettings } from '../../../system-apis/identity/adapters/scim/settings.ts';
import { createTestDatabase } from '../../support/database.ts';
import { RIGHTS } from './conformance.ts';

export const deps: AdapterDeps = { log: createLog('identity-test', 'error'), metrics: createMetrics('identity-test'), clock: systemClock };

export function openLdap(settings: object) {
  return ldap.create(checked(LdapSettings, settings), deps);
}

export function openScim(settings: object) {
  return scim.create(checked(ScimSettings, settings), deps);
}

function checked<S extends Parameters<typeof checkSection>[0]>(schema: S, settings: object) {
  const mistakes: string[] = [];
  const section = checkSection(schema, settings, '', mistakes);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  return section;
}

export interface Books {
  url: string;
  rows<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
}

export type LdapSandbox = RunningDirectory & { books: Books; stop(): Promise<void> };
export type ScimSandbox = RunningScim & { books: Books; stop(): Promise<void> };

export async function ldapSandbox(tls?: Parameters<typeof startDirectory>[0]['tls']): Promise<LdapSandbox> {
  const books = await openBooks();
  const directory = await startDirectory({ databaseUrl: books.url, port: 0, seed: 1, groups: RIGHTS, tls });
  return { ...directory, books, stop: () => stopped(directory, books) };
}

export async function scimSandbox(tenants: Record<string, ScimTenant>): Promise<ScimSandbox> {
  const books = await openBooks();
  const provider = await startScim({ databaseUrl: books.url, port: 0, seed: 1, tenants });
  return { ...provider, books, stop: () => stopped(provider, books) };
}

export function ldapSettings({ url, serviceDn, password, people, groups }: Pick<RunningDirectory, 'url' | 'serviceDn' | 'password' | 'people' | 'groups'>) {
  return { url, startTls: false, bindDn: serviceDn, password, people, groups, placeholder: serviceDn };
}

async function openBooks(): Promise<Books & { close(): Promise<void> }> {
  const database = await createTestDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  return {
    url: database.url,
    async rows<Row extends object>(text: string, values: unknown[] = []) { return (await pool.query<Row>(text, values)).rows; },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

async function stopped(vendor: { close(): Promise<void> }, books: Books & { close(): Promise<void> }): Promise<void> {
  await vendor.close();
  await books.close();
}
