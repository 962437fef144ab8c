import { randomUUID } from 'node:crypto';
import type { Task } from 'graphile-worker';
import { asNobody } from '../contract/caller.ts';
import { withoutDeadline } from '../contract/deadline.ts';
import { ApiError } from '../errors/failures.ts';
import { TIERS, type TierName } from '../resilience/tiers.ts';
import { currentContext, contextFrom, runInContext } from '../telemetry/context.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Database, Queries } from '../storage/database.ts';
import { LEASE_GRACE_MS, watchLeases, type Lease } from '../storage/lease.ts';
import { loop, type Background } from '../deployable/background.ts';
import { addJob, taskOf } from './jobs.ts';
import type { Json, Move } from './move.ts';
import { freePools, giveLostMovesJobs, nudgeWorkers, reapDeadPools } from './reaper.ts';
import { runMove, type MoveFailure, type MoveRow, type MoveSet, type Report } from './run-move.ts';
import { createWorkers, type Workers } from './workers.ts';

export type { MoveFailure, Report };

export interface MoveRequest {
  process: string;
  lifeId: string;
  name: string;
  input: Json;
}

export interface MovesDeps {
  database: Database;
  lease: Lease;
  log: Log;
  metrics: Metrics;
  concurrency: number;
}

export interface Moves extends Background {
  /** Makes the moves of a process known; `report` hears how they ended. */
  register(process: string, tier: TierName, moves: readonly Move[], report: Report): void;
  /** True when the move was registered. */
  knows(process: string, name: string): boolean;
  /** Asks for a move within the caller's transaction. */
  enqueue(tx: Queries, request: MoveRequest): Promise<string>;
  /** Runs a failed or waiting move again, now. Its remembered steps stay remembered. */
  retry(tx: Queries, moveId: string): Promise<void>;
  /** Tries once more to take back the steps of a failed move that could not be taken back. */
  retryUndo(tx: Queries, moveId: string): Promise<void>;
  /** Runs the moves that wait for `target` at once, because it answers again. */
  wake(target: string): Promise<void>;
}

const REAP_MS = 2_000;
/** Every so many turns of the reaper moves are looked for that lost their job. */
const LOST_EVERY = 15;
/** A move under way at the end gets so long; then it is left to others, who go on after its last remembered step. */
const LAST_WAIT_MS = 20_000;

