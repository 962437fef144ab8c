import { ApiError } from '#chassis/errors/failures.ts';
import type { VendorHttp } from '#chassis/http/vendor-http.ts';
import { fitting, invalidAnswer, TokenShape } from './shapes.ts';
import type { WorkdaySettings } from './settings.ts';

export interface SignOn {
  token(): Promise<string>;
  /** The vendor does not take this token any more. */
  forget(token: string): void;
}

const EARLY_MS = 60_000;

/** OAuth 2 client credentials; one token for all calls, fetched once however many wait for it. */
export function createSignOn(http: VendorHttp, { tenant, clientId, clientSecret }: WorkdaySettings): SignOn {
  let current: { token: Promise<string>; value?: string; until: number } | undefined;

  async function fetchToken(): Promise<{ access_token: string; expires_in: number }> {
    const { status, text } = await http.exchange({
      method: 'POST', path: `/ccx/oauth2/${tenant}/token`, body: 'grant_type=client_credentials', isSignOn: true,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    });
    if (status !== 200) throw signOnFailed(status);
    return fitting(TokenShape, parsed(text));
  }

  return {
    token() {
      if (current && current.until > performance.now()) return current.token;
      const held: NonNullable<typeof current> = { token: Promise.resolve(''), until: Infinity };
      held.token = fetchToken().then(({ access_token: value, expires_in: seconds }) => {
        held.until = performance.now() + Math.max(1_000, seconds * 1_000 - EARLY_MS);
        return (held.value = value);
      });
      held.token.catch(() => { if (current === held) current = undefined; });
      current = held;
      return held.token;
    },
    forget(token) {
      if (current?.value === token) current = undefined;
    },
  };
}

export function signOnFailed(status: number): ApiError {
  return new ApiError('unavailable', `The HR system does not let us in (${status}).`, { code: 'vendor-sign-on-failed' });
}

/** The parser quotes what it read, which may be a token or a name: it must not be kept as the cause. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidAnswer('not JSON', cause instanceof SyntaxError ? undefined : cause);
  }
}
