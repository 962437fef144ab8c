import { errors, Pool, type Dispatcher } from 'undici';
import { ApiError, asApiError } from '../errors/failures.ts';
import { retryAfterMs } from '../resilience/retry-after.ts';
import { NotSent, withTarget } from '../resilience/target-failure.ts';
import { isReference, noteEvidence } from '../errors/evidence.ts';
import { fromProblem } from '../errors/problem.ts';
import type { Principal } from '../security/principal.ts';
import type { ServiceTokens } from '../security/service-tokens.ts';
import { STEP_HEADER } from '../telemetry/context.ts';
import { onBehalfOf } from './caller.ts';
import type { CompiledContract, Operation } from './contract.ts';
import { exchange, type Answer } from './http-exchange.ts';
import type { Transport } from './connect.ts';
import type { ServedApi } from './serve.ts';

/** Straight to the API in this process, through the same checks, without the wire. Values are copied as JSON would. */
export function inProcess(api: ServedApi, self: Principal, { actsForOthers = true } = {}): Transport {
  return {
    async send({ operation, input, idempotencyKey, deadlineMs, correlationId, traceparent, step }) {
      const person = onBehalfOf();
      if (person && !actsForOthers) throw new ApiError('unauthenticated', 'This service may not speak for others.', { code: 'invalid-token' });
      const principal = person ? { ...person, service: self.service, scopes: self.scopes } : self;
      return copied(await api.handle({ operation: operation.id, input: copied(input), principal, context: { correlationId, traceparent, step }, idempotencyKey, deadlineMs }));
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
  const pool = new Pool(url, { connections, pipelining: 1, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 });
  const requests = new Map([...contract.operations.values()].map((operation) => [operation, prepare(contract.basePath, operation)]));
  return {
    async send({ operation, input, idempotencyKey, deadlineMs, correlationId, traceparent, step }) {
      const { method, headers, pathOf, bodyOf } = requests.get(operation)!;
      const token = await tokens.sign(audience, onBehalfOf());
      const request = {
        method, path: pathOf(input), body: bodyOf(input),
        headers: [...headers, 'authorization', `Bearer ${token}`, 'correlation-id', correlationId, 'traceparent', traceparent, 'callosum-deadline-ms', String(deadlineMs), ...(idempotencyKey ? ['idempotency-key', idempotencyKey] : []), ...(step ? [STEP_HEADER, step] : [])],
      };
      let answer: Answer;
      try {
        answer = await exchange(pool, request, deadlineMs);
      } catch (cause) {
        throw unreachable(contract.name, cause);
      }
      if (answer.status >= 400) {
        const failure = fromProblem(answer.status, problemIn(answer.text), retryAfterMs(answer.retryAfter));
        if (answer.evidence !== undefined && isReference(answer.evidence)) noteEvidence(failure, answer.evidence);
        throw answer.target === undefined ? failure : withTarget(failure, answer.target);
      }
      if (operation.answers === undefined) return undefined;
      return operation.answers === 'application/json' ? parsed(answer.text) : answer.text;
    },
    close: () => pool.close(),
  };
}

interface PreparedRequest {
  method: Dispatcher.HttpMethod;
  /** Names and values in turn. */
  headers: readonly string[];
  pathOf(input: Record<string, unknown>): string;
  bodyOf(input: Record<string, unknown>): string | null;
}

/** What is the same for every call of an operation, made once. */
function prepare(basePath: string, { method, path, parameters, answers, consumes }: Operation): PreparedRequest {
  const inQuery = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  // Text and names of parameters in turn.
  const parts = `${basePath}${path}`.split(/\{(\w+)\}/);
  const inPath = (input: Record<string, unknown>) => parts.map((part, at) => at % 2 === 0 ? part : encodeURIComponent(String(input[part]))).join('');
  return {
    method: method.toUpperCase() as Dispatcher.HttpMethod,
    headers: ['accept', answers ?? '*/*', ...(consumes ? ['content-type', consumes] : [])],
    pathOf: (input) => `${inPath(input)}${queryOf(inQuery, input)}`,
    bodyOf: ({ body }) => {
      if (consumes === undefined) return null;
      return consumes === 'application/json' ? JSON.stringify(body) : String(body);
    },
  };
}

function queryOf(names: readonly string[], input: Record<string, unknown>): string {
  const given = names.filter((name) => input[name] !== undefined).map((name): [string, string] => [name, String(input[name])]);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}

function unreachable(target: string, cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  if (cause instanceof errors.InvalidArgumentError) return asApiError(new NotSent(cause));
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
