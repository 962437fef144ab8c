import { randomUUID } from 'node:crypto';
import { asNobody } from '../contract/caller.ts';
import { withoutDeadline } from '../contract/deadline.ts';
import { ApiError } from '../errors/failures.ts';
import type { Dependencies } from '../resilience/dependencies.ts';
import { TIERS, type TierName } from '../resilience/tiers.ts';
import { runInContext } from '../telemetry/context.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Database, Queries, Transaction } from '../storage/database.ts';
import type { Lease } from '../storage/lease.ts';
import type { Signals } from '../storage/signals.ts';
import type { Background } from '../deployable/background.ts';
import type { Json, Move } from './move.ts';
import { channelOf, putMove, runAgain, type TakenMove } from './queue.ts';
import { runMove, type MoveFailure, type MoveSet, type Report } from './run-move.ts';
import { letWaitingGo } from './waiting.ts';
import { createStepWriter } from './step-writer.ts';
import { createWorkers, type Workers } from './workers.ts';

export type { MoveFailure, Report };

export interface MoveRequest {
  process: string;
  lifeId: string;
  name: string;
  input: Json;
  lane?: string | undefined;
  /** The oldest version of the process that can run it; any when absent. */
  readableBy?: number;
}

export interface MovesDeps {
  database: Database;
  lease: Lease;
  signals: Signals;
  dependencies: Dependencies;
  log: Log;
  metrics: Metrics;
  concurrency: number;
}

/** A transaction; who waits for work is told once it is committed. */
type Committing = Queries & Partial<Pick<Transaction, 'afterCommit' | 'note'>>;

export interface Moves extends Background {
  /** Makes the moves of a process known; `report` hears how they ended. */
  register(process: string, tier: TierName, moves: readonly Move[], report: Report): void;
  /** Says as which version a process is hosted here, 1 unless it is said. */
  runAs(process: string, version: number): void;
  /** True when the move was registered. */
  knows(process: string, name: string): boolean;
  /** Asks for a move within the caller's transaction. */
  enqueue(tx: Committing, request: MoveRequest): Promise<string>;
  /** Runs a failed or waiting move again, now. Its remembered steps stay remembered. */
  retry(tx: Committing, moveId: string): Promise<void>;
  /** Tries once more to take back the steps of a failed move that could not be taken back. */
  retryUndo(tx: Committing, moveId: string): Promise<void>;
}

export function createMoves(deps: MovesDeps): Moves {
  const { signals } = deps;
  const sets = new Map<string, MoveSet>();
  const versions = new Map<string, number>();
  const versionOf = (process: string) => versions.get(process) ?? 1;
  let workers: Workers | undefined;
  const waiting = letWaitingGo(deps);
  const writer = createStepWriter(deps.database);

  function tell(tx: Committing, process: string): void {
    if (tx.afterCommit) tx.afterCommit(() => signals.raise(channelOf(process)));
    else signals.raise(channelOf(process));
  }

  async function again(tx: Committing, moveId: string, direction: 'waiting' | 'undoing', refusal: string): Promise<void> {
    const process = await runAgain(tx, moveId, direction);
    if (process === undefined) throw new ApiError('conflict', refusal, { code: 'move-not-failed' });
    tell(tx, process);
  }

  async function run(move: TakenMove): Promise<void> {
    const context = { correlationId: move.correlation_id, traceparent: move.traceparent };
    await withoutDeadline(() => asNobody(() => runInContext(context, () => runMove(sets.get(move.process)!, move, { ...deps, writer, version: versionOf(move.process), onWait: (waitMs) => workers?.lookAfter(waitMs) }))));
  }

  return {
    register(process, tier, moves, report) {
      sets.set(process, { process, tier, report, moves: new Map(moves.map((each) => [each.name, each as Move<unknown>])) });
    },
    runAs(process, version) {
      versions.set(process, version);
    },
    knows: (process, name) => sets.get(process)?.moves.has(name) ?? false,
    async enqueue(tx, request) {
      const id = randomUUID();
      await putMove(tx, { id, ...request });
      tx.note?.({ kind: 'move', name: `${request.process}/${request.name}`, subject: request.lifeId });
      tell(tx, request.process);
      return id;
    },
    retry: (tx, moveId) => again(tx, moveId, 'waiting', 'The move is not waiting to be tried again.'),
    retryUndo: (tx, moveId) => again(tx, moveId, 'undoing', 'The move is not waiting to be taken back.'),
    async start() {
      if (sets.size === 0) return;
      const processes = [...sets.values()].map(({ process, tier }) => ({ process, version: versionOf(process), priority: TIERS[tier].priority }));
      workers = createWorkers({ ...deps, processes, run });
      await workers.start();
      await waiting.start();
    },
    async stop() {
      await waiting.stop();
      await workers?.stop();
    },
  };
}
