import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Log } from '../telemetry/logger.ts';
import { describeError } from '../telemetry/logger.ts';
import type { Queries } from './database.ts';

/**
 * Proof that a process lives: a session advisory lock that PostgreSQL drops with the connection, so that a killed
 * process is known to be dead within moments and nobody has to agree on clocks.
 */
export interface Lease {
  readonly id: string;
  release(): Promise<void>;
}

// Namespace of our advisory locks, so that another program in the same database cannot collide.
const LEASE_CLASS = 727_301;

export async function takeLease(url: string, log: Log): Promise<Lease> {
  const id = randomUUID();
  let released = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const connection = new pg.Client({ connectionString: url, keepAlive: true });
    connection.on('error', (error) => {
      if (released || client !== connection) return;
      client = undefined;
      log.warn('lease connection lost', describeError(error));
      retry = setTimeout(reconnect, 250);
    });
    await connection.connect();
    await connection.query('select pg_advisory_lock($1, hashtext($2))', [LEASE_CLASS, id]);
    client = connection;
  }

  function reconnect(): void {
    connect().catch((error: unknown) => {
      log.warn('lease could not be taken again', describeError(error));
      if (!released) retry = setTimeout(reconnect, 500);
    });
  }

  await connect();
  return {
    id,
    async release() {
      released = true;
      clearTimeout(retry);
      await client?.end();
    },
  };
}

/** Those of the given leases whose holder is gone. */
export async function deadLeases(database: Queries, leases: string[]): Promise<string[]> {
  if (leases.length === 0) return [];
  const rows = await database.query<{ lease: string }>(
    `select lease from unnest($1::text[]) as lease
     where not exists (
       select 1 from pg_locks
       where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())
         and classid::bigint = $2 and objid::bigint = (hashtext(lease)::bigint & 4294967295) and objsubid = 2)`,
    [leases, LEASE_CLASS]);
  return rows.map((row) => row.lease);
}
