import { ApiError } from '#chassis/errors/failures.ts';
import type { Policy } from '../exchange.ts';

/** The scopes of an operation are in its contract; the caller's were granted by the issuer. */
export const requireScope: Policy = ({ match, caller }) => {
  const missing = match.route!.operation.scopes.find((scope) => !caller!.scopes.includes(scope));
  if (missing) throw new ApiError('forbidden', `The scope ${missing} is needed.`, { code: 'missing-scope' });
};
