import { errors, Pool, type Dispatcher } from 'undici';
import { ApiError, asApiError } from '../errors/failures.ts';
import { deadlinePassed, remainingMs } from '../contract/deadline.ts';
import { evidenceOf } from '../errors/evidence.ts';
import { routeOf } from '../history/route-of.ts';
import type { VendorCalls } from '../history/vendor-calls.ts';
import { createCircuit } from '../resilience/circuit.ts';
import type { Dependencies } from '../resilience/dependencies.ts';
import { retryAfterMs } from '../resilience/retry-after.ts';
import { NotSent } from '../resilience/target-failure.ts';
import { TIERS, type TierName } from '../resilience/tiers.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { VendorEvidence } from './vendor-evidence.ts';

export interface VendorRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** What is done, in words of the vendor's and without a name or number; told from method and path when absent. */
  operation?: string;
  /** Path and query below the base URL. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds for this one exchange. */
  timeoutMs?: number;
  /** It carries a secret to the vendor, or one back: neither body is ever kept. */
  isSignOn?: boolean;
}

export interface VendorAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface VendorHttp {
  /**
   * One exchange. Whatever status comes back is the adapter's to judge, by `read`; what never came back is a failure of
   * ours. An exchange that fails, by itself or in `read`, is kept as evidence, and the failure says where.
   */
  exchange<T = VendorAnswer>(request: VendorRequest, read?: (answer: VendorAnswer) => T): Promise<T>;
  close(): Promise<void>;
}

export interface VendorHttpOptions {
  /** Operations to which the vendor grants a quota of their own go by a name of their own, as sign-on does. */
  adapter: string;
  baseUrl: string;
  log: Log;
  metrics: Metrics;
  tier?: TierName | undefined;
  /** What is known of the systems behind; known to this adapter alone when absent. */
  dependencies?: Dependencies | undefined;
  /** Keeps what went wrong; nothing is kept when absent. */
  evidence?: VendorEvidence | undefined;
  /** Notes each exchange; none is noted when absent. */
  calls?: VendorCalls | undefined;
  timeoutMs?: number;
  connections?: number;
  /** An answer larger than this is refused before it fills the memory. */
  maxAnswerBytes?: number;
}

/** How far an exchange came. */
interface Exchange {
  startedAt?: number;
  answer?: VendorAnswer;
}

/**
 * The wire to a vendor: kept connections, one circuit, bounded time and size. Redirects are not followed, and nothing of
 * an exchange is logged. Statuses 502 to 504 are the vendor's own front saying that nobody is behind it.
 */
