import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { request } from 'undici';
import { ApiError } from '#chassis/errors/failures.ts';
import { describeError, type Log } from '#chassis/telemetry/logger.ts';

/** The public keys of one issuer. */
export interface IssuerKeys {
  /** Finds the key that a token names; throws 'unavailable' when no keys could be had at all. */
  readonly find: JWTVerifyGetKey;
  /** Whether tokens can be verified at this moment. */
  held(): boolean;
  /** Fetches when there are no keys yet or they are old; never more often than allowed. */
  refresh(): Promise<void>;
}

export interface IssuerKeysOptions {
  issuer: string;
  jwksUri?: string | undefined;
  log: Log;
  now?: () => number;
}

const TIMES = {
  /** Keys are fetched again after so long, in the background. */
  freshMs: 10 * 60_000,
  /** Keys of an issuer that does not answer are trusted so long. */
  staleMs: 4 * 3_600_000,
  /** A token with an unknown key leads to a fetch at most so often. */
  cooldownMs: 60_000,
  /** The same while there are no keys, as when the issuer starts later than the gateway. */
  withoutKeysMs: 1_000,
  answerMs: 3_000,
};
const MOST_BYTES = 256 * 1024;

type FindKey = ReturnType<typeof createLocalJWKSet>;

/** jose's own remote set stops trusting keys as soon as a refresh fails; an issuer's outage should not become ours. */
export function createIssuerKeys({ issuer, jwksUri, log, now = () => performance.now() }: IssuerKeysOptions): IssuerKeys {
  let keys: { find: FindKey; fetchedAt: number } | undefined;
  let triedAt = -Infinity;
  let fetching: Promise<void> | undefined;

  const usable = () => (keys && now() - keys.fetchedAt < TIMES.staleMs ? keys : undefined);

  async function fetchKeys(): Promise<void> {
    try {
      const set = await readJson(jwksUri ?? await discover(issuer));
      keys = { find: createLocalJWKSet(set as JSONWebKeySet), fetchedAt: now() };
    } catch (error) {
      log.warn('the keys of an issuer could not be fetched', { url: issuer, ...describeError(error) });
    }
  }

  /** Returns without a fetch when the last one is too recent. */
  function fetchIfAllowed(): Promise<void> | undefined {
    if (fetching) return fetching;
    if (now() - triedAt < (usable() ? TIMES.cooldownMs : TIMES.withoutKeysMs)) return undefined;
    triedAt = now();
    fetching = fetchKeys().finally(() => { fetching = undefined; });
    return fetching;
  }

  async function refresh(): Promise<void> {
    if (!usable() || now() - keys!.fetchedAt > TIMES.freshMs) await fetchIfAllowed();
  }

  return {
    refresh,
    held: () => usable() !== undefined,
    async find(header, token) {
      if (!usable()) await fetchIfAllowed();
      else void refresh();
      const held = usable();
      if (!held) throw new ApiError('unavailable', 'The issuer of the token cannot be asked for its keys at the moment.', { code: 'issuer-unavailable', retryAfterMs: TIMES.withoutKeysMs });
      try {
        return await held.find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await fetchIfAllowed();
        if (usable() === held) throw error;
        return usable()!.find(header, token);
      }
    },
  };
}

/** @source OpenID Connect Discovery 1.0 section 4; the issuer in the answer must be the one that was asked */
async function discover(issuer: string): Promise<string> {
  const metadata = await readJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { issuer: named, jwks_uri: uri } = metadata as { issuer?: unknown; jwks_uri?: unknown };
  if (named !== issuer || typeof uri !== 'string') throw new Error('the metadata are not those of this issuer');
  if (issuer.startsWith('https:') && !uri.startsWith('https:')) throw new Error('the keys of an https issuer must be behind https');
  return uri;
}

/** Redirects are not followed. */
async function readJson(url: string): Promise<object> {
  const { statusCode, headers, body } = await request(url, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(TIMES.answerMs) });
  const type = String(headers['content-type'] ?? '');
  if (statusCode !== 200 || !/^application\/(?:[\w.-]+\+)?json\b/.test(type)) {
    await body.dump();
    throw new Error('the answer is not JSON with status 200');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new Error('the answer is no object');
  return value;
}
