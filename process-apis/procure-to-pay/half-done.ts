import { ApiError, asApiError } from '#chassis/errors/failures.ts';

/** Code of a move's failure when a part of it stands in somebody's books and the rest could not be done. */
export const HALF_DONE = 'half-done';

/**
 * A step after the one that decides. When it fails for good, nobody of the business can choose any more: what stands has
 * to be completed, so the move waits for those who mend the connection and goes on after its last remembered step.
 */
export function secondHalf<T>(work: (idempotencyKey: string) => Promise<T>): (idempotencyKey: string) => Promise<T> {
  return async (idempotencyKey) => {
    try {
      return await work(idempotencyKey);
    } catch (error) {
      const { kind, message, errors, retryAfterMs, cause } = asApiError(error);
      throw new ApiError(kind, message, { code: HALF_DONE, errors, retryAfterMs, cause });
    }
  };
}
