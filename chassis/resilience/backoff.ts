/**
 * Milliseconds to wait before attempt `attempt + 1`: exponential with full jitter above half, so that many who failed
 * together do not come back together.
 *
 * @source "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
 */
export function backoffMs(attempt: number, { firstMs = 200, maxMs = 60_000 } = {}, random: () => number = Math.random): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
