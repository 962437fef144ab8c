import type { AdapterDeps } from '#chassis/adapters/adapter.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, type VendorAnswer } from '#chassis/http/vendor-http.ts';
import { refusalOf } from './refusals.ts';
import type { UkgSettings } from './settings.ts';
import { tokenAnswer, type Reader } from './shapes.ts';

export interface UkgClient {
  send<T>(method: 'GET' | 'POST' | 'PUT', path: string, body: object | undefined, read: Reader<T>): Promise<T>;
  close(): Promise<void>;
}

/** More ids or records at once are refused with 413. @source developer.ukg.com, example of WCO-106194 */
export const MOST_AT_ONCE = 500;

/** Speaks the vendor's REST: sign-on, checked answers, failures of our kinds. A 429 says nothing of how long to wait. */
export function createUkgClient({ baseUrl, tokenUrl, clientId, secret, timeoutMs, connections }: UkgSettings, { clock, ...wire }: AdapterDeps): UkgClient {
  const http = createVendorHttp({ adapter: 'ukg', baseUrl: `${baseUrl.replace(/\/$/, '')}/api/v1`, timeoutMs, connections, ...wire });
  const tokenHttp = createVendorHttp({ adapter: 'ukg-sign-on', baseUrl: new URL(tokenUrl).origin, timeoutMs, connections: 1, ...wire });
  let current: { token: string; until: number } | undefined;
  let underWay: Promise<{ token: string; until: number }> | undefined;

  async function signOn(): Promise<{ token: string; until: number }> {
    const { pathname, search } = new URL(tokenUrl);
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret });
    const answer = await tokenHttp.exchange({ method: 'POST', path: pathname + search, headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }, body: form.toString(), isSignOn: true });
    if (answer.status !== 200) throw new ApiError('unavailable', 'The planning refused our sign-on.', { code: 'vendor-sign-on-failed' });
    const { access_token: token, expires_in: seconds = 60 } = tokenAnswer(json(answer.text));
    return { token, until: clock.now().getTime() + seconds * 750 };
  }

  async function token(): Promise<string> {
    if (!current || current.until <= clock.now().getTime()) {
      underWay ??= signOn().finally(() => { underWay = undefined; });
      current = await underWay;
    }
    return current.token;
  }

  return {
    async send(method, path, body, read) {
      for (const isLast of [false, true]) {
        const headers = { accept: 'application/json', authorization: `Bearer ${await token()}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
        const request = { method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
        const answer = await http.exchange(request, (answered) => (answered.status === 401 ? undefined : { value: read(bodyOf(answered)) }));
        if (answer) return answer.value;
        // It may have died before its time, with a restart of the vendor: then once more with a new one.
        current = undefined;
        if (isLast) break;
      }
      throw new ApiError('unavailable', 'The planning does not take the token that it gave us.', { code: 'vendor-sign-on-failed' });
    },
    async close() {
      await http.close();
      await tokenHttp.close();
    },
  };
}

function bodyOf({ status, text }: VendorAnswer): unknown {
  if (status === 204) return undefined;
  if (status >= 200 && status < 300) return json(text);
  if (status === 403) throw new ApiError('unavailable', 'The planning does not allow this to our client.', { code: 'vendor-permission-missing' });
  if (status >= 500) throw new ApiError('unavailable', 'The planning failed.', { code: 'vendor-failed' });
  const { errorCode } = (text.trimStart().startsWith('{') ? json(text) : {}) as { errorCode?: unknown };
  throw refusalOf(typeof errorCode === 'string' ? errorCode : undefined);
}

/** The parser's own message quotes the answer, so that it is not kept. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new ApiError('upstream-broken', 'The planning did not answer JSON.', { code: 'vendor-answer-invalid' });
    throw cause;
  }
}
