import { randomUUID } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import { importPKCS8, SignJWT } from 'jose';
import { schemaCompiler } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { VendorHttp } from '#chassis/http/vendor-http.ts';
import type { Clock } from '#chassis/time/clock.ts';
import { invalidAnswer } from './shapes.ts';
import type { FhirSettings } from './settings.ts';

export interface SignOn {
  /** A token that is still good for a while; one sign-on serves all who ask meanwhile. */
  token(): Promise<string>;
  /** The vendor did not take this token: the next one is a new one. */
  forget(token: string): void;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** At most five minutes are allowed. */
const ASSERTION_SECONDS = 240;
const EARLIER_MS = 30_000;

const TokenAnswer = schemaCompiler({})(Type.Object({
  access_token: Type.String({ minLength: 1 }),
  token_type: Type.String({ pattern: '^[Bb]earer$' }),
  expires_in: Type.Optional(Type.Number({ minimum: 0 })),
}));

/**
 * Signs on as a backend service: client credentials, with a shared secret or a signed assertion.
 *
 * @source SMART App Launch 2.1, section 5 (backend services); RFC 6749 section 4.4; RFC 7523
 */
export function createSignOn(settings: FhirSettings, http: VendorHttp, clock: Clock): SignOn {
  let current: Promise<{ token: string; until: number }> | undefined;

  async function signOn(): Promise<{ token: string; until: number }> {
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(await credentials(settings, clock)) });
    if (settings.scopes) form.set('scope', settings.scopes.join(' '));
    const { pathname, search } = new URL(settings.tokenUrl);
    const answer = await http.exchange({ method: 'POST', path: pathname + search, headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }, body: form.toString(), isSignOn: true });
    if (answer.status !== 200) throw new ApiError('unavailable', 'The EHR refused our sign-on.', { code: 'vendor-sign-on-failed' });
    const { access_token: token, expires_in: seconds = 60 } = tokenIn(answer.text);
    return { token, until: clock.now().getTime() + Math.max(seconds * 1_000 - EARLIER_MS, (seconds * 1_000) / 2) };
  }

  return {
    async token() {
      const latest = current;
      const known = await latest;
      if (known && known.until > clock.now().getTime()) return known.token;
      // Whoever noticed first has begun a new sign-on already.
      if (current === latest) current = undefined;
      current ??= signOn().catch((error: unknown) => {
        current = undefined;
        throw error;
      });
      return (await current).token;
    },
    forget(token) {
      void current?.then((known) => { if (known.token === token) current = undefined; }, () => { current = undefined; });
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
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
}

function tokenIn(text: string): { access_token: string; expires_in?: number } {
  try {
    const body: unknown = JSON.parse(text);
    if (TokenAnswer(body).length === 0) return body as { access_token: string; expires_in?: number };
  } catch (cause) {
    // The parser quotes what it read, which may be a token; only its class may be known.
    throw invalidAnswer('The token endpoint of the EHR did not answer JSON.', cause instanceof SyntaxError ? undefined : cause);
  }
  throw invalidAnswer('The token endpoint of the EHR answered without a bearer token.');
}
