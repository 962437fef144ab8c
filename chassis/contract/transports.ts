import { errors, Pool } from 'undici';
import { ApiError, asApiError } from '../errors/failures.ts';
import { retryAfterMs } from '../resilience/retry-after.ts';
import { fromProblem } from '../errors/problem.ts';
import type { Principal } from '../security/principal.ts';
import type { ServiceTokens } from '../security/service-tokens.ts';
import { onBehalfOf } from './caller.ts';
import type { CompiledContract } from './contract.ts';
import { deadlinePassed } from './deadline.ts';
import type { Transport } from './connect.ts';
import type { ServedApi } from './serve.ts';

/** Straight to the API in this process, through the same checks, without the wire. Values are copied as JSON would. */
export function inProcess(api: ServedApi, self: Principal, { actsForOthers = true } = {}): Transport {
  return {
    async send({ operation, input, idempotencyKey, deadlineMs, correlationId, traceparent }) {
      const person = onBehalfOf();
      if (person && !actsForOthers) throw new ApiError('unauthenticated', 'This service may not speak for others.', { code: 'invalid-token' });
      const principal = person ? { ...person, service: self.service, scopes: self.scopes } : self;
      return copied(await api.handle({ operation: operation.id, input: copied(input), principal, context: { correlationId, traceparent }, idempotencyKey, deadlineMs }));
    },
  };
}

function copied<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value)) as T;
}

export interface OverHttpOptions {
  url: string;
  /** The deployable that serves the contract there; tokens are made out to it. */
  audience: string;
  tokens: ServiceTokens;
  connections?: number;
}

/** Over HTTP with kept connections, to wherever the contract is served. */
export function overHttp(contract: CompiledContract, { url, audience, tokens, connections = 24 }: OverHttpOptions): Transport & { close(): Promise<void> } {
  const pool = new Pool(url, { connections, pipelining: 1, keepAliveTimeout: 30_000 });
  return {
    async send({ operation, input, idempotencyKey, deadlineMs, correlationId, traceparent }) {
      const { path, body } = address(contract.basePath, operation.path, operation.parameters, input);
      const token = await tokens.sign(audience, onBehalfOf());
      const response = await pool.request({
        method: operation.method.toUpperCase() as 'GET',
        path,
        headers: {
          'authorization': `Bearer ${token}`, 'correlation-id': correlationId, 'traceparent': traceparent, 'callosum-deadline-ms': String(deadlineMs), 'accept': operation.answers ?? '*/*',
          ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
          ...(operation.consumes ? { 'content-type': operation.consumes } : {}),
        },
        body: operation.consumes ? (operation.consumes === 'application/json' ? JSON.stringify(body) : String(body)) : null,
        // The library's own limits are per phase; the deadline is for all of the call, the wait for a connection included.
        headersTimeout: 0, bodyTimeout: 0, signal: AbortSignal.timeout(deadlineMs),
      }).catch((cause: unknown) => { throw unreachable(contract.name, cause); });
      const text = await response.body.text().catch((cause: unknown) => { throw unreachable(contract.name, cause); });
      if (response.statusCode >= 400) throw fromProblem(response.statusCode, problemIn(text), retryAfterMs(response.headers['retry-after']));
      if (operation.answers === undefined) return undefined;
      return operation.answers === 'application/json' ? parsed(text) : text;
    },
    close: () => pool.close(),
  };
}

function address(basePath: string, template: string, parameters: { name: string; in: string }[], input: Record<string, unknown>): { path: string; body: unknown } {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name])));
  const query = new URLSearchParams();
  for (const parameter of parameters) {
    const value = input[parameter.name];
    if (parameter.in === 'query' && value !== undefined) query.set(parameter.name, String(value));
  }
  return { path: `${basePath}${path}${query.size > 0 ? `?${query}` : ''}`, body: input['body'] };
}

function unreachable(target: string, cause: unknown): ApiError {
  if (cause instanceof Error && cause.name === 'TimeoutError') return deadlinePassed(cause);
  if (cause instanceof errors.InvalidArgumentError) return asApiError(cause);
  return new ApiError('unavailable', `The API ${target} cannot be reached at the moment.`, { code: 'unreachable', cause });
}

/** Something in between may have answered in its own words, which say no more than the status. */
function problemIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError('upstream-broken', 'The answer is not JSON.', { cause });
  }
}
