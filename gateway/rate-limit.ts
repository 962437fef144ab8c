export interface RateSettings {
  perSecond: number;
  /** Requests that may come at once after a pause. */
  burst: number;
}

export interface RateLimit {
  /** Milliseconds to wait; 0 when the request is admitted. */
  take(key: string): number;
}

const MOST_KEYS = 50_000;

/**
 * The generic cell rate algorithm: one instant per key, at which its bucket would be empty again. Keys are kept in the
 * order of their last use, so that when there are too many the one that was quiet longest is forgotten.
 *
 * @source ITU-T I.371 annex A, in its virtual scheduling form
 */
export function createRateLimit({ perSecond, burst }: RateSettings, now: () => number = () => performance.now(), mostKeys = MOST_KEYS): RateLimit {
  const intervalMs = 1_000 / perSecond;
  const toleranceMs = (burst - 1) * intervalMs;
  const emptyAt = new Map<string, number>();

  return {
    take(key) {
      const at = now();
      const expected = Math.max(at, emptyAt.get(key) ?? at);
      const waitMs = expected - toleranceMs - at;
      if (waitMs > 0) return waitMs;
      emptyAt.delete(key);
      if (emptyAt.size >= mostKeys) emptyAt.delete(emptyAt.keys().next().value!);
      emptyAt.set(key, expected + intervalMs);
      return 0;
    },
  };
}
