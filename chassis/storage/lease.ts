import { randomUUID } from 'node:crypto';
import type { Log } from '../telemetry/logger.ts';
import type { Queries } from './database.ts';
import { keepConnection } from './kept-connection.ts';

/**
 * Proof that a process lives: a session advisory lock that PostgreSQL drops with the connection, so that a killed
 * process is known to be dead within moments and nobody has to agree on clocks.
 */
export interface Lease {
  readonly id: string;
  release(): Promise<void>;
}

/** Which of the given leases are missing, and which of these for so long that their process is dead. */
export type LeaseWatch = (leases: string[]) => Promise<{ missing: string[]; dead: string[] }>;

// Namespace of our advisory locks, so that another program in the same database cannot collide.
const LEASE_CLASS = 727_301;

/** A process that says nothing for so long hangs or is paused; the server ends its session and others take over. */
const SILENCE_MS = 20_000;
const BEAT_MS = 5_000;

/** How long a lease has to be missing: a process that lost no more than its connection takes it again in less. */
export const LEASE_GRACE_MS = 1_000;

export async function takeLease(url: string, log: Log, { silenceMs = SILENCE_MS, beatMs = BEAT_MS } = {}): Promise<Lease> {
  const id = randomUUID();
  const connection = await keepConnection({
    url, name: 'lease', log, beatMs,
    async prepare(client) {
      await client.query(`set idle_session_timeout = ${silenceMs}`);
      await client.query('select pg_advisory_lock($1, hashtext($2))', [LEASE_CLASS, id]);
    },
  });
  return { id, release: connection.close };
}

/**
 * A suspicion that nobody has looked at for so long has to begin anew: the process may have lived all the time between.
 * Longer than who looks repeatedly pauses between two looks.
 */
const SUSPICION_MS = 300_000;

/**
 * Remembers since when each lease is missing: dead is one that has been missing for longer than the grace. The first
 * look at a dead process therefore only suspects it.
 */
export function watchLeases(database: Queries, now: () => number = () => performance.now()): LeaseWatch {
  const suspicions = new Map<string, { since: number; lookedAt: number }>();
  return async (leases) => {
    const missing = await missingLeases(database, leases);
    const lookedAt = now();
    for (const [lease, last] of suspicions) if (lookedAt - last.lookedAt > SUSPICION_MS) suspicions.delete(lease);
    for (const lease of leases) if (!missing.includes(lease)) suspicions.delete(lease);
    for (const lease of missing) suspicions.set(lease, { since: suspicions.get(lease)?.since ?? lookedAt, lookedAt });
    return { missing, dead: missing.filter((lease) => lookedAt - suspicions.get(lease)!.since >= LEASE_GRACE_MS) };
  };
}

async function missingLeases(database: Queries, leases: string[]): Promise<string[]> {
  if (leases.length === 0) return [];
  const rows = await database.query<{ lease: string }>(`select lease from unnest($1::text[]) as lease where ${isMissing('lease')}`, [leases]);
  return rows.map((row) => row.lease);
}

/** SQL that is true when nobody holds the lease of this name now: its process is dead, or has just lost its connection. */
export function isMissing(lease: string): string {
  return `not exists (
    select 1 from pg_locks
    where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())
      and classid::bigint = ${LEASE_CLASS} and objid::bigint = (hashtext(${lease})::bigint & 4294967295) and objsubid = 2)`;
}
