import express, { type NextFunction, type Request as HttpRequest, type Response, type Router } from 'express';
import { ApiError, asApiError } from '../errors/failures.ts';
import { PROBLEM_MEDIA_TYPE, toProblem } from '../errors/problem.ts';
import { contextFrom, type WorkContext } from '../telemetry/context.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Principal } from '../security/principal.ts';
import type { Operation } from './contract.ts';
import type { ServedApi } from './serve.ts';

/** Verifies who calls; throws `unauthenticated` otherwise. */
export type Authenticate = (request: HttpRequest) => Promise<Principal>;

const BODY_LIMIT = '4mb';

interface Locals {
  context: WorkContext;
  /** As in the contract: the path itself may name a person. */
  route?: string;
}

/** The served API as a router: the only place where its operations meet HTTP. */
export function httpEdge(api: ServedApi, authenticate: Authenticate): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  const methods = new Map<string, string[]>();
  for (const operation of api.contract.operations.values()) {
    const route = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
    methods.set(route, [...(methods.get(route) ?? []), operation.method.toUpperCase()]);
    router[operation.method as 'get'](route, textBody(operation), (request, response, next) => {
      answer(api, operation, authenticate, request, response).catch(next);
    });
  }
  for (const [route, allowed] of methods) {
    router.all(route, (_request, response, next) => {
      response.setHeader('Allow', allowed.join(', '));
      next(new ApiError('method-not-allowed', `This address takes ${allowed.join(', ')}.`));
    });
  }
  return router;
}

/** A body that is no JSON is read as text, where the contract takes one. */
function textBody({ consumes }: Operation): express.RequestHandler {
  if (consumes === undefined || consumes === 'application/json') return (_request, _response, next) => next();
  return express.text({ limit: BODY_LIMIT, type: consumes });
}

async function answer(api: ServedApi, operation: Operation, authenticate: Authenticate, request: HttpRequest, response: Response): Promise<void> {
  response.locals['route'] = `${api.contract.basePath}${operation.path}`;
  const principal = await authenticate(request);
  const output = await api.handle({
    operation: operation.id,
    input: { ...singleValues(request.query), ...request.params, ...(operation.consumes ? { body: bodyOf(operation, request) } : {}) },
    principal,
    context: contextOf(response),
    idempotencyKey: header(request, 'idempotency-key'),
    deadlineMs: deadlineOf(request),
  });
  response.status(operation.successStatus);
  if (operation.answers === undefined) response.end();
  else if (operation.answers === 'application/json') response.json(output);
  else response.type(operation.answers).send(output);
}

/** A parameter given twice is refused rather than guessed. */
function singleValues(query: HttpRequest['query']): Record<string, unknown> {
  for (const [name, value] of Object.entries(query)) {
    if (typeof value !== 'string') throw new ApiError('invalid-request', `The parameter ${name} is given more than once.`, { errors: [{ pointer: `parameter:${name}`, detail: 'is given more than once' }] });
  }
  return query;
}

function bodyOf(operation: Operation, request: HttpRequest): unknown {
  if (!request.is(operation.consumes!)) {
    const isEmpty = request.headers['content-length'] === '0' || (!request.headers['content-length'] && !request.headers['transfer-encoding']);
    if (isEmpty) return undefined;
    throw new ApiError('unsupported-media-type', `The body must be ${operation.consumes}.`);
  }
  return request.body as unknown;
}

export function header(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Milliseconds the caller still has; kept between services in a header of ours. */
function deadlineOf(request: HttpRequest): number | undefined {
  const value = Number(header(request, 'callosum-deadline-ms'));
  return Number.isInteger(value) && value > 0 ? value : undefined;
}

export function contextOf(response: Response): WorkContext {
  return (response.locals as Locals).context;
}

/** What every listener of ours does first: correlation, and bodies read within limits. */
export function entrance(): express.RequestHandler[] {
  return [
    (request, response, next) => {
      const context = contextFrom(header(request, 'correlation-id'), header(request, 'traceparent'));
      response.locals['context'] = context;
      response.setHeader('Correlation-Id', context.correlationId);
      next();
    },
    express.json({ limit: BODY_LIMIT, strict: true, type: 'application/json' }),
  ];
}

/** What every listener of ours does last: unknown addresses and failures become problems. */
export function exits(log?: Log): [express.RequestHandler, express.ErrorRequestHandler] {
  return [
    (_request, _response, next) => next(new ApiError('not-found', 'There is nothing at this address.')),
    (thrown: unknown, request: HttpRequest, response: Response, next: NextFunction) => {
      if (response.headersSent) return next(thrown);
      const failure = fromExpress(thrown);
      if (failure.kind === 'internal' && !(thrown instanceof ApiError)) log?.error('request failed unexpectedly', { method: request.method, ...describeError(thrown) });
      const { context, route } = response.locals as Partial<Locals>;
      if (failure.retryAfterMs !== undefined) response.setHeader('Retry-After', String(Math.max(1, Math.ceil(failure.retryAfterMs / 1_000))));
      if (failure.kind === 'unauthenticated') response.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"');
      response.status(failure.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(toProblem(failure, context?.correlationId ?? 'none', route)));
    },
  ];
}

/** Body parsers throw errors of their own, with the status in them. */
function fromExpress(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const type = thrown instanceof Error && 'type' in thrown ? thrown.type : undefined;
  if (type === 'entity.parse.failed') return new ApiError('invalid-request', 'The body is not valid JSON.', { code: 'invalid-json', errors: [{ pointer: '', detail: 'is not valid JSON' }], cause: thrown });
  if (type === 'entity.too.large') return new ApiError('too-large', 'The body is larger than this address takes.', { cause: thrown });
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') return new ApiError('unsupported-media-type', 'The charset or encoding is not supported.', { cause: thrown });
  const status = thrown instanceof Error && 'status' in thrown ? Number(thrown.status) : 500;
  if (status === 400) return new ApiError('invalid-request', 'The request could not be read.', { cause: thrown });
  return asApiError(thrown);
}
