import { contextFrom } from '#chassis/telemetry/context.ts';
import { headerOf, type Policy } from '../exchange.ts';

/** Every request has a correlation id and a trace: the caller's, when it has the right form, or new ones. */
export const assignCorrelationId: Policy = (exchange) => {
  exchange.context = contextFrom(headerOf(exchange, 'correlation-id'), headerOf(exchange, 'traceparent'));
  exchange.headers['correlation-id'] = exchange.context.correlationId;
  exchange.headers['traceparent'] = exchange.context.traceparent;
  exchange.response.setHeader('Correlation-Id', exchange.context.correlationId);
  exchange.response.setHeader('X-Content-Type-Options', 'nosniff');
};