export function createVendorHttp(options: VendorHttpOptions): VendorHttp {
  const { adapter, baseUrl, log, metrics, dependencies, tier = 'standard', timeoutMs = TIERS[tier].vendorTimeoutMs, connections = 16, maxAnswerBytes = 8 * 1024 * 1024 } = options;
  const base = new URL(baseUrl);
  const prefix = base.pathname.replace(/\/$/, '');
  const pool = new Pool(base.origin, { connections, pipelining: 1, connectTimeout: 3_000, keepAliveTimeout: 20_000 });
  const circuit = createCircuit({ target: vendorTarget(adapter, baseUrl), shownAs: adapter, tier, log, metrics, dependencies });

  async function once(request: VendorRequest, under: Exchange): Promise<VendorAnswer> {
    const started = performance.now();
    under.startedAt = started;
    const observe = (outcome: string) => metrics.vendorCalls.observe({ adapter, outcome }, (performance.now() - started) / 1_000);
    try {
      const limit = Math.floor(Math.min(request.timeoutMs ?? timeoutMs, remainingMs()));
      if (limit <= 0) throw deadlinePassed(new NotSent());
      // One limit for the whole exchange: a vendor that sends a byte now and then would never pass a limit per phase.
      const signal = AbortSignal.timeout(limit);
      const response = await unless(signal, pool.request({ method: request.method, path: `${prefix}${request.path}`, headers: request.headers ?? {}, body: request.body ?? null, headersTimeout: 0, bodyTimeout: 0, signal }));
      const text = await readBody(response, maxAnswerBytes);
      under.answer = { status: response.statusCode, headers: response.headers, text };
      observe(String(response.statusCode));
      const patienceMs = retryAfterMs(response.headers['retry-after']);
      if (patienceMs !== undefined && [429, 503].includes(response.statusCode)) circuit.throttle(patienceMs);
      if ([502, 503, 504].includes(response.statusCode)) throw unavailable(adapter, patienceMs);
      if (response.statusCode === 429) throw throttled(adapter, patienceMs);
      return under.answer;
    } catch (thrown) {
      if (thrown instanceof ApiError) {
        if (thrown.code === 'answer-too-large') observe('too-large');
        throw thrown;
      }
      // A header or path that cannot be sent: no repeat will change that.
      if (thrown instanceof errors.InvalidArgumentError) throw asApiError(new NotSent(thrown));
      const timedOut = thrown instanceof Error && thrown.name === 'TimeoutError';
      observe(timedOut ? 'timeout' : 'unreachable');
      if (timedOut) throw new ApiError('upstream-timeout', `The system behind ${adapter} did not answer in time.`, { cause: thrown });
      throw unavailable(adapter, undefined, thrown);
    }
  }

  async function exchange<T>(request: VendorRequest, read?: (answer: VendorAnswer) => T): Promise<T> {
    const under: Exchange = {};
    try {
      const answer = await circuit.fire(() => once(request, under), Math.min(request.timeoutMs ?? timeoutMs, remainingMs()));
      const result = read ? read(answer) : answer as T;
      note(request, under, 'ok');
      return result;
    } catch (thrown) {
      // What was never begun, because the circuit is open or time was up, has nothing to show.
      if (under.startedAt !== undefined && thrown instanceof Error) {
        await options.evidence?.keep({ adapter, target: vendorTarget(adapter, baseUrl), request, answer: under.answer, durationMs: performance.now() - under.startedAt }, thrown);
      }
      note(request, under, asApiError(thrown).kind, evidenceOf(thrown));
      throw thrown;
    }
  }

  function note({ method, path, operation }: VendorRequest, { startedAt, answer }: Exchange, outcome: string, evidence?: string): void {
    if (startedAt === undefined) return;
    options.calls?.note({ adapter, route: operation ?? routeOf(method, path), outcome, status: answer?.status, durationMs: performance.now() - startedAt, evidence });
  }

  return {
    exchange,
    async close() {
      circuit.shutdown();
      await pool.close();
    },
  };
}

/** The library itself sees a signal only once a connection is there, which a vendor that never greets keeps from coming about. */
function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

/** Two instances of a vendor are two, each with its own troubles and quota. */
export function vendorTarget(adapter: string, baseUrl: string): string {
  return `${adapter}@${new URL(baseUrl).host}`;
}

function throttled(adapter: string, patienceMs = 1_000): ApiError {
  return new ApiError('rate-limited', `The system behind ${adapter} asks for patience.`, { code: 'vendor-throttles', retryAfterMs: patienceMs });
}

async function readBody(response: Dispatcher.ResponseData, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new ApiError('upstream-broken', 'The answer is larger than allowed.', { code: 'answer-too-large' });
    chunks.push(chunk);
  }
  return textOf(Buffer.concat(chunks), response.headers);
}

/**
 * In the letters that the vendor names. Read in others, a name would be kept with its letters lost and nobody would know.
 * We ask for no compression: what comes packed nevertheless is not unpacked, however small the parcel.
 */
function textOf(body: Buffer, headers: Dispatcher.ResponseData['headers']): string {
  const encoding = headers['content-encoding'] ?? 'identity';
  const [, charset = 'utf-8'] = /;\s*charset="?([^\s;"]+)/i.exec(String(headers['content-type'] ?? '')) ?? [];
  try {
    if (encoding !== 'identity') throw new Error(`packed as ${String(encoding)}`);
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(body);
  } catch (cause) {
    throw new ApiError('upstream-broken', 'The answer cannot be read.', { code: 'answer-unreadable', cause });
  }
}

function unavailable(adapter: string, retryAfter: number | undefined, cause?: unknown): ApiError {
  return new ApiError('unavailable', `The system behind ${adapter} is not available at the moment.`, { code: 'vendor-unavailable', retryAfterMs: retryAfter, cause });
}
