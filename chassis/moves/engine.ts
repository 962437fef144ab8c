import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { run as runWorkers, type Runner, type Task, type WorkerEvents } from 'graphile-worker';
import { ApiError, asApiError } from '../errors/failures.ts';
import { backoffMs } from '../resilience/backoff.ts';
import { TIERS, type TierName } from '../resilience/tiers.ts';
import { currentContext, contextFrom, runInContext } from '../telemetry/context.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Database, Queries, Row, Transaction } from '../storage/database.ts';
import type { Lease } from '../storage/lease.ts';
import { loop, type Background } from '../deployable/background.ts';
import type { Json, Move, Outcome } from './move.ts';
import { flushStep, newSteps, remember, undoSteps, type Steps } from './steps.ts';
import { reapDeadPools } from './reaper.ts';
import { workerLogger } from './worker-log.ts';

/** Takes what a move reports into the life that asked for it, in the transaction that finishes the move. */
export type Report = (tx: Transaction, lifeId: string, outcome: Outcome, move: { id: string; name: string }) => Promise<void>;

/** The failure of a move as its life sees it: event `<move>.failed`. */
export interface MoveFailure {
  kind: string;
  code?: string | undefined;
  detail: string;
}

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
  /** Asks for a move within the caller's transaction. */
  enqueue(tx: Queries, request: MoveRequest): Promise<string>;
  /** Runs a failed or waiting move again, now. Its remembered steps stay remembered. */
  retry(tx: Queries, moveId: string): Promise<void>;
  /** Runs the moves that wait for `target` at once, because it answers again. */
  wake(target: string): Promise<void>;
}

interface Registered {
  process: string;
  tier: TierName;
  moves: Map<string, Move<unknown>>;
  report: Report;
}

interface MoveRow extends Row {
  id: string;
  process: string;
  life_id: string;
  name: string;
  input: Json;
  status: string;
  attempt: number;
  correlation_id: string;
  traceparent: string;
  steps: { name: string; result: Json; undone: boolean }[] | null;
}

const taskOf = (process: string) => `moves:${process}`;

