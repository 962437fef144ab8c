import { ApiError, asApiError } from '#chassis/errors/failures.ts';
import { NotSent } from '#chassis/resilience/target-failure.ts';
import type { Clock } from '#chassis/time/clock.ts';

const MOST_REMEMBERED = 10_000;

export interface Attempt<T> {
  reference: string;
  repeated: boolean;
  find: () => Promise<T | undefined>;
  write: () => Promise<T>;
}

/**
 * Writes once although the vendor has no idempotency key: a repeat looks for what carries its reference, and does not write
 * while an earlier attempt may still come through.
 */
export function createOnce({ lateMs, clock }: { lateMs: number; clock: Clock }): <T>(attempt: Attempt<T>) => Promise<T> {
  /** When the doubt arose, by reference. */
  const since = new Map<string, number>();
  const now = () => clock.now().getTime();

  function doubt(reference: string, at: number): void {
    since.delete(reference);
    since.set(reference, at);
    const [oldest] = since.keys();
    if (since.size > MOST_REMEMBERED && oldest !== undefined) since.delete(oldest);
  }

  return async ({ reference, repeated, find, write }) => {
    const found = repeated ? await find() : undefined;
    if (found !== undefined) return found;
    if (repeated) {
      // What became of an attempt of another process is not known here.
      if (!since.has(reference)) doubt(reference, now());
      const leftMs = since.get(reference)! + lateMs - now();
      if (leftMs > 0) throw new ApiError('in-progress', 'An earlier attempt may still be on its way into the HR system.', { code: 'write-uncertain', retryAfterMs: leftMs });
    }
    try {
      const written = await write();
      since.delete(reference);
      return written;
    } catch (thrown) {
      const failure = asApiError(thrown);
      // What stands in the way of the second attempt may be the first, which came through late.
      const late = repeated && !failure.retryable ? await find() : undefined;
      if (late !== undefined) return late;
      if (failure.retryable) doubt(reference, mayComeLate(failure) ? now() : -Infinity);
      throw thrown;
    }
  };
}

function mayComeLate({ kind, code, cause }: ApiError): boolean {
  return kind !== 'rate-limited' && code !== 'vendor-sign-on-failed' && !(cause instanceof NotSent);
}
