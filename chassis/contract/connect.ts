import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { asApiError } from '../errors/failures.ts';
import { backoffMs } from '../resilience/backoff.ts';
import { createCircuit, type Circuit } from '../resilience/circuit.ts';
import type { Dependencies } from '../resilience/dependencies.ts';
import { atHand } from '../resilience/hands.ts';
import { createRetryBudget } from '../resilience/retry-budget.ts';
import { NotSent } from '../resilience/target-failure.ts';
import { TIERS } from '../resilience/tiers.ts';
import { childTraceparent, contextFrom, currentContext } from '../telemetry/context.ts';
import { checkedKey } from './idempotency-key.ts';
import { deadlinePassed, remainingMs } from './deadline.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { compileContract, type CompiledContract, type Contract, type InputOf, type Operation, type OutputOf } from './contract.ts';

export interface CallOptions {
  /** One key for one intended effect; required for operations that need one. */
  idempotencyKey?: string;
  /** Milliseconds the answer may take, repeats included. */
  timeoutMs?: number;
}

/** A contract as functions: what `serve` offers, seen from the other side. */
export type Client<Ops> = {
  [Name in keyof Ops]: (input: InputOf<Ops, Name>, options?: CallOptions) => Promise<OutputOf<Ops, Name>>;
};

/** One attempt of a call, on its way. */
export interface OutgoingCall {
  operation: Operation;
  input: Record<string, unknown>;
  idempotencyKey: string | undefined;
  deadlineMs: number;
  correlationId: string;
  traceparent: string;
  /** The step of a move for which the call is made. */
  step?: string | undefined;
}

/** Carries a call to where the contract is served: the same process or another. */
export interface Transport {
  send(call: OutgoingCall): Promise<unknown>;
}

export interface ConnectDeps {
  transport: (contract: CompiledContract) => Transport;
  log: Log;
  metrics: Metrics;
  /** What is known of the systems behind; known to this client alone when absent. */
  dependencies?: Dependencies;
}

/** Turns a contract into a client with deadline, retry within a budget, circuit breaker, idempotency key and trace. */
export function connect<Ops>(contract: Contract<Ops>, deps: ConnectDeps): Client<Ops> & { close(): void } {
  const compiled = compileContract(contract as Contract);
  const circuit = createCircuit({ target: compiled.name, tier: compiled.tier, ...deps });
  const transport = deps.transport(compiled);
  const invoke = invoker(compiled, transport, circuit, deps);
  const methods = Object.fromEntries([...compiled.operations.values()].map((operation) =>
    [operation.id, (input: Record<string, unknown>, options?: CallOptions) => invoke(operation, input, options ?? {})]));
  return { ...methods, close: () => circuit.shutdown() } as unknown as Client<Ops> & { close(): void };
}

/** Nobody was called, and a repeat here would only stand in the way of others. */
const NOT_CALLED = new Set<string | undefined>(['circuit-open', 'target-busy']);

function invoker(contract: CompiledContract, transport: Transport, circuit: Circuit, { metrics }: ConnectDeps) {
  const tier = TIERS[contract.tier];
  const budget = createRetryBudget(tier.retryBudget);

  return async function invoke(operation: Operation, input: Record<string, unknown>, options: CallOptions): Promise<unknown> {
    const started = performance.now();
    const deadline = started + Math.min(options.timeoutMs ?? tier.timeoutMs, remainingMs());
    const context = currentContext() ?? contextFrom(undefined, undefined);
    // A caller that gives no key of its own has no repeat to recognise beyond this call's.
    const idempotencyKey = operation.idempotent ? checkedKey(options.idempotencyKey ?? randomUUID()) : undefined;
    const repeatable = operation.method === 'get' || operation.idempotent;
    const observe = (outcome: string) => metrics.called.observe({ api: contract.name, operation: operation.id, outcome }, (performance.now() - started) / 1_000);
    budget.deposit();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const output = await atHand(contract.name, contract.tier, () => circuit.fire(() => transport.send({
          operation, input, idempotencyKey, deadlineMs: leftOf(deadline),
          correlationId: context.correlationId, traceparent: childTraceparent(context.traceparent), step: context.step,
        }), leftOf(deadline)));
        observe('ok');
        return output;
      } catch (thrown) {
        const failure = asApiError(thrown);
        const waitMs = Math.max(failure.retryAfterMs ?? 0, backoffMs(attempt, tier.retry));
        const again = repeatable && failure.retryable && !NOT_CALLED.has(failure.code) && attempt < tier.attempts
          && waitMs <= tier.retry.maxMs && performance.now() + waitMs < deadline && budget.withdraw();
        if (!again) {
          observe(failure.kind);
          throw failure;
        }
        await sleep(waitMs);
      }
    }
  };
}

/** Whole milliseconds up to the deadline; a call whose time is over is not made. */
function leftOf(deadline: number): number {
  const left = Math.round(deadline - performance.now());
  if (left <= 0) throw deadlinePassed(new NotSent());
  return left;
}
