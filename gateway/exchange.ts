import type { IncomingMessage, ServerResponse } from 'node:http';
import { asApiError, type ApiError } from '#chassis/errors/failures.ts';
import { PROBLEM_MEDIA_TYPE, toProblem } from '#chassis/errors/problem.ts';
import type { WorkContext } from '#chassis/telemetry/context.ts';
import type { Match } from './routes.ts';
import type { Caller } from './tokens/caller.ts';

/** One request on its way through the door, and what the policies found out about it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly match: Match;
  /** As sent, without the query. */
  readonly path: string;
  /** After the question mark; empty when there is none. */
  readonly query: string;
  /** The client waits for a go-ahead before it sends the body. */
  readonly expectsContinue: boolean;
  context: WorkContext;
  /** What goes on to the experience API. Nothing is in here that a policy did not put there. */
  readonly headers: Record<string, string>;
  /** Path and query to go on with. */
  target: string;
  caller: Caller | undefined;
  failure: ApiError | undefined;
}

/** Looks at an exchange, adds to it, answers it, or throws an ApiError. */
export type Policy = (exchange: Exchange) => void | Promise<void>;

/** A header that is there once; refuseAmbiguity has seen to that. */
export function headerOf({ request }: Exchange, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

export function hasBody({ request }: Exchange): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** Answers with a problem, unless an answer has begun: then all that can be done is to break it off. */
export function answerProblem(exchange: Exchange, thrown: unknown): void {
  const { request, response } = exchange;
  const failure = asApiError(thrown);
  exchange.failure = failure;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // A body that nobody reads would stand in the way of the next request.
  if (!request.complete && hasBody(exchange)) response.setHeader('Connection', 'close');
  if (failure.retryAfterMs !== undefined) response.setHeader('Retry-After', String(Math.max(1, Math.ceil(failure.retryAfterMs / 1_000))));
  if (failure.kind === 'method-not-allowed') response.setHeader('Allow', exchange.match.allow.join(', '));
  const challenge = challengeFor(failure, exchange);
  if (challenge) response.setHeader('WWW-Authenticate', challenge);
  const body = JSON.stringify(toProblem(failure, exchange.context.correlationId, exchange.match.template));
  response.writeHead(failure.status, { 'Content-Type': PROBLEM_MEDIA_TYPE, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store' });
  response.end(body);
}

/** @source RFC 6750 section 3 */
function challengeFor(failure: ApiError, { match }: Exchange): string | undefined {
  if (failure.kind === 'unauthenticated') return failure.code === 'no-token' ? 'Bearer' : 'Bearer error="invalid_token"';
  if (failure.code === 'missing-scope') return `Bearer error="insufficient_scope", scope="${match.route?.operation.scopes.join(' ') ?? ''}"`;
  return undefined;
}
