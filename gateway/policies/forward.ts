import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { errors, type Dispatcher } from 'undici';
import { ApiError } from '#chassis/errors/failures.ts';
import { PROBLEM_MEDIA_TYPE } from '#chassis/errors/problem.ts';
import { TIERS } from '#chassis/resilience/tiers.ts';
import { bodyOf } from '../body.ts';
import type { Exchange, Policy } from '../exchange.ts';

/** Where the exposed APIs are. */
export interface Targets {
  /** Name of the hosting deployable by API; tokens are made out to it. */
  audiences: ReadonlyMap<string, string>;
  pools: ReadonlyMap<string, Dispatcher>;
}

export interface ForwardLimits {
  bodyBytes: number;
  answerBytes: number;
  underWay: number;
}

/** The API has its own deadline, which tells more; this one is for an API that does not even keep that. */
const GRACE_MS = 1_000;

/** What of an answer goes out. */
const RETURNED = ['content-type', 'content-length', 'content-language', 'etag', 'last-modified', 'link', 'location', 'retry-after', 'deprecation', 'sunset', 'preference-applied', 'allow'];

/** Hands the request to the API and its answer back as it arrives. A read may be repeated once when a kept connection had died; a write never. */
export function forward({ pools }: Targets, limits: ForwardLimits): Policy {
  const underWay = new Map<Dispatcher, number>();

  return async (exchange) => {
    const { api, operation } = exchange.match.route!;
    const pool = pools.get(api)!;
    const body = await bodyOf(exchange, limits.bodyBytes);
    const before = underWay.get(pool) ?? 0;
    if (before >= limits.underWay) throw new ApiError('unavailable', 'Too much is going on at the moment.', { code: 'busy', retryAfterMs: 1_000 });
    underWay.set(pool, before + 1);
    try {
      await send(exchange, pool, body, limits.answerBytes).catch((thrown: unknown) => {
        if (operation.method !== 'get' || exchange.response.headersSent || !hadDied(thrown)) throw thrown;
        return send(exchange, pool, body, limits.answerBytes);
      });
    } catch (thrown) {
      throw failureOf(thrown);
    } finally {
      underWay.set(pool, underWay.get(pool)! - 1);
    }
  };
}

/** Settles when the answer has gone out whole, when the client has gone, or with the reason why there is none. */
function send(exchange: Exchange, pool: Dispatcher, body: Buffer | Readable | null, answerBytes: number): Promise<void> {
  const { response, match: { route } } = exchange;
  const { operation, tier } = route!;
  const timeoutMs = TIERS[tier].timeoutMs;
  return new Promise((resolve, reject) => {
    let upstream: Dispatcher.DispatchController | undefined;
    let ended: Error | true | undefined;
    let received = 0;
    const timer = setTimeout(() => stop(new ApiError('upstream-timeout', 'The API did not answer in time.', { code: 'deadline-passed' })), timeoutMs + GRACE_MS);
    response.once('close', gone);

    function end(outcome: Error | true): void {
      if (ended) return;
      ended = outcome;
      clearTimeout(timer);
      response.off('close', gone);
      if (outcome === true) resolve();
      else reject(outcome);
    }
    function stop(reason: Error): void {
      end(reason);
      upstream?.abort(reason);
    }
    function gone(): void {
      end(true);
      upstream?.abort(new Error('the client has gone'));
    }

    pool.dispatch({ path: exchange.target, method: operation.method.toUpperCase() as Dispatcher.HttpMethod, headers: { ...exchange.headers, 'callosum-deadline-ms': String(timeoutMs) }, body, headersTimeout: 0, bodyTimeout: 0 }, {
      onRequestStart(controller) {
        upstream = controller;
        if (ended) controller.abort(ended === true ? new Error('the client has gone') : ended);
      },
      onResponseStart(_controller, status, headers) {
        if (status < 200 || ended) return;
        const unusable = reasonAgainst(status, headers, operation.answers);
        if (unusable) return stop(unusable);
        response.writeHead(status, returned(headers));
      },
      onResponseData(controller, chunk) {
        if (ended) return;
        received += chunk.length;
        if (received > answerBytes) return stop(new ApiError('upstream-broken', 'The answer is larger than allowed.', { code: 'answer-too-large' }));
        if (response.write(chunk)) return;
        controller.pause();
        response.once('drain', () => controller.resume());
      },
      onResponseEnd() {
        if (ended) return;
        response.end();
        end(true);
      },
      onResponseError(_controller, error) {
        end(error);
      },
    });
  });
}

/** Why an answer cannot be passed on. What is no API of ours may stand behind the address: its pages and redirects stay inside. */
function reasonAgainst(status: number, headers: IncomingHttpHeaders, answers: string | undefined): ApiError | undefined {
  const type = String(headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (status === 401) return new ApiError('upstream-broken', 'The API does not know the gateway.', { code: 'gateway-unknown' });
  if (headers['content-encoding'] !== undefined) return new ApiError('upstream-broken', 'The answer is compressed.', { code: 'answer-compressed' });
  if (status >= 400 && type !== PROBLEM_MEDIA_TYPE) {
    return status >= 500 ? new ApiError('unavailable', 'The API is not available at the moment.', { code: 'no-problem', retryAfterMs: 1_000 }) : new ApiError('upstream-broken', 'The API answered with something else than a problem.', { code: 'no-problem' });
  }
  if (status >= 300 && status < 400 && status !== 304) return new ApiError('upstream-broken', 'The API pointed elsewhere.', { code: 'redirected' });
  if (status < 300 && type !== '' && type !== answers) return new ApiError('upstream-broken', 'The answer is not as the contract says.', { code: 'answer-type' });
  return undefined;
}

function returned(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const result: OutgoingHttpHeaders = { 'cache-control': headers['cache-control'] ?? 'no-store' };
  for (const name of RETURNED) {
    const value = headers[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function failureOf(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof errors.HTTPParserError || codeOf(thrown).startsWith('UND_ERR_RES')) return new ApiError('upstream-broken', 'The answer of the API could not be read.', { code: 'answer-unreadable', cause: thrown });
  return new ApiError('unavailable', 'The API cannot be reached at the moment.', { code: 'unreachable', retryAfterMs: 1_000, cause: thrown });
}

function hadDied(thrown: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(thrown));
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
