const LONGEST_MS = 3_600_000;

/**
 * Milliseconds that a peer asks us to wait; undefined when it said nothing of use. A longer wait than an hour is asked
 * for again after that hour.
 *
 * @source RFC 9110 section 10.2.3: seconds or an HTTP date
 */
export function retryAfterMs(value: string | string[] | undefined, now: number = Date.now()): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  if (!Number.isFinite(ms) || value.startsWith('-')) return undefined;
  return Math.min(Math.max(ms, 0), LONGEST_MS);
}
