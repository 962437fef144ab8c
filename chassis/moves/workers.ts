import { LEASE_GRACE_MS, watchLeases, type Lease } from '../storage/lease.ts';
import { isDatabaseUnavailable, type Database } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import { createHands } from '../resilience/hands.ts';
import { loop, type Background } from '../deployable/background.ts';
import { channelOf, freeMoves, ownersOfMoves, takeMoves, type HostedProcess, type TakenMove } from './queue.ts';

export interface WorkersOptions {
  database: Database;
  lease: Lease;
  signals: Signals;
  log: Log;
  /** Moves at once. */
  concurrency: number;
  /** The processes hosted here. */
  processes: readonly HostedProcess[];
  run: (move: TakenMove) => Promise<void>;
}

export interface Workers extends Background {
  /** Looks for work again after `waitMs`. */
  lookAfter(waitMs: number): void;
}

const POLL_MS = 2_000;
const REAP_MS = 2_000;
/** What is under way at the end gets so long; then it is left to others, who go on after its last remembered step. */
const LAST_WAIT_MS = 20_000;

/** Takes moves as there are hands free, and frees those whose process died. */
export function createWorkers({ database, lease, signals, log, concurrency, processes, run }: WorkersOptions): Workers {
  const running = new Map<string, Promise<void>>();
  const hands = createHands(concurrency);
  const isDead = watchLeases(database);
  // A run whose end could not be written, or a taking that was cut off, leaves moves in our name that nobody runs.
  let mayHaveLost = true;
  let lookAgain: NodeJS.Timeout | undefined;
  let turns = 0;
  const taker = loop({ name: 'moves', pollMs: POLL_MS, log, turn: take });
  const reaper = loop({ name: 'move reaper', pollMs: REAP_MS, log, turn: reap });
  const stopListening = processes.map(({ process }) => signals.listen(channelOf(process), taker.wake));

  async function take(): Promise<boolean> {
    if (mayHaveLost) await freeLost();
    const free = hands.free();
    if (free <= 0) return false;
    const moves = await takeMoves(database, lease.id, inTurn(), free).catch((error: unknown) => {
      mayHaveLost = true;
      throw error;
    });
    for (const move of moves ?? []) begin(move);
    return moves === undefined;
  }

  async function freeLost(): Promise<void> {
    // Before it is done: a run that fails meanwhile is one more that is lost.
    mayHaveLost = false;
    // What kept an end from being written may do so again, and each repeat calls the systems behind.
    await freeMoves(database, [lease.id], { exceptIds: [...running.keys()], pauses: true }).catch((error: unknown) => {
      mayHaveLost = true;
      throw error;
    });
  }

  /** The most important first; of equally important processes each in its turn. */
  function inTurn(): HostedProcess[] {
    turns += 1;
    return [...processes.slice(turns % processes.length), ...processes.slice(0, turns % processes.length)].toSorted((left, right) => left.priority - right.priority);
  }

  function begin(move: TakenMove): void {
    const ended = hands.run(() => run(move)).catch((error: unknown) => {
      mayHaveLost = true;
      log[isDatabaseUnavailable(error) ? 'warn' : 'error']('a move could not be settled and will be run again', { process: move.process, move: move.name, ...describeError(error) });
    }).then(() => {
      running.delete(move.id);
      taker.wake();
    });
    running.set(move.id, ended);
  }

  async function reap(): Promise<boolean> {
    const owners = await ownersOfMoves(database, lease.id);
    const { missing, dead } = await isDead(owners);
    clearTimeout(lookAgain);
    if (missing.length > dead.length) lookAgain = setTimeout(reaper.wake, LEASE_GRACE_MS);
    if (dead.length === 0) return false;
    const freed = await freeMoves(database, dead);
    log.warn('moves of a dead process were taken over', { count: freed.length });
    for (const process of new Set(freed)) signals.raise(channelOf(process));
    return false;
  }

  return {
    lookAfter(waitMs) {
      // Whatever waits longer is found by looking now and then.
      if (waitMs < 60_000) setTimeout(taker.wake, waitMs + 1).unref();
    },
    async start() {
      await taker.start();
      await reaper.start();
    },
    async stop() {
      for (const stop of stopListening) stop();
      await taker.stop();
      let cut: NodeJS.Timeout | undefined;
      await Promise.race([Promise.all(running.values()), new Promise<void>((resolve) => { cut = setTimeout(resolve, LAST_WAIT_MS); })]);
      clearTimeout(cut);
      await reaper.stop();
      clearTimeout(lookAgain);
      await freeMoves(database, [lease.id]);
    },
  };
}
