import { headerOf, type Policy } from '../exchange.ts';

const READABLE = 'Correlation-Id, Retry-After';
const SENDABLE = 'Authorization, Content-Type, Correlation-Id, Idempotency-Key, Traceparent';
const REMEMBERED_S = 600;

/** Lets the scripts of listed websites read answers. Tokens travel in a header of their own, so cookies are never allowed for. */
export function answerCrossOrigin({ origins }: { origins: readonly string[] }): Policy {
  const listed = new Set(origins.map((each) => new URL(each).origin));
  return (exchange) => {
    const { request, response, match } = exchange;
    if (listed.size === 0) return;
    response.setHeader('Vary', 'Origin');
    const origin = headerOf(exchange, 'origin');
    if (origin === undefined || !listed.has(origin)) return;
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Expose-Headers', READABLE);
    if (request.method !== 'OPTIONS' || headerOf(exchange, 'access-control-request-method') === undefined) return;
    response.writeHead(204, { 'Access-Control-Allow-Methods': match.allow.join(', '), 'Access-Control-Allow-Headers': SENDABLE, 'Access-Control-Max-Age': String(REMEMBERED_S) });
    response.end();
  };
}
