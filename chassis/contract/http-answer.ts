import type { ServerResponse } from 'node:http';
import { ApiError, asApiError } from '../errors/failures.ts';
import { evidenceOf, EVIDENCE_HEADER } from '../errors/evidence.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import { PROBLEM_MEDIA_TYPE, toProblem } from '../errors/problem.ts';
import { targetOf, TARGET_HEADER } from '../resilience/target-failure.ts';
import type { Operation } from './contract.ts';

/** Names and values in turn, as `writeHead` takes them. */
export type HeaderList = readonly string[];

export interface Answer {
  status: number;
  headers: HeaderList;
  /** Undefined where a message of that status has none. */
  text: string | undefined;
}

/** Writes head and body at once; `common` is what every answer says. */
export function write(response: ServerResponse, { status, headers, text }: Answer, correlationId: string, common: HeaderList): void {
  if (text === undefined) {
    response.writeHead(status, [...common, 'Correlation-Id', correlationId, ...headers]).end();
    return;
  }
  const length = Buffer.byteLength(text);
  response.writeHead(status, [...common, 'Correlation-Id', correlationId, ...headers, 'Content-Length', String(length)]);
  // Where each letter is one byte the text is ASCII, which goes out faster by its other name.
  response.end(text, length === text.length ? 'latin1' : 'utf8');
}

/** How answers of an operation go out, as far as it is known before there is one. */
export function successOf({ answers, successStatus }: Operation): (output: unknown) => Answer {
  if (answers === undefined) {
    const empty = { status: successStatus, headers: [], text: successStatus === 204 ? undefined : '' };
    return () => empty;
  }
  const headers = ['Content-Type', `${answers}; charset=utf-8`];
  const isText = answers !== 'application/json';
  return (output) => ({ status: successStatus, headers, text: isText && typeof output === 'string' ? output : JSON.stringify(output) });
}

export interface FailedRequest {
  method: string | undefined;
  correlationId: string;
  /** As in the contract: the path itself may name a person. */
  route: string | undefined;
  log: Log | undefined;
}

/** What was thrown as a problem; what nobody expected is logged and not told. */
export function failureAnswer(thrown: unknown, { method, correlationId, route, log }: FailedRequest): Answer {
  const failure = asApiError(thrown);
  if (failure.kind === 'internal' && !(thrown instanceof ApiError)) log?.error('request failed unexpectedly', { method, ...describeError(thrown) });
  const headers = ['Content-Type', `${PROBLEM_MEDIA_TYPE}; charset=utf-8`];
  if (failure.retryAfterMs !== undefined) headers.push('Retry-After', String(Math.max(1, Math.ceil(failure.retryAfterMs / 1_000))));
  const target = targetOf(failure);
  // For our own layers above, which wait for it; the gateway lets no such header out.
  if (target !== undefined) headers.push(TARGET_HEADER, target);
  const evidence = evidenceOf(failure);
  if (evidence !== undefined) headers.push(EVIDENCE_HEADER, evidence);
  if (failure.kind === 'unauthenticated') headers.push('WWW-Authenticate', 'Bearer error="invalid_token"');
  return { status: failure.status, headers, text: JSON.stringify(toProblem(failure, correlationId, route)) };
}
