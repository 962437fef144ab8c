import type { Backoff } from './backoff.ts';

/** How hard work of a tier is tried, and what it may take from the rest. */
interface TierPolicy {
  /** Milliseconds an operation may take, its repeats included. */
  timeoutMs: number;
  /** Milliseconds one exchange with a vendor may take: less, so that the caller hears what became of it. */
  vendorTimeoutMs: number;
  /** Attempts of one call, and the waits between them. Whoever is asked to wait for longer tells the caller instead. */
  attempts: number;
  retry: Backoff;
  /** Repeats are at most this share of all calls to a target, beside a reserve that a quiet time fills up tenfold. */
  retryBudget: { share: number; reserve: number };
  /** Calls that may be with a target at once, and for each of them those that may wait in line. */
  concurrency: number;
  line: number;
  circuit: {
    /** Opens when this share of at least so many calls failed within the window, which outlasts calls that hang. */
    errorPercent: number;
    volume: number;
    windowMs: number;
    /** The waits between trials of a target that is down. */
    probe: Backoff;
  };
  /** The share of the hands of moves that calls which take longer than `slowMs` may keep from all others. */
  hands: { share: number; slowMs: number };
  /** Moves per second that are let go when what they waited for is back: at first, how much that grows each second, at most. */
  recovery: { firstPerSecond: number; growth: number; mostPerSecond: number };
  /** What goes first: the lower. */
  priority: number;
  /**
   * At no more than a minute apart they outlast a maintenance window of a day: what waits for a system that is down is
   * let go when it is back, and giving up would take back work that nothing is wrong with.
   */
  moveAttempts: number;
  moveBackoff: Backoff;
  /** Attempts of a move that meets an error nobody foresaw. */
  surprises: number;
  /**
   * Attempts to handle an event, and the waits between them; the wait after an error nobody foresaw is shorter, since what
   * follows for the subject waits too. A system that is away is no fault of the event: `patience` times as many attempts.
   */
  events: { attempts: number; patience: number; retry: Backoff; surprise: Backoff };
}

/** How much an API matters decides how hard it is tried and what goes first. One table, no constants in code. */
export const TIERS = {
  critical: {
    timeoutMs: 10_000, vendorTimeoutMs: 8_000, attempts: 3, retry: { firstMs: 50, maxMs: 2_000, jitter: 0.5 }, retryBudget: { share: 0.1, reserve: 10 },
    concurrency: 64, line: 8, circuit: { errorPercent: 60, volume: 10, windowMs: 20_000, probe: { firstMs: 1_000, maxMs: 15_000, jitter: 0.2 } },
    hands: { share: 0.5, slowMs: 2_000 }, recovery: { firstPerSecond: 20, growth: 10, mostPerSecond: 200 },
    priority: 0, moveAttempts: 2_000, moveBackoff: { firstMs: 200, maxMs: 60_000, jitter: 0.5 }, surprises: 6,
    events: { attempts: 10, patience: 20, retry: { firstMs: 200, maxMs: 60_000, jitter: 0.5 }, surprise: { firstMs: 200, maxMs: 5_000, jitter: 0.5 } },
  },
  standard: {
    timeoutMs: 15_000, vendorTimeoutMs: 8_000, attempts: 3, retry: { firstMs: 50, maxMs: 2_000, jitter: 0.5 }, retryBudget: { share: 0.1, reserve: 10 },
    concurrency: 48, line: 8, circuit: { errorPercent: 60, volume: 10, windowMs: 30_000, probe: { firstMs: 1_000, maxMs: 30_000, jitter: 0.2 } },
    hands: { share: 0.5, slowMs: 2_000 }, recovery: { firstPerSecond: 10, growth: 5, mostPerSecond: 100 },
    priority: 5, moveAttempts: 2_000, moveBackoff: { firstMs: 200, maxMs: 60_000, jitter: 0.5 }, surprises: 6,
    events: { attempts: 10, patience: 20, retry: { firstMs: 200, maxMs: 60_000, jitter: 0.5 }, surprise: { firstMs: 200, maxMs: 5_000, jitter: 0.5 } },
  },
  deferrable: {
    timeoutMs: 30_000, vendorTimeoutMs: 20_000, attempts: 2, retry: { firstMs: 200, maxMs: 5_000, jitter: 0.5 }, retryBudget: { share: 0.05, reserve: 5 },
    concurrency: 16, line: 8, circuit: { errorPercent: 60, volume: 10, windowMs: 60_000, probe: { firstMs: 2_000, maxMs: 60_000, jitter: 0.2 } },
    hands: { share: 0.25, slowMs: 2_000 }, recovery: { firstPerSecond: 5, growth: 2, mostPerSecond: 50 },
    priority: 10, moveAttempts: 1_000, moveBackoff: { firstMs: 500, maxMs: 120_000, jitter: 0.5 }, surprises: 6,
    events: { attempts: 10, patience: 10, retry: { firstMs: 500, maxMs: 120_000, jitter: 0.5 }, surprise: { firstMs: 500, maxMs: 10_000, jitter: 0.5 } },
  },
} as const satisfies Record<string, TierPolicy>;

export type TierName = keyof typeof TIERS;
export type Tier = (typeof TIERS)[TierName];
