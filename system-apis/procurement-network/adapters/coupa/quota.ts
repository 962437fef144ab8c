import { setTimeout as sleep } from 'node:timers/promises';
import { remainingMs } from '#chassis/contract/deadline.ts';
import { ApiError } from '#chassis/errors/failures.ts';

/** Fetching documents lets orders and prices go first. */
export type Lane = 'calls' | 'inbox';

export interface Quota {
  /** Returns when it is this request's turn. @throws ApiError 'rate-limited' when that would take longer than anybody waits */
  turn(lane: Lane): Promise<void>;
  /** Nobody goes before so many milliseconds have passed. */
  pause(ms: number): void;
}

export interface QuotaOptions {
  perSecond: number;
  burst: number;
  patienceMs: number;
  now?: () => number;
  wait?: (ms: number) => Promise<unknown>;
}

/**
 * One bucket for all calls of an integration: `burst` may go at once, then `perSecond`. Turns are given in the order in
 * which they are asked for.
 *
 * @source the generic cell rate algorithm, ITU-T I.371 Annex A
 */
export function createQuota({ perSecond, burst, patienceMs, now = () => performance.now(), wait = (ms) => sleep(ms) }: QuotaOptions): Quota {
  const interval = 1_000 / perSecond;
  const tolerance = { calls: (burst - 1) * interval, inbox: ((burst - 1) * interval) / 2 };
  /** When the bucket will be empty again, if nobody comes. */
  let emptyAt = 0;

  return {
    async turn(lane) {
      const at = now();
      const from = Math.max(at, emptyAt - tolerance[lane]);
      const waitMs = from - at;
      if (waitMs > Math.min(patienceMs, remainingMs())) {
        throw new ApiError('rate-limited', 'The quota of the procurement network is used up for the moment.', { code: 'quota-exhausted', retryAfterMs: Math.ceil(waitMs) });
      }
      emptyAt = Math.max(emptyAt, from) + interval;
      if (waitMs > 0) await wait(waitMs);
    },
    pause(ms) {
      emptyAt = Math.max(emptyAt, now() + ms + tolerance.calls);
    },
  };
}
