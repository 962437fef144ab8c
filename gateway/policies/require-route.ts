import { ApiError } from '#chassis/errors/failures.ts';
import type { Policy } from '../exchange.ts';

/** What is in no contract does not exist. */
export const requireRoute: Policy = ({ match }) => {
  if (match.route) return;
  if (match.allow.length > 0) throw new ApiError('method-not-allowed', `This address takes ${match.allow.join(', ')}.`);
  throw new ApiError('not-found', 'There is nothing at this address.');
};
