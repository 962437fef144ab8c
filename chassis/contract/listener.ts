import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ErrorRequestHandler, Express, Request as HttpRequest, RequestHandler, Response } from 'express';
import { ApiError } from '../errors/failures.ts';
import { contextFrom, STEP_HEADER, type WorkContext } from '../telemetry/context.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import { failureAnswer, write, type HeaderList } from './http-answer.ts';
import { isHttpEdge, type HttpEdge } from './http-edge.ts';
import { hasBody, readBody } from './request-body.ts';
import type { Match } from './routes.ts';

export interface ListenerOptions {
  /** What every answer says. */
  headers: HeaderList;
  isStopping(): boolean;
  log: Log;
}

/**
 * Answers what asks for an operation of an API that is mounted in `app`, and leaves the rest to `app`: on the way of an
 * operation Express would cost more than all of the checks.
 */
export function operationsFirst(app: Express, { headers, isStopping, log }: ListenerOptions): RequestListener {
  const edges = app.router.stack.map(({ handle }) => handle).filter(isHttpEdge);
  const last = [...headers, 'Connection', 'close'];

  async function answer(edge: HttpEdge, match: Match, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const context = contextOf(request);
    const performed = await edge.perform(match, request, context, log);
    // Callers take their next request elsewhere, so that none of them meets a connection that is just being closed.
    write(response, performed, context.correlationId, isStopping() ? last : headers);
  }

  return (request, response) => {
    for (const edge of edges) {
      const match = edge.routes.find(request.method ?? '', request.url ?? '');
      if (!match) continue;
      answer(edge, match, request, response).catch((error: unknown) => {
        log.error('answer could not be written', describeError(error));
        response.destroy();
      });
      return;
    }
    app(request, response);
  };
}

interface Locals {
  context: WorkContext;
}

/** What every listener of ours does first: correlation, and bodies read within limits. */
export function entrance(): RequestHandler {
  return (request, response, next) => {
    const context = contextOf(request);
    response.locals['context'] = context;
    response.setHeader('Correlation-Id', context.correlationId);
    if (!hasBody(request)) return next();
    readBody(request, undefined).then((body) => {
      request.body = body;
      next();
    }, next);
  };
}

/** What every listener of ours does last: unknown addresses and failures become problems. */
export function exits(log: Log): [RequestHandler, ErrorRequestHandler] {
  return [
    (_request, _response, next) => next(new ApiError('not-found', 'There is nothing at this address.')),
    (thrown: unknown, request: HttpRequest, response: Response, next) => {
      if (response.headersSent) return next(thrown);
      const { context } = response.locals as Partial<Locals>;
      const { status, headers, text } = failureAnswer(fromExpress(thrown), { method: request.method, correlationId: context?.correlationId ?? 'none', route: undefined, log });
      for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at]!, headers[at + 1]!);
      response.status(status).send(text);
    },
  ];
}

/** Express has errors of its own for addresses that it cannot decode, with the status in them. */
function fromExpress(thrown: unknown): unknown {
  const status = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined;
  return status === 400 && !(thrown instanceof ApiError) ? new ApiError('invalid-request', 'The request could not be read.', { cause: thrown }) : thrown;
}

function contextOf({ headers }: IncomingMessage): WorkContext {
  const text = (value: string | string[] | undefined) => (typeof value === 'string' ? value : undefined);
  return contextFrom(text(headers['correlation-id']), text(headers['traceparent']), text(headers[STEP_HEADER]));
}
