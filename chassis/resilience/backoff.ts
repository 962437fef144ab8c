/** Waits that double from the first to the longest, each cut by chance by up to the share `jitter`. */
export interface Backoff {
  firstMs?: number;
  maxMs?: number;
  jitter?: number;
}

/**
 * Milliseconds to wait before attempt `attempt + 1`: exponential, with jitter, so that many who failed together do not
 * come back together.
 *
 * @source "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
 */
export function backoffMs(attempt: number, { firstMs = 200, maxMs = 60_000, jitter = 0.5 }: Backoff = {}, random: () => number = Math.random): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling * (1 - jitter + jitter * random()));
}
