import { CoupaError } from './errors.ts';

export interface Quota {
  perSecond: number;
  burst: number;
  /** Whether a refusal says when to come back; the vendor's own pages do not promise it. */
  retryAfter: boolean;
}

/**
 * What Coupa allows one integration.
 *
 * @source Coupa Compass, "Exception Handling and Error Codes", Query rate limitations: 25 requests per second, burst 20
 *   (read 2026-11-20)
 */
export const COUPA_QUOTA: Quota = { perSecond: 25, burst: 20, retryAfter: false };

/** A leaky bucket per client: `burst` may come at once, and `perSecond` leak out. */
export function createLimiter(quota: Quota, now: () => number = Date.now): (client: string) => void {
  const buckets = new Map<string, { level: number; at: number }>();
  return (client) => {
    const at = now();
    const bucket = buckets.get(client) ?? { level: 0, at };
    bucket.level = Math.max(0, bucket.level - ((at - bucket.at) / 1000) * quota.perSecond);
    bucket.at = at;
    buckets.set(client, bucket);
    if (bucket.level + 1 > quota.burst) {
      throw new CoupaError(429, { base: ['API rate limit exceeded'] }, quota.retryAfter ? { 'Retry-After': '1' } : {});
    }
    bucket.level += 1;
  };
}