export function createMoves(deps: MovesDeps): Moves {
  const { database, lease, log } = deps;
  const sets = new Map<string, MoveSet>();
  const isDead = watchLeases(database);
  let workers: Workers | undefined;
  let turns = 0;
  let lookAgain: NodeJS.Timeout | undefined;
  const reaper = loop({ name: 'move reaper', pollMs: REAP_MS, log, turn: reap });
  const tierOf = (process: string): TierName => sets.get(process)?.tier ?? 'standard';

  async function execute(set: MoveSet, moveId: string, jobId: string): Promise<void> {
    const [row] = await database.query<MoveRow & { job_id: unknown; correlation_id: string; traceparent: string }>(
      `select m.id, m.process, m.life_id, m.name, m.input, m.status, m.attempt, m.tries_from, m.failure, m.correlation_id, m.traceparent, m.job_id,
         (select json_agg(json_build_object('name', s.name, 'result', s.result, 'undone', s.undone, 'generation', s.generation) order by s.at) from chassis.move_steps s where s.move_id = m.id) as steps
       from chassis.moves m where m.id = $1`, [moveId]);
    const isOver = !row || row.status === 'done' || row.status === 'failed';
    // A later job has taken the place of this one, as after a repeat that somebody asked for.
    if (isOver || String(row.job_id) !== String(jobId)) return;
    const context = { correlationId: row.correlation_id, traceparent: row.traceparent };
    await withoutDeadline(() => asNobody(() => runInContext(context, () => runMove(set, row, { ...deps, onWait: nudgeAfter }))));
  }

  /** Workers look for work when it is asked for and now and then; a short wait would last until then. */
  function nudgeAfter(waitMs: number): void {
    if (waitMs < REAP_MS) setTimeout(() => workers?.nudge(), waitMs + 5).unref();
  }

  async function reap(): Promise<boolean> {
    const ended = workers?.takeEnded() ?? [];
    if (ended.length > 0) await freePools(database, ended).catch((error: unknown) => { workers?.giveBackEnded(ended); throw error; });
    const { freed, suspected } = await reapDeadPools(database, isDead, { lease: lease.id, pools: workers?.pools() ?? [] }, log);
    clearTimeout(lookAgain);
    if (suspected) lookAgain = setTimeout(reaper.wake, LEASE_GRACE_MS);
    const lost = (turns += 1) % LOST_EVERY === 0 ? await giveLostMovesJobs(database, new Map([...sets.values()].map((set) => [set.process, set.tier]))) : 0;
    if (lost > 0) log.warn('moves had lost their job', { count: lost });
    if (freed + ended.length > 0) await nudgeWorkers(database, deps.concurrency);
    return false;
  }

  const taskFor = (set: MoveSet): Task => (payload, { job }) => execute(set, (payload as { move: string }).move, job.id);

  return {
    register(process, tier, moves, report) {
      sets.set(process, { process, tier, report, moves: new Map(moves.map((each) => [each.name, each as Move<unknown>])) });
    },
    knows: (process, name) => sets.get(process)?.moves.has(name) ?? false,
    async enqueue(tx, { process, lifeId, name, input }) {
      const context = currentContext() ?? contextFrom(undefined, undefined);
      const id = randomUUID();
      await tx.query(
        `with job as (select id from graphile_worker.add_job($1, json_build_object('move', $2::text), max_attempts := 1000, priority := $3::int))
         insert into chassis.moves (id, process, life_id, name, input, status, correlation_id, traceparent, job_id)
         select $2::uuid, $4, $5, $6, $7, 'queued', $8, $9, job.id from job`,
        [taskOf(process), id, TIERS[tierOf(process)].priority, process, lifeId, name, JSON.stringify(input ?? null), context.correlationId, context.traceparent]);
      return id;
    },
    async retry(tx, moveId) {
      const [failed] = await tx.query<{ process: string }>(
        `update chassis.moves set status = 'waiting', tries_from = attempt, attempt = attempt + 1, finished_at = null where id = $1 and status = 'failed' returning process`, [moveId]);
      if (failed) return addJob(tx, { process: failed.process, moveId, tier: tierOf(failed.process), waitMs: 0 });
      // One that waits has a job, which is brought forward unless it is running just now.
      const [waiting] = await tx.query<{ job_id: number }>(`select job_id from chassis.moves where id = $1 and status in ('queued', 'waiting', 'undoing')`, [moveId]);
      if (!waiting) throw new ApiError('conflict', 'The move is not waiting to be tried again.', { code: 'move-not-failed' });
      await tx.query('select graphile_worker.reschedule_jobs(array[$1::bigint], run_at := now())', [waiting.job_id]);
      await nudgeWorkers(tx, 1);
    },
    async retryUndo(tx, moveId) {
      const [row] = await tx.query<{ process: string }>(
        `update chassis.moves set status = 'undoing', tries_from = attempt, attempt = attempt + 1, finished_at = null where id = $1 and status = 'failed' returning process`, [moveId]);
      if (!row) throw new ApiError('conflict', 'The move is not waiting to be taken back.', { code: 'move-not-failed' });
      await addJob(tx, { process: row.process, moveId, tier: tierOf(row.process), waitMs: 0 });
    },
    async wake(target) {
      const woken = await database.query(
        `select id from graphile_worker.reschedule_jobs(
           (select array_agg(job_id) from chassis.moves where status in ('waiting', 'undoing') and waits_for = $1 and job_id is not null and process = any($2)), run_at := now())`,
        [target, [...sets.keys()]]);
      if (woken.length > 0) await nudgeWorkers(database, woken.length);
    },
    async start() {
      if (sets.size === 0) return;
      workers = createWorkers({ database, log, concurrency: deps.concurrency, tasks: Object.fromEntries([...sets.values()].map((set) => [taskOf(set.process), taskFor(set)])) });
      await workers.start();
      await reaper.start();
    },
    async stop() {
      if (!workers) return;
      await workers.stop(LAST_WAIT_MS);
      clearTimeout(lookAgain);
      await reaper.stop();
      await freePools(database, [...workers.pools(), ...workers.takeEnded()]);
      await database.query('delete from chassis.worker_pools where lease = $1', [lease.id]);
    },
  };
}
