import { createHash } from 'node:crypto';
import { decodeJwt, errors, jwtVerify } from 'jose';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Log } from '#chassis/telemetry/logger.ts';
import type { IssuerSettings } from '../config.ts';
import { callerOf, type AccessTokenClaims, type Caller } from './caller.ts';
import { createIssuerKeys, type IssuerKeys } from './issuer-keys.ts';

/** Turns an access token of any configured issuer into the caller it speaks for. */
export interface AccessTokens {
  /** At once when the same token was verified a moment ago. */
  verify(token: string): Caller | Promise<Caller>;
  /** Whether tokens of at least one issuer can be verified. */
  ready(): boolean;
  /** Fetches keys ahead of the first request. */
  warmUp(): Promise<void>;
}

export interface AccessTokensOptions {
  issuers: readonly IssuerSettings[];
  log: Log;
  /** For keys: monotonic. Expiry is a matter of the calendar. */
  now?: () => number;
}

const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];
const LONGEST_TOKEN = 8_192;
const LONGEST_LIFE_S = 24 * 3_600;
const TOLERANCE_S = 10;
/** A key that an issuer withdraws is honoured no longer than this, however long a token lives. */
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 20_000;

export function createAccessTokens({ issuers, log, now }: AccessTokensOptions): AccessTokens {
  const known = new Map(issuers.map((settings) => [settings.issuer, { settings, keys: createIssuerKeys({ ...settings, log, ...(now ? { now } : {}) }) }]));
  const remembered = new Map<string, { caller: Caller; untilMs: number }>();

  async function verifyAnew(token: string, digest: string): Promise<Caller> {
    const caller = await check(token, known);
    if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!);
    remembered.set(digest, { caller, untilMs: Math.min(caller.expiresAtMs, Date.now() + REMEMBERED_MS) });
    return caller;
  }

  return {
    verify(token) {
      if (token.length > LONGEST_TOKEN) throw invalid(new Error('the token is too long'));
      const digest = createHash('sha256').update(token).digest('base64');
      const found = remembered.get(digest);
      if (found && found.untilMs > Date.now()) return found.caller;
      remembered.delete(digest);
      return verifyAnew(token, digest);
    },
    ready: () => [...known.values()].some(({ keys }) => keys.held()),
    async warmUp() {
      await Promise.all([...known.values()].map(({ keys }) => keys.refresh()));
    },
  };
}

async function check(token: string, known: ReadonlyMap<string, { settings: IssuerSettings; keys: IssuerKeys }>): Promise<Caller> {
  try {
    const issuer = known.get(String(decodeJwt(token).iss));
    if (!issuer) throw new Error('no issuer of ours');
    const { settings, keys } = issuer;
    const { payload } = await jwtVerify<AccessTokenClaims>(token, keys.find, {
      issuer: settings.issuer, audience: settings.audience, typ: 'at+jwt', algorithms: ALGORITHMS, clockTolerance: TOLERANCE_S,
      requiredClaims: ['iss', 'aud', 'exp', 'sub', 'client_id', 'iat', 'jti'],
    });
    requireOurs(payload, settings.audience);
    return callerOf(payload, settings);
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw invalid(cause);
  }
}

/** What jose does not know: who else may be meant, how long is too long, and that a bound token is worth nothing without its proof. */
function requireOurs({ aud, iat, exp, cnf }: AccessTokenClaims, audience: string): void {
  if (Array.isArray(aud) && aud.some((each) => each !== audience)) throw new Error('the token is for others too');
  if (Number(exp) - Number(iat) > LONGEST_LIFE_S) throw new Error('the token lives too long');
  if (Number(iat) > Date.now() / 1_000 + TOLERANCE_S) throw new Error('the token is from the future');
  if (cnf !== undefined) throw new Error('the token is bound to a key that was not shown');
}

/** That a token was ours and has expired is told, for its holder has to know what to do; what else is wrong helps only a forger. */
function invalid(cause: unknown): ApiError {
  if (cause instanceof errors.JWTExpired) return new ApiError('unauthenticated', 'The token has expired.', { code: 'token-expired', cause });
  return new ApiError('unauthenticated', 'The token is missing, not valid or expired.', { code: 'invalid-token', cause });
}
