import { ApiError } from '#chassis/errors/failures.ts';
import { headerOf, type Policy } from '../exchange.ts';
import type { AccessTokens } from '../tokens/access-tokens.ts';

/** @source RFC 6750 section 2.1; tokens in a query or a form are not looked for */
export function verifyAccessToken(tokens: AccessTokens): Policy {
  return (exchange) => {
    const [, token] = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(headerOf(exchange, 'authorization') ?? '') ?? [];
    if (!token) throw new ApiError('unauthenticated', 'A bearer token is needed.', { code: 'no-token' });
    const caller = tokens.verify(token);
    if (!(caller instanceof Promise)) {
      exchange.caller = caller;
      return;
    }
    return caller.then((verified) => { exchange.caller = verified; });
  };
}
