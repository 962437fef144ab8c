import type { Log } from '../telemetry/logger.ts';
import type { Database, Queries } from '../storage/database.ts';
import type { LeaseWatch } from '../storage/lease.ts';
import { addJob } from './jobs.ts';
import type { TierName } from '../resilience/tiers.ts';

/** A pool that never got to register itself counts as dead after so long. */
const UNREGISTERED_MS = 15_000;

/** A job is written with its move, so a move without one has lost it. */
const LOST_AFTER_MS = 5_000;

export interface Reaped {
  /** Pools of dead processes that were freed. */
  freed: number;
  /** Some process looks dead and has to be looked at again soon. */
  suspected: boolean;
}

/**
 * Frees the jobs of worker pools whose process is dead; the job library alone would wait four hours. `own` says which
 * pools live in this process, and is written down first: a process that only lost its connection is known again by it.
 */
export async function reapDeadPools(database: Database, isDead: LeaseWatch, own: { lease: string; pools: readonly string[] }, log: Log): Promise<Reaped> {
  const holders = await database.query<{ pool_id: string; lease: string | null }>(
    `with own as (insert into chassis.worker_pools (pool_id, lease) select unnest($2::text[]), $3 on conflict do nothing)
     select j.locked_by as pool_id, p.lease from graphile_worker.jobs j left join chassis.worker_pools p on p.pool_id = j.locked_by
     where j.locked_by is not null and j.locked_by <> all($2) and (p.lease is not null or j.locked_at < now() - $1 * interval '1 millisecond')
     group by j.locked_by, p.lease`, [UNREGISTERED_MS, [...own.pools], own.lease]);
  if (holders.length === 0) return { freed: 0, suspected: false };
  const leases = [...new Set(holders.flatMap((holder) => holder.lease ?? []))];
  const { dead, missing } = await isDead(leases);
  const pools = holders.filter((holder) => holder.lease === null || dead.includes(holder.lease)).map((holder) => holder.pool_id);
  if (pools.length > 0) {
    await freePools(database, pools);
    log.warn('moves of a dead process were taken over', { count: pools.length });
  }
  return { freed: pools.length, suspected: missing.length > dead.length };
}

/** Raises the attempt of the moves first: a process that only seemed dead can then write nothing any more. */
export async function freePools(database: Database, pools: readonly string[]): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query(
      `update chassis.moves set attempt = attempt + 1
       where status in ('queued', 'waiting', 'undoing') and job_id in (select id from graphile_worker.jobs where locked_by = any($1))`, [pools]);
    await tx.query('select graphile_worker.force_unlock_workers($1::text[])', [pools]);
    await tx.query('delete from chassis.worker_pools where pool_id = any($1)', [pools]);
  });
}

/** Gives moves a new job that lost theirs, as when a process woke up and completed a job that others had taken over. */
export async function giveLostMovesJobs(database: Database, tiers: ReadonlyMap<string, TierName>): Promise<number> {
  return database.transaction(async (tx) => {
    const lost = await tx.query<{ id: string; process: string }>(
      `update chassis.moves m set attempt = attempt + 1
       where process = any($1) and status in ('queued', 'waiting', 'undoing') and created_at < now() - $2 * interval '1 millisecond'
         and not exists (select 1 from graphile_worker.jobs j where j.id = m.job_id) returning id, process`, [[...tiers.keys()], LOST_AFTER_MS]);
    for (const { id, process } of lost) await addJob(tx, { process, moveId: id, tier: tiers.get(process) ?? 'standard', waitMs: 0 });
    return lost.length;
  });
}

/** Lets the workers of all processes look for work at once. */
export async function nudgeWorkers(on: Queries, count: number): Promise<void> {
  await on.query(`select pg_notify('jobs:insert', json_build_object('r', random(), 'count', $1::int)::text)`, [count]);
}
