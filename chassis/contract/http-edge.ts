import type { IncomingMessage } from 'node:http';
import { parse } from 'node:querystring';
import type { NextFunction, Request as HttpRequest, RequestHandler, Response } from 'express';
import { ApiError } from '../errors/failures.ts';
import type { WorkContext } from '../telemetry/context.ts';
import type { Principal } from '../security/principal.ts';
import type { Operation } from './contract.ts';
import { failureAnswer, successOf, type Answer } from './http-answer.ts';
import { hasBody, mediaTypeOf, readBody } from './request-body.ts';
import { compileRoutes, type Match, type Routes } from './routes.ts';
import type { ServedApi } from './serve.ts';
import type { Log } from '../telemetry/logger.ts';

/** Verifies who calls; throws `unauthenticated` otherwise. */
export type Authenticate = (request: HttpRequest) => Promise<Principal>;

/**
 * A served API over HTTP: the only place where its operations meet it. What asks for an operation is answered without
 * Express; mounted there, it tells other methods at its addresses from other addresses.
 */
export interface HttpEdge extends RequestHandler {
  readonly routes: Routes;
  /** Never rejects: a failure is an answer too. */
  perform(match: Match, request: IncomingMessage, context: WorkContext, log: Log): Promise<Answer>;
}

export function isHttpEdge(handler: object): handler is HttpEdge {
  return 'routes' in handler && 'perform' in handler;
}

/** @source RFC 9110 section 13.1.2: whatever there is has not been modified for who asks for nothing else */
const NOT_MODIFIED: Answer = { status: 304, headers: [], text: undefined };

export function httpEdge(api: ServedApi, authenticate: Authenticate): HttpEdge {
  const routes = compileRoutes(api.contract);
  const successes = new Map([...api.contract.operations.values()].map((operation) => [operation, successOf(operation)]));

  async function perform(match: Match, request: IncomingMessage, context: WorkContext, log: Log): Promise<Answer> {
    const { operation } = match;
    let route: string | undefined;
    try {
      const body = hasBody(request) ? await readBody(request, operation.consumes) : undefined;
      const input = decoded(match);
      // As in the contract: the path itself may name a person.
      route = `${api.contract.basePath}${operation.path}`;
      // Of a request it reads the headers, which are the same before Express and behind it.
      const principal = await authenticate(request as HttpRequest);
      const { headers } = request;
      const output = await api.handle({
        operation: operation.id,
        input: { ...singleValues(match.query), ...input, ...(operation.consumes ? { body: bodyOf(operation, request, body) } : {}) },
        principal,
        context,
        idempotencyKey: single(headers['idempotency-key']),
        deadlineMs: deadlineOf(single(headers['callosum-deadline-ms'])),
      });
      return headers['if-none-match'] === '*' && operation.method === 'get' ? NOT_MODIFIED : successes.get(operation)!(output);
    } catch (thrown) {
      return failureAnswer(thrown, { method: request.method, correlationId: context.correlationId, route, log });
    }
  }

  function otherMethods(request: HttpRequest, response: Response, next: NextFunction): void {
    const allowed = routes.methodsAt(request.originalUrl);
    if (allowed.length === 0) return next();
    response.setHeader('Allow', allowed.join(', '));
    next(new ApiError('method-not-allowed', `This address takes ${allowed.join(', ')}.`));
  }

  return Object.assign(otherMethods, { routes, perform });
}

function decoded({ names, values }: Match): Record<string, string> {
  const parameters: Record<string, string> = {};
  try {
    for (const [index, name] of names.entries()) parameters[name] = decodeURIComponent(values[index]!);
  } catch (cause) {
    throw new ApiError('invalid-request', 'The request could not be read.', { cause });
  }
  return parameters;
}

/** A parameter given twice is refused rather than guessed. */
function singleValues(query: string): Record<string, unknown> {
  if (query === '') return {};
  const values = parse(query);
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') throw new ApiError('invalid-request', `The parameter ${name} is given more than once.`, { errors: [{ pointer: `parameter:${name}`, detail: 'is given more than once' }] });
  }
  return values;
}

function bodyOf(operation: Operation, request: IncomingMessage, body: unknown): unknown {
  if (!hasBody(request)) return undefined;
  if (mediaTypeOf(request) === operation.consumes) return body;
  if (request.headers['content-length'] === '0') return undefined;
  throw new ApiError('unsupported-media-type', `The body must be ${operation.consumes}.`);
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Milliseconds the caller still has; kept between services in a header of ours. */
function deadlineOf(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
