import { ApiError } from '../errors/failures.ts';

/** Carries the name of the target from one deployable to the next. */
export const TARGET_HEADER = 'callosum-target';

/** Names the target in the cause chain, so that work which waits for it can be let go when it answers again. */
export class TargetFailure extends Error {
  readonly target: string;

  constructor(target: string, cause?: unknown) {
    super(`call to ${target} failed`, { cause });
    this.name = 'TargetFailure';
    this.target = target;
  }
}

/** In the cause of a failure that came before anything was sent: it says nothing of the target. */
export class NotSent extends Error {
  constructor(cause?: unknown) {
    super('nothing was sent', { cause });
    this.name = 'NotSent';
  }
}

/** The system that could not be called, however many hops away; undefined when no system is to blame. */
export function targetOf(failure: ApiError): string | undefined {
  return failure.cause instanceof TargetFailure ? failure.cause.target : undefined;
}

/** A failure that may pass, with the name of who failed. Who is named already stays: that is the one to wait for. */
export function withTarget(failure: ApiError, target: string): ApiError {
  if (!failure.retryable || failure.cause instanceof TargetFailure || failure.cause instanceof NotSent) return failure;
  const { kind, message, code, errors, retryAfterMs, cause } = failure;
  return new ApiError(kind, message, { code, errors, retryAfterMs, cause: new TargetFailure(target, cause) });
}
