import { ResultCodeError } from 'ldapts';
import { ApiError } from '#chassis/errors/failures.ts';

/** @source RFC 4511 section 4.1.9 and appendix A */
export const RESULT = { timeLimit: 3, noSuchAttribute: 16, valueExists: 20, schemaViolated: 65, entryExists: 68 } as const;

/** Without the server's own words, which may repeat what was sent. */
class LdapResult extends Error {
  readonly code: string;

  constructor(result: number) {
    super('the directory server refused');
    this.name = 'LdapResult';
    this.code = `LDAP_${result}`;
  }
}

export function hasResult(thrown: unknown, ...results: readonly number[]): boolean {
  return thrown instanceof ResultCodeError && results.includes(thrown.code);
}

/** Neither an answer of the server nor a decision of ours: the wire failed, and what was sent may have had its effect. */
export function isLost(thrown: unknown): boolean {
  return !(thrown instanceof ResultCodeError) && !(thrown instanceof ApiError);
}

export function failureOf(thrown: unknown, operation: string): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof ResultCodeError) return refusal(thrown.code, operation);
  if (isTimeout(thrown)) return new ApiError('upstream-timeout', 'The directory did not answer in time.', { code: 'vendor-timeout', cause: thrown });
  return new ApiError('unavailable', 'The connection to the directory was lost.', { code: 'connection-lost', cause: thrown });
}

function refusal(result: number, operation: string): ApiError {
  const cause = new LdapResult(result);
  switch (result) {
    case RESULT.timeLimit:
      return new ApiError('upstream-timeout', 'The directory did not finish in time.', { code: 'vendor-timeout', cause });
    case 50:
      return new ApiError('unavailable', `The directory does not allow this platform to ${operation}.`, { code: 'vendor-permission-missing', cause });
    case 51:
    case 52:
      return new ApiError('unavailable', 'The directory is busy.', { code: 'vendor-busy', cause });
    case 19:
    case 21:
    case RESULT.schemaViolated:
      return new ApiError('refused', 'The directory does not take a value of this account.', { code: 'vendor-refused', cause });
    default:
      return new ApiError('internal', `The directory refuses to ${operation} (${result}).`, { code: 'vendor-rejected-request', cause });
  }
}

export function signOnFailed({ code }: ResultCodeError): ApiError {
  const cause = new LdapResult(code);
  if (code === 51 || code === 52) return refusal(code, 'sign on');
  return new ApiError('unavailable', 'The directory does not accept the sign-on of this platform.', { code: 'vendor-sign-on-failed', cause });
}

/** Nothing was asked yet. A certificate that nobody vouches for is among the causes. */
export function unreachable(cause: unknown): ApiError {
  if (isTimeout(cause)) return new ApiError('upstream-timeout', 'The directory did not answer in time.', { code: 'vendor-timeout', cause });
  return new ApiError('unavailable', 'The directory is not available at the moment.', { code: 'vendor-unavailable', cause });
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && /timed out|timeout/i.test(thrown.message);
}
