import CircuitBreaker from 'opossum';
import { ApiError, asApiError } from '../errors/failures.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
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
  fire<T>(call: () => Promise<T>): Promise<T>;
  shutdown(): void;
}

/**
 * Stops calling a target that keeps failing, and lets no more than its share of calls wait for it, so that one dead
 * system slows only its own work. Refusals are answers: only retryable failures count against the target.
 */
export function createCircuit({ target, tier, log, metrics, onClose }: CircuitOptions): Circuit {
  const breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
    name: target,
    timeout: false,
    capacity: TIERS[tier].concurrency,
    errorThresholdPercentage: 60,
    volumeThreshold: 10,
    rollingCountTimeout: 5_000,
    resetTimeout: 1_000,
    errorFilter: (error: unknown) => !countsAgainstTarget(asApiError(error)),
  });
  breaker.on('open', () => { metrics.circuit.set({ target }, 1); log.warn('circuit opened', { target }); });
  breaker.on('close', () => { metrics.circuit.set({ target }, 0); log.info('circuit closed', { target }); onClose?.(target); });
  return {
    async fire<T>(call: () => Promise<T>): Promise<T> {
      try {
        return await breaker.fire(call) as T;
      } catch (error) {
        if (error instanceof Error && 'code' in error && (error.code === 'EOPENBREAKER' || error.code === 'ESEMLOCKED')) {
          const detail = error.code === 'EOPENBREAKER' ? 'is not available at the moment' : 'has too much to do at the moment';
          throw new ApiError('unavailable', `The system behind ${target} ${detail}.`, { code: 'circuit-open', retryAfterMs: 1_000, cause: new TargetFailure(target, error) });
        }
        throw error;
      }
    },
    shutdown: () => breaker.shutdown(),
  };
}

function countsAgainstTarget(failure: ApiError): boolean {
  return failure.kind === 'unavailable' || failure.kind === 'upstream-timeout' || failure.kind === 'internal';
}