export function createMoves(deps: MovesDeps): Moves {
  const { database, log, metrics } = deps;
  const processes = new Map<string, Registered>();
  let runner: Runner | undefined;
  const reaper = loop({ name: 'move reaper', pollMs: 2_000, log, turn: () => reapDeadPools(database, log) });

  async function execute(registered: Registered, moveId: string): Promise<void> {
    const [row] = await database.query<MoveRow>(
      `select m.id, m.process, m.life_id, m.name, m.input, m.status, m.attempt, m.correlation_id, m.traceparent,
         (select json_agg(json_build_object('name', s.name, 'result', s.result, 'undone', s.undone) order by s.at) from chassis.move_steps s where s.move_id = m.id) as steps
       from chassis.moves m where m.id = $1`, [moveId]);
    if (!row || row.status === 'done' || row.status === 'failed') return;
    await runInContext({ correlationId: row.correlation_id, traceparent: row.traceparent }, () => attempt(registered, row));
  }

  async function attempt(registered: Registered, row: MoveRow): Promise<void> {
    const started = performance.now();
    const steps = newSteps(database, row.id, row.attempt, row.steps ?? []);
    const finished = (outcome: string) => metrics.moves.observe({ process: row.process, move: row.name, outcome }, (performance.now() - started) / 1_000);
    try {
      const outcome = await definitionOf(registered, row.name).run(runOf(row, steps), row.input);
      await conclude(registered, row, steps, outcome);
      finished('done');
    } catch (error) {
      const failure = asApiError(error);
      if (failure.code === 'fenced') {
        log.warn('move was taken over by another process', { process: row.process, move: row.name });
        return finished('fenced');
      }
      if (failure.code === 'database-unavailable') throw error;
      if (isWorthAnotherTry(failure, row.attempt, registered.tier)) {
        await postpone(row, steps, failure);
        return finished('postponed');
      }
      log.error('move failed for good', { process: row.process, move: row.name, life: row.life_id, attempt: row.attempt, ...describeError(error) });
      await undoSteps(steps, log);
      await fail(registered, row, failure);
      finished('failed');
    }
  }

  function runOf(row: MoveRow, steps: Steps) {
    return {
      moveId: row.id,
      attempt: row.attempt,
      step: remember(steps, () => metrics.steps.inc({ process: row.process, move: row.name })),
    };
  }

  /** The last step's result, the end of the move and the life's next state commit together. */
  async function conclude(registered: Registered, row: MoveRow, steps: Steps, outcome: Outcome): Promise<void> {
    await database.transaction(async (tx) => {
      await flushStep(steps, tx);
      await finish(tx, row, 'done', null);
      await registered.report(tx, row.life_id, outcome, row);
    });
  }

  async function fail(registered: Registered, row: MoveRow, failure: ApiError): Promise<void> {
    const known: MoveFailure = { kind: failure.kind, code: failure.code, detail: failure.message };
    await database.transaction(async (tx) => {
      await finish(tx, row, 'failed', known);
      await registered.report(tx, row.life_id, { type: `${row.name}.failed`, failure: known, moveId: row.id }, row);
    });
  }

  async function finish(tx: Queries, row: MoveRow, status: 'done' | 'failed', failure: MoveFailure | null): Promise<void> {
    const changed = await tx.query(
      `update chassis.moves set status = $3, finished_at = now(), failure = $4, waits_for = null where id = $1 and attempt = $2 and status in ('queued', 'waiting') returning id`,
      [row.id, row.attempt, status, failure && JSON.stringify(failure)]);
    if (changed.length === 0) throw fenced();
  }

  async function postpone(row: MoveRow, steps: Steps, failure: ApiError): Promise<void> {
    const waitMs = Math.max(failure.retryAfterMs ?? 0, backoffMs(row.attempt, { maxMs: 30_000 }));
    log.info('move will be tried again', { process: row.process, move: row.name, life: row.life_id, attempt: row.attempt, waitMs, ...describeError(failure) });
    await database.transaction(async (tx) => {
      await flushStep(steps, tx);
      const changed = await tx.query(
        `update chassis.moves set status = 'waiting', attempt = attempt + 1, failure = $3, waits_for = $4 where id = $1 and attempt = $2 and status in ('queued', 'waiting') returning id`,
        [row.id, row.attempt, JSON.stringify({ kind: failure.kind, code: failure.code, detail: failure.message }), waitsFor(failure)]);
      if (changed.length === 0) throw fenced();
      await addJob(tx, row.process, row.id, waitMs);
    });
  }

  async function addJob(tx: Queries, process: string, moveId: string, waitMs: number): Promise<void> {
    await tx.query(
      `update chassis.moves set job_id = (
         select id from graphile_worker.add_job($1, json_build_object('move', $2::text), run_at := now() + $3::int * interval '1 millisecond', max_attempts := 1000, priority := $4::int))
       where id = $2::uuid`,
      [taskOf(process), moveId, waitMs, TIERS[processes.get(process)?.tier ?? 'standard'].priority]);
  }

  const taskFor = (registered: Registered): Task => (payload) => execute(registered, (payload as { move: string }).move);

  return {
    register(process, tier, moves, report) {
      processes.set(process, { process, tier, report, moves: new Map(moves.map((each) => [each.name, each as Move<unknown>])) });
    },
    async enqueue(tx, { process, lifeId, name, input }) {
      const context = currentContext() ?? contextFrom(undefined, undefined);
      const id = randomUUID();
      await tx.query(
        `with job as (select id from graphile_worker.add_job($1, json_build_object('move', $2::text), max_attempts := 1000, priority := $3::int))
         insert into chassis.moves (id, process, life_id, name, input, status, correlation_id, traceparent, job_id)
         select $2::uuid, $4, $5, $6, $7, 'queued', $8, $9, job.id from job`,
        [taskOf(process), id, TIERS[processes.get(process)?.tier ?? 'standard'].priority, process, lifeId, name, JSON.stringify(input), context.correlationId, context.traceparent]);
      return id;
    },
    async retry(tx, moveId) {
      const [row] = await tx.query<{ process: string }>(
        `update chassis.moves set status = 'waiting', attempt = attempt + 1, finished_at = null where id = $1 and status in ('failed', 'waiting') returning process`, [moveId]);
      if (!row) throw new ApiError('conflict', 'The move is not waiting to be tried again.', { code: 'move-not-failed' });
      await addJob(tx, row.process, moveId, 0);
    },
    async wake(target) {
      await database.query(
        `select graphile_worker.reschedule_jobs(array_agg(job_id), run_at := now()) from chassis.moves where status = 'waiting' and waits_for = $1 and job_id is not null and process = any($2)`,
        [target, [...processes.keys()]]);
    },
    async start() {
      if (processes.size === 0) return;
      const pools: string[] = [];
      const events = new EventEmitter() as WorkerEvents;
      events.on('pool:create', ({ workerPool }) => { pools.push(workerPool.id); });
      runner = await runWorkers({
        events,
        pgPool: database.pool,
        taskList: Object.fromEntries([...processes.values()].map((registered) => [taskOf(registered.process), taskFor(registered)])),
        noHandleSignals: true,
        logger: workerLogger(log),
        preset: { worker: { concurrentJobs: deps.concurrency, pollInterval: 2_000, localQueue: { size: deps.concurrency * 2 }, completeJobBatchDelay: 2, preparedStatements: true } },
      });
      await database.query('insert into chassis.worker_pools (pool_id, lease) select unnest($1::text[]), $2', [pools, deps.lease.id]);
      await reaper.start();
    },
    async stop() {
      await reaper.stop();
      await runner?.stop();
      await database.query('delete from chassis.worker_pools where lease = $1', [deps.lease.id]);
    },
  };
}

function definitionOf(registered: Registered, name: string): Move<unknown> {
  const found = registered.moves.get(name);
  if (!found) throw new ApiError('internal', 'This version does not know the move.', { code: 'unknown-move' });
  return found;
}

/** Waiting for a system that is down is no reason to give up early; an unexpected error is tried a few times. */
function isWorthAnotherTry(failure: ApiError, attempt: number, tier: TierName): boolean {
  if (failure.retryable) return attempt < TIERS[tier].moveAttempts;
  return failure.kind === 'internal' && attempt < 6;
}

function waitsFor(failure: ApiError): string | null {
  const target = failure.cause instanceof Error && 'target' in failure.cause ? failure.cause.target : undefined;
  return typeof target === 'string' ? target : null;
}

export function fenced(): ApiError {
  return new ApiError('conflict', 'Another process has taken this work over.', { code: 'fenced' });
}
