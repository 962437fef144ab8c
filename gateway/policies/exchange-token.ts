import type { ServiceTokens } from '#chassis/security/service-tokens.ts';
import type { Policy } from '../exchange.ts';

/**
 * The token from outside stays outside. Inside goes one that the gateway signed, short-lived and made out to the
 * deployable that hosts the API, with who the caller is.
 */
export function exchangeToken(tokens: ServiceTokens, audiences: ReadonlyMap<string, string>): Policy {
  return async (exchange) => {
    const audience = audiences.get(exchange.match.route!.api)!;
    exchange.headers['authorization'] = `Bearer ${await tokens.sign(audience, exchange.caller!.principal)}`;
  };
}
