import { Pool } from 'undici';
import { ApiError } from '../errors/failures.ts';
import { fromProblem } from '../errors/problem.ts';
import type { Principal } from '../security/principal.ts';
import type { ServiceTokens } from '../security/service-tokens.ts';
import { onBehalfOf } from './caller.ts';
import type { CompiledContract } from './contract.ts';
import type { Transport } from './connect.ts';
import type { ServedApi } from './serve.ts';

/** Straight to the API in this process, through the same checks, without the wire. Values are copied as JSON would. */
export function inProcess(api: ServedApi, self: Principal): Transport {
  return {
    async send({ operation, input, idempotencyKey, deadlineMs, correlationId, traceparent }) {
      const person = onBehalfOf();
      const principal = person ? { ...person, service: self.service, scopes: self.scopes } : self;
      return structuredClone(await api.handle({ operation: operation.id, input: structuredClone(input), principal, context: { correlationId, traceparent }, idempotencyKey, deadlineMs }));
    },
  };
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
        headersTimeout: deadlineMs,
        bodyTimeout: deadlineMs,
      }).catch((cause: unknown) => { throw unreachable(contract.name, cause); });
      const text = await response.body.text().catch((cause: unknown) => { throw unreachable(contract.name, cause); });
      if (response.statusCode >= 400) throw fromProblem(response.statusCode, parsed(text), retryAfter(response.headers['retry-after']));
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
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const timedOut = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT';
  return timedOut
    ? new ApiError('upstream-timeout', `The API ${target} did not answer in time.`, { cause })
    : new ApiError('unavailable', `The API ${target} cannot be reached at the moment.`, { code: 'unreachable', cause });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError('upstream-broken', 'The answer is not JSON.', { cause });
  }
}

function retryAfter(value: string | string[] | undefined): number | undefined {
  const seconds = Number(value);
  return value !== undefined && Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}
