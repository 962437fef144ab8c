import { AsyncLocalStorage } from 'node:async_hooks';
import { ApiError } from '../errors/failures.ts';
import { NotSent } from '../resilience/target-failure.ts';

/** Instants of the monotonic clock by which the work under way has to be answered. */
const storage = new AsyncLocalStorage<number>();

/** Milliseconds that are left for the work under way; infinite when nobody waits for it. */
export function remainingMs(): number {
  const at = storage.getStore();
  return at === undefined ? Infinity : at - performance.now();
}

/**
 * Answers within `allowedMs` or with `upstream-timeout`. The work is told by its signal, and calls that it makes on the
 * way get no more time than is left; what it does besides goes on to its end.
 */
export function within<T>(allowedMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const left = Math.min(allowedMs, remainingMs());
  if (left <= 0) return Promise.reject(deadlinePassed(new NotSent()));
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      const failure = deadlinePassed();
      controller.abort(failure);
      reject(failure);
    }, left);
    storage.run(performance.now() + left, work, controller.signal).then(
      (value) => { clearTimeout(timer); resolve(value); },
      (failure: unknown) => { clearTimeout(timer); reject(failure); },
    );
  });
}

/** Work that goes on by itself: it has the time of nobody's request. */
export function withoutDeadline<T>(work: () => T): T {
  return storage.exit(work);
}

export function deadlinePassed(cause?: unknown): ApiError {
  return new ApiError('upstream-timeout', 'The answer did not come about in time.', { code: 'deadline-passed', cause });
}
