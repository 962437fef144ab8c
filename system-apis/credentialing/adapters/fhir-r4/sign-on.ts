import { randomUUID } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import { ApiError } from '#chassis/errors/failures.ts';
import type { VendorHttp } from '#chassis/http/vendor-http.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { FhirSettings } from './settings.ts';
import { fitting, json, TokenShape } from './shapes.ts';

export interface SignOn {
  /** A token that is still good for a while; one sign-on serves all who ask meanwhile. */
  token(): Promise<string>;
  /** The vendor did not take this token: the next one is a new one. */
  forget(token: string): void;
}

interface Token {
  text: string;
  until: number;
}

/** At most five minutes are allowed. */
const ASSERTION_SECONDS = 240;

/** @source SMART App Launch 2.1, section 5 (backend services); RFC 6749 section 4.4; RFC 7523 */
export function createSignOn(settings: FhirSettings, http: VendorHttp, clock: Clock): SignOn {
  let current: Token | undefined;
  let underWay: Promise<Token> | undefined;

  async function signOn(): Promise<Token> {
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(await credentials(settings, clock)) });
    const { pathname, search } = new URL(settings.tokenUrl);
    const answer = await http.exchange({ method: 'POST', path: pathname + search, headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }, body: form.toString(), isSignOn: true });
    if (answer.status !== 200) throw new ApiError('unavailable', 'Credentialing refused our sign-on.', { code: 'vendor-sign-on-failed' });
    const { access_token: text, expires_in: seconds = 60 } = fitting(TokenShape, json(answer.text));
    return { text, until: clock.now().getTime() + seconds * 750 };
  }

  return {
    async token() {
      if (current && current.until > clock.now().getTime()) return current.text;
      underWay ??= signOn().finally(() => { underWay = undefined; });
      current = await underWay;
      return current.text;
    },
    forget(token) {
      if (current?.text === token) current = undefined;
    },
  };
}

async function credentials({ clientId, secret, privateKey, tokenUrl }: FhirSettings, clock: Clock): Promise<Record<string, string>> {
  if (!privateKey) return { client_id: clientId, client_secret: secret ?? '' };
  const now = Math.floor(clock.now().getTime() / 1_000);
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: privateKey.algorithm, kid: privateKey.keyId, typ: 'JWT' })
    .setIssuer(clientId).setSubject(clientId).setAudience(tokenUrl).setJti(randomUUID()).setIssuedAt(now).setExpirationTime(now + ASSERTION_SECONDS)
    .sign(await importPKCS8(privateKey.pem, privateKey.algorithm));
  return { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion };
}
