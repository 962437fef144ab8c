import { loop, type Background } from '../deployable/background.ts';
import { isDatabaseUnavailable, type Database } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import { backoffMs } from './backoff.ts';
import { dependencyRows, type DependencyRows } from './dependency-rows.ts';
import { createPacer, paceRows, type Pacer, type PacerOptions } from './pacer.ts';
import { TIERS, type TierName } from './tiers.ts';

/** Why a target may not be called just now. */
export interface Hold {
  reason: 'down' | 'throttled';
  /** Milliseconds for which it lasts at least; 0 when one call may try. */
  leftMs: number;
}

/**
 * What is known of the systems behind: which of them are down, and which have asked for patience. Known to all processes
 * of a platform, or to one alone when it has no database.
 */
export interface Dependencies {
  holdOn(target: string): Hold | undefined;
  /** It failed too often: nobody calls it but for a trial now and then. */
  open(target: string, tier: TierName, failure: string): void;
  /** True for the one who may try. */
  claim(target: string, tier: TierName): Promise<boolean>;
  /** What became of the trial; `failure` is undefined when the target answered. */
  settle(target: string, tier: TierName, failure: string | undefined): void;
  /** The trial did not come about: another may try at once. */
  release(target: string): void;
  /** It wants to hear nothing for so long. */
  throttle(target: string, tier: TierName, ms: number): void;
  /** A quota that all processes share. */
  pacer(options: PacerOptions): Pacer;
  /** Calls `heard` whenever something may have changed. */
  listen(heard: () => void): () => void;
}

interface Known {
  isOpen: boolean;
  failedProbes: number;
  /** Instants of the monotonic clock: when the next trial may be made, and until when nobody may call. */
  probeAt: number;
  throttledUntil: number;
}

const CHANNEL = 'dependencies';
const POLL_MS = 5_000;
/** A trial may take as long as its call, and a little for whatever is around that. */
const PROBE_GRACE_MS = 5_000;
/** Answers to calls that were sent together ask for nearly the same moment. */
const SAME_MOMENT_MS = 250;

export interface SharedDeps {
  database: Database;
  signals: Signals;
  log: Log;
  /** Name of the deployable, and of this one of its processes. */
  service: string;
  lease: { readonly id: string };
}

/** Known to this process alone. */
export function ownDependencies(): Dependencies {
  return dependenciesIn(new Map(), new Set());
}

/** Known to all processes on the database, soon after one of them learns it. */
export async function sharedDependencies({ database, signals, log, service, lease }: SharedDeps): Promise<Dependencies & Pick<Background, 'stop'>> {
  const known = new Map<string, Known>();
  const rows = dependencyRows(database, service, lease.id);
  const heard = new Set<() => void>();
  /** What is being written is newer than what is read meanwhile. */
  const writing = new Map<Promise<unknown>, string>();

  async function refresh(): Promise<boolean> {
    const before = [...writing.values()];
    const held = await rows.held();
    const newer = new Set([...before, ...writing.values()]);
    for (const target of known.keys()) if (!newer.has(target)) known.delete(target);
    const now = performance.now();
    for (const row of held) {
      if (!newer.has(row.target)) known.set(row.target, { isOpen: row.state !== 'closed', failedProbes: row.failed_probes, probeAt: now + row.probe_in_ms, throttledUntil: now + row.throttled_ms });
    }
    for (const tell of heard) tell();
    return false;
  }

  function write(target: string, change: Promise<unknown>): void {
    const written = change.then((changed) => {
      if (changed !== false) signals.raise(CHANNEL);
    }, (error: unknown) => {
      // This process knows; the others find out for themselves.
      log.warn('what is known of a system could not be told to others', { target, ...describeError(error) });
    }).then(() => {
      writing.delete(written);
      reader.wake();
    });
    writing.set(written, target);
  }

  const reader = loop({ name: 'dependencies', pollMs: POLL_MS, log, turn: refresh });
  const stopListening = signals.listen(CHANNEL, reader.wake);
  await refresh();
  await reader.start();
  const paces = paceRows(database);
  return {
    ...dependenciesIn(known, heard, { rows, write }),
    pacer: (options) => createPacer(options, paces),
    async stop() {
      stopListening();
      await Promise.all(writing.keys());
      await reader.stop();
    },
  };
}

interface Others {
  rows: DependencyRows;
  write: (target: string, change: Promise<unknown>) => void;
}

function dependenciesIn(known: Map<string, Known>, heard: Set<() => void>, others?: Others): Dependencies {
  const change = (target: string, changes: Partial<Known>) => {
    known.set(target, { ...(known.get(target) ?? { isOpen: false, failedProbes: 0, probeAt: 0, throttledUntil: 0 }), ...changes });
    for (const tell of heard) tell();
  };

  return {
    holdOn(target) {
      const what = known.get(target);
      if (!what) return undefined;
      const now = performance.now();
      if (what.isOpen) return { reason: 'down', leftMs: Math.max(0, what.probeAt - now, what.throttledUntil - now) };
      return what.throttledUntil > now ? { reason: 'throttled', leftMs: what.throttledUntil - now } : undefined;
    },
    open(target, tier, failure) {
      if (known.get(target)?.isOpen) return;
      const probeInMs = backoffMs(1, TIERS[tier].circuit.probe);
      change(target, { isOpen: true, failedProbes: 0, probeAt: performance.now() + probeInMs });
      others?.write(target, others.rows.open(target, tier, failure, probeInMs));
    },
    async claim(target, tier) {
      const withinMs = TIERS[tier].timeoutMs + PROBE_GRACE_MS;
      // Before anybody is asked: of this process one asks.
      change(target, { probeAt: performance.now() + withinMs });
      if (!others) return true;
      const claimed = others.rows.claim(target, withinMs);
      others.write(target, claimed);
      return claimed.catch((error: unknown) => {
        if (isDatabaseUnavailable(error)) return true;
        throw error;
      });
    },
    settle(target, tier, failure) {
      if (failure === undefined) {
        change(target, { isOpen: false, failedProbes: 0 });
        others?.write(target, others.rows.close(target));
        return;
      }
      const failedProbes = (known.get(target)?.failedProbes ?? 0) + 1;
      const probeInMs = backoffMs(failedProbes + 1, TIERS[tier].circuit.probe);
      change(target, { isOpen: true, failedProbes, probeAt: performance.now() + probeInMs });
      others?.write(target, others.rows.reopen(target, failure, probeInMs));
    },
    release(target) {
      change(target, { probeAt: performance.now() });
      others?.write(target, others.rows.release(target));
    },
    throttle(target, tier, ms) {
      const until = performance.now() + ms;
      if ((known.get(target)?.throttledUntil ?? 0) > until - SAME_MOMENT_MS) return;
      change(target, { throttledUntil: until });
      others?.write(target, others.rows.throttle(target, tier, Math.ceil(ms)));
    },
    pacer: (options) => createPacer(options),
    listen(tell) {
      heard.add(tell);
      return () => { heard.delete(tell); };
    },
  };
}
