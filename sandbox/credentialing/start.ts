import pg from 'pg';
import type { EhrClient } from '../ehr/authorization.ts';
import { startEhr } from '../ehr/server.ts';
import { createFaults, type Faults } from '../faults.ts';
import { SCHEMA, validOn } from './books.ts';
import { keepFlags } from './flag.ts';
import { createOffice, type Office } from './office.ts';
import { startRegistry, type Registry } from './registry.ts';

export interface CredentialingOptions {
  /** A database of its own: the server beneath keeps one record to a database. */
  databaseUrl: string;
  /** 0 takes a free port. */
  port: number;
  /** Of the national registry of providers. */
  registryPort: number;
  seed: number;
  clients: readonly EhrClient[];
  faults?: Faults;
  registryFaults?: Faults;
  host?: string;
  /** How long a `next` link works. */
  pageLifetimeMs?: number;
}

export interface Credentialing extends Office, Pick<Registry, 'enumerate' | 'deactivate'> {
  fhirUrl: string;
  tokenUrl: string;
  registryUrl: string;
  faults: Faults;
  registryFaults: Faults;
  /** Who holds what on a day, for the reconciliation. */
  validOn(day: string): ReturnType<typeof validOn>;
  close(): Promise<void>;
}

/** Starts the credentialing office, whose record is a FHIR server, and the national registry of providers beside it. */
export async function startCredentialing({ registryPort, registryFaults, host = '127.0.0.1', ...options }: CredentialingOptions): Promise<Credentialing> {
  keepFlags();
  const server = await startEhr({ ...options, host });
  const pool = new pg.Pool({ connectionString: options.databaseUrl, max: 4 });
  pool.on('error', (error) => process.emitWarning(`Credentialing lost a connection to its database: ${error.message}`));
  pool.on('connect', (client) => client.on('error', () => undefined));
  await pool.query(SCHEMA);
  const ownFaults = registryFaults ?? createFaults(options.seed);
  const registry = await startRegistry(pool, { port: registryPort, host, faults: ownFaults });
  return {
    ...createOffice(pool),
    enumerate: registry.enumerate, deactivate: registry.deactivate,
    fhirUrl: server.fhirUrl, tokenUrl: server.tokenUrl, registryUrl: registry.url,
    faults: server.faults, registryFaults: ownFaults,
    validOn: (day) => validOn(pool, day),
    async close() {
      await registry.close();
      await server.close();
      await pool.end();
    },
  };
}

/** The address of a database beside the given one on the same server, made when there is none. */
export async function databaseBeside(databaseUrl: string, name: string): Promise<string> {
  const url = new URL(databaseUrl);
  const database = `${url.pathname.slice(1)}_${name}`;
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
  return url.href;
}
