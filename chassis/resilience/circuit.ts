import CircuitBreaker from 'opossum';
import { ApiError, asApiError } from '../errors/failures.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { ownDependencies, type Dependencies, type Hold } from './dependencies.ts';
import { createSlots } from './slots.ts';
import { NotSent, TargetFailure, targetOf, withTarget } from './target-failure.ts';
import { TIERS, type TierName } from './tiers.ts';

export interface CircuitOptions {
  /** What the circuit is known by; for all processes of a platform the same. */
  target: string;
  /** What callers are told of it, where that is not its name. */
  shownAs?: string;
  tier: TierName;
  log: Log;
  metrics: Metrics;
  /** Shared with other processes; known to this circuit alone when absent. */
  dependencies?: Dependencies | undefined;
}

export interface Circuit {
  /** Calls the target, within `waitMs` when others have to be waited for. */
  fire<T>(call: () => Promise<T>, waitMs?: number): Promise<T>;
  /** The target asks for so much patience. */
  throttle(ms: number): void;
  shutdown(): void;
}

/** As long as a timer can be set. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * Stops calling a target that keeps failing, and lets no more than its share of calls be with it, so that one dead
 * system slows only its own work. Refusals are answers: only retryable failures count against the target, and only its
 * own, not those of what is behind it. While it is down one call at a time tries whether it is back.
 */
export function createCircuit({ target, shownAs = target, tier, log, metrics, dependencies = ownDependencies() }: CircuitOptions): Circuit {
  const { concurrency, line, circuit: { errorPercent, volume, windowMs } } = TIERS[tier];
  const slots = createSlots(concurrency, concurrency * line);
  let breaker = newBreaker();
  let isDown = false;
  const stopListening = dependencies.listen(look);

  /** Counts; when the circuit closes again is not its own decision. */
  function newBreaker() {
    let latest = 'unavailable';
    return new CircuitBreaker((call: () => Promise<unknown>) => call(), {
      name: target, timeout: false, resetTimeout: NEVER_MS, errorThresholdPercentage: errorPercent, volumeThreshold: volume, rollingCountTimeout: windowMs,
      rollingPercentilesEnabled: false, enableSnapshots: false,
      errorFilter(error: unknown) {
        const failure = asApiError(error);
        const counts = countsAgainst(target, failure);
        if (counts) latest = failure.kind;
        return !counts;
      },
    }).on('open', () => dependencies.open(target, tier, latest));
  }

  function look(): void {
    const isDownNow = dependencies.holdOn(target)?.reason === 'down';
    if (isDownNow === isDown) return;
    isDown = isDownNow;
    metrics.circuit.set({ target }, isDown ? 1 : 0);
    if (isDown) return log.warn('circuit opened', { target });
    log.info('circuit closed', { target });
    breaker.shutdown();
    breaker = newBreaker();
  }

  async function counted<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await breaker.fire(call) as T;
    } catch (error) {
      throw named(error);
    }
  }

  async function probe<T>(call: () => Promise<T>): Promise<T> {
    try {
      const result = await call();
      dependencies.settle(target, tier, undefined);
      return result;
    } catch (error) {
      const failure = asApiError(error);
      if (hasReachedNobody(error)) dependencies.release(target);
      else dependencies.settle(target, tier, countsAgainst(target, failure) ? failure.kind : undefined);
      throw named(error);
    }
  }

  const named = (error: unknown): unknown => error instanceof ApiError ? withTarget(error, target) : error;

  function refusal({ reason, leftMs }: Hold): ApiError {
    const details = { retryAfterMs: Math.ceil(Math.max(leftMs, 500)), cause: new TargetFailure(target) };
    return reason === 'throttled'
      ? new ApiError('rate-limited', `The system behind ${shownAs} asks for patience.`, { code: 'vendor-throttles', ...details })
      : new ApiError('unavailable', `The system behind ${shownAs} is not available at the moment.`, { code: 'circuit-open', ...details });
  }

  return {
    async fire<T>(call: () => Promise<T>, waitMs = Infinity): Promise<T> {
      const hold = dependencies.holdOn(target);
      if (hold) {
        if (hold.leftMs > 0 || !(await dependencies.claim(target, tier))) throw refusal(hold);
        return probe(call);
      }
      if (!(await slots.take(waitMs))) throw new ApiError('unavailable', `The system behind ${shownAs} has too much to do at the moment.`, { code: 'target-busy', retryAfterMs: 500, cause: new TargetFailure(target) });
      try {
        // It may have gone down while this call stood in line.
        const since = dependencies.holdOn(target);
        if (since) throw refusal(since);
        return await counted(call);
      } finally {
        slots.giveBack();
      }
    },
    throttle: (ms) => dependencies.throttle(target, tier, ms),
    shutdown() {
      stopListening();
      breaker.shutdown();
    },
  };
}

/** What is not a failure of a call is a mistake of ours on the way to it. */
function hasReachedNobody(error: unknown): boolean {
  return !(error instanceof ApiError) || error.cause instanceof NotSent;
}

function countsAgainst(target: string, failure: ApiError): boolean {
  return !hasReachedNobody(failure) && (failure.kind === 'unavailable' || failure.kind === 'upstream-timeout') && [undefined, target].includes(targetOf(failure));
}
