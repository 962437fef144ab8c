import { Type } from '@sinclair/typebox';
import { schemaCompiler } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { VendorHttp } from '#chassis/http/vendor-http.ts';
import type { CoupaSettings } from './settings.ts';

export interface SignOn {
  token(): Promise<string>;
  /** The vendor does not take this token any more. */
  forget(token: string): void;
}

const EARLY_MS = 60_000;
const checkAnswer = schemaCompiler({})(Type.Object({ access_token: Type.String({ minLength: 1 }), expires_in: Type.Number() }));

/** OAuth 2 client credentials; one token for all calls, fetched once however many wait for it. */
export function createSignOn(http: VendorHttp, { clientId, clientSecret }: Pick<CoupaSettings, 'clientId' | 'clientSecret'>, now: () => number = () => performance.now()): SignOn {
  let current: { token: Promise<string>; until: number } | undefined;
  let value: string | undefined;

  async function fetchToken(held: { until: number }): Promise<string> {
    const answer = await http.exchange({
      method: 'POST', path: '/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: 'grant_type=client_credentials', isSignOn: true,
    });
    if (answer.status >= 500) throw new ApiError('unavailable', 'The procurement network cannot sign anybody on at the moment.', { code: 'vendor-unavailable' });
    if (answer.status !== 200) throw signOnFailed(answer.status);
    const token = parsedToken(answer.text);
    held.until = now() + Math.max(1_000, token.expires_in * 1_000 - EARLY_MS);
    value = token.access_token;
    return token.access_token;
  }

  return {
    token() {
      if (current && current.until > now()) return current.token;
      const held = { token: Promise.resolve(''), until: Infinity };
      held.token = fetchToken(held);
      held.token.catch(() => { if (current === held) current = undefined; });
      current = held;
      return held.token;
    },
    forget(token) {
      if (value === token) current = undefined;
    },
  };
}

export function signOnFailed(status: number): ApiError {
  return new ApiError('unavailable', `The procurement network does not let us in (${status}).`, { code: 'vendor-sign-on-failed' });
}

function parsedToken(text: string): { access_token: string; expires_in: number } {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw new ApiError('upstream-broken', 'The sign-on answered with something that is not JSON.', { code: 'vendor-answer-invalid', cause });
  }
  const [fault] = checkAnswer(answer);
  if (fault) throw new ApiError('upstream-broken', `The sign-on's answer is not as it should be: ${fault.pointer} ${fault.detail}.`, { code: 'vendor-answer-invalid' });
  return answer as { access_token: string; expires_in: number };
}
