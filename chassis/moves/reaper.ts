import type { Log } from '../telemetry/logger.ts';
import type { Database } from '../storage/database.ts';
import { deadLeases } from '../storage/lease.ts';

/** A pool that never got to register itself counts as dead after so long. */
const UNREGISTERED_MS = 15_000;

/**
 * Frees the jobs of worker pools whose process is dead (the job library alone would wait four hours), and raises the
 * attempt number of their moves first: a process that only seemed dead can then write nothing any more.
 */
export async function reapDeadPools(database: Database, log: Log): Promise<boolean> {
  const holders = await database.query<{ pool_id: string; lease: string | null }>(
    `select j.locked_by as pool_id, p.lease from graphile_worker.jobs j left join chassis.worker_pools p on p.pool_id = j.locked_by
     where j.locked_by is not null and (p.lease is not null or j.locked_at < now() - $1 * interval '1 millisecond')
     group by j.locked_by, p.lease`, [UNREGISTERED_MS]);
  if (holders.length === 0) return false;
  const gone = new Set(await deadLeases(database, [...new Set(holders.flatMap((holder) => holder.lease ?? []))]));
  const dead = holders.filter((holder) => holder.lease === null || gone.has(holder.lease)).map((holder) => holder.pool_id);
  if (dead.length === 0) return false;
  await database.transaction(async (tx) => {
    await tx.query(
      `update chassis.moves set attempt = attempt + 1
       where status in ('queued', 'waiting') and job_id in (select id from graphile_worker.jobs where locked_by = any($1))`, [dead]);
    await tx.query('select graphile_worker.force_unlock_workers($1::text[])', [dead]);
    await tx.query('delete from chassis.worker_pools where pool_id = any($1)', [dead]);
  });
  log.warn('moves of a dead process were taken over', { count: dead.length });
  return true;
}
