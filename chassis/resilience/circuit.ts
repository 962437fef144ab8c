import CircuitBreaker from 'opossum';
import { ApiError, asApiError } from '../errors/failures.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createSlots } from './slots.ts';
import { TIERS, type TierName } from './tiers.ts';

/** Names the target in the cause chain, so that work which waits for it can be woken when it answers again. */
export class TargetFailure extends Error {
  readonly target: string;

  constructor(target: string, cause?: unknown) {
    super(`call to ${target} failed`, { cause });
    this.name = 'TargetFailure';
    this.target = target;
  }
}

export interface CircuitOptions {
  target: string;
  tier: TierName;
  log: Log;
  metrics: Metrics;
  onClose?: (target: string) => void;
}

export interface Circuit {
  /** Calls the target, within `waitMs` when others have to be waited for. */
  fire<T>(call: () => Promise<T>, waitMs?: number): Promise<T>;
  shutdown(): void;
}

/** Calls that wait in line for each one that may be under way: a burst is worked off, a dead target holds no crowd. */
const LINE = 8;

/**
 * Stops calling a target that keeps failing, and lets no more than its share of calls be with it, so that one dead
 * system slows only its own work. Refusals are answers: only retryable failures count against the target.
 */
export function createCircuit({ target, tier, log, metrics, onClose }: CircuitOptions): Circuit {
  const { concurrency } = TIERS[tier];
  const slots = createSlots(concurrency, concurrency * LINE);
  const breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
    name: target,
    timeout: false,
    errorThresholdPercentage: 60,
    volumeThreshold: 10,
    rollingCountTimeout: 5_000,
    resetTimeout: 1_000,
    errorFilter: (error: unknown) => !countsAgainstTarget(asApiError(error)),
  });
  breaker.on('open', () => { metrics.circuit.set({ target }, 1); log.warn('circuit opened', { target }); });
  breaker.on('close', () => { metrics.circuit.set({ target }, 0); log.info('circuit closed', { target }); onClose?.(target); });
  const isOpen = () => breaker.opened && !breaker.pendingClose;

  return {
    async fire<T>(call: () => Promise<T>, waitMs = Infinity): Promise<T> {
      if (isOpen()) throw circuitOpen(target);
      if (!(await slots.take(waitMs))) throw new ApiError('unavailable', `The system behind ${target} has too much to do at the moment.`, { code: 'target-busy', retryAfterMs: 500, cause: new TargetFailure(target) });
      try {
        return await breaker.fire(call) as T;
      } catch (error) {
        throw error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER' ? circuitOpen(target, error) : error;
      } finally {
        slots.giveBack();
      }
    },
    shutdown: () => breaker.shutdown(),
  };
}

function circuitOpen(target: string, cause?: unknown): ApiError {
  return new ApiError('unavailable', `The system behind ${target} is not available at the moment.`, { code: 'circuit-open', retryAfterMs: 1_000, cause: new TargetFailure(target, cause) });
}

function countsAgainstTarget(failure: ApiError): boolean {
  return failure.kind === 'unavailable' || failure.kind === 'upstream-timeout';
}
