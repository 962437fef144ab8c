import { EventEmitter } from 'node:events';
import { run as runWorkers, type Runner, type TaskList, type WorkerEvents, type WorkerPool } from 'graphile-worker';
import { backoffMs } from '../resilience/backoff.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Database } from '../storage/database.ts';
import { workerLogger } from './worker-log.ts';

export interface WorkersOptions {
  database: Database;
  log: Log;
  concurrency: number;
  tasks: TaskList;
}

/** The job library at work in this process. */
export interface Workers {
  /** Pools that work here now. */
  pools(): readonly string[];
  /** Pools that have ended by themselves since the last question; their jobs are still locked. */
  takeEnded(): string[];
  giveBackEnded(pools: readonly string[]): void;
  /** Looks for work at once. */
  nudge(): void;
  start(): Promise<void>;
  /** Takes nothing new and returns when what is under way has ended, or after `withinMs`. */
  stop(withinMs: number): Promise<void>;
}

/**
 * The library ends its pool for good when the database fails it at a bad moment, such as between a job and its
 * completion. A new pool takes its place at once; the old one may finish what it has begun.
 */
export function createWorkers({ database, log, concurrency, tasks }: WorkersOptions): Workers {
  const living = new Map<WorkerPool, Runner>();
  const ended: string[] = [];
  let stopping = false;
  let failures = 0;
  let restart: NodeJS.Timeout | undefined;

  async function startPool(): Promise<void> {
    const created: WorkerPool[] = [];
    let isReplaced = false;
    const replaceOnce = () => {
      if (!isReplaced) replace();
      isReplaced = true;
    };
    const events = new EventEmitter() as WorkerEvents;
    events.on('pool:create', ({ workerPool }) => { created.push(workerPool); });
    events.on('pool:gracefulShutdown', replaceOnce);
    const runner = await runWorkers({
      events,
      pgPool: database.pool,
      taskList: tasks,
      noHandleSignals: true,
      logger: workerLogger(log),
      preset: { worker: { concurrentJobs: concurrency, pollInterval: 2_000, localQueue: { size: concurrency, ttl: 10_000 }, completeJobBatchDelay: 2, preparedStatements: true } },
    });
    failures = 0;
    for (const pool of created) living.set(pool, runner);
    const end = () => {
      for (const pool of created) living.delete(pool);
      ended.push(...created.map((pool) => pool.id));
      replaceOnce();
    };
    runner.promise.then(end, (error: unknown) => {
      log.warn('a worker pool has ended', { name: 'moves', ...describeError(error) });
      end();
    });
  }

  function replace(): void {
    if (stopping || restart) return;
    failures += 1;
    restart = setTimeout(() => {
      restart = undefined;
      startPool().catch((error: unknown) => {
        log.warn('workers could not be started', { name: 'moves', attempt: failures, ...describeError(error) });
        replace();
      });
    }, backoffMs(failures, { firstMs: 100, maxMs: 5_000 }));
  }

  return {
    pools: () => [...living.keys()].map((pool) => pool.id),
    nudge: () => { for (const pool of living.keys()) pool.nudge(1); },
    takeEnded: () => ended.splice(0),
    giveBackEnded: (pools) => { ended.push(...pools); },
    start: startPool,
    async stop(withinMs) {
      stopping = true;
      clearTimeout(restart);
      const runners = [...new Set(living.values())];
      let cut: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => { cut = setTimeout(resolve, withinMs); });
      await Promise.race([Promise.allSettled(runners.map((runner) => runner.stop())), patience]);
      clearTimeout(cut);
    },
  };
}
