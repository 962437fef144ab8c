import { setTimeout as sleep } from 'node:timers/promises';
import type { WireDeps } from '#chassis/adapters/adapter.ts';
import { remainingMs } from '#chassis/contract/deadline.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { routeOf } from '#chassis/history/route-of.ts';
import { createVendorHttp, vendorTarget, type VendorHttp } from '#chassis/http/vendor-http.ts';
import { createPacer, type Lane, type Pacer } from '#chassis/resilience/pacer.ts';
import { VendorRefusal } from './refusals.ts';
import type { CoupaSettings } from './settings.ts';
import { createSignOn, signOnFailed, type SignOn } from './sign-on.ts';

/** Coupa's default and its cap; there is neither a total nor a next link, so a short page is the last. */
export const PAGE_SIZE = 50;

/** Speaks to one Coupa instance: sign-on, quota, and its failures in our kinds. */
export class CoupaClient {
  readonly #http: VendorHttp;
  readonly #quota: Pacer;
  readonly #signOn: SignOn;
  readonly #patienceMs: number;

  constructor(settings: CoupaSettings, wire: WireDeps) {
    this.#http = createVendorHttp({ adapter: 'coupa', baseUrl: settings.baseUrl, timeoutMs: settings.timeoutMs, ...wire });
    this.#patienceMs = settings.patienceMs;
    // Granted to the integration, however many processes speak for it.
    const quota = { target: vendorTarget('coupa', settings.baseUrl), ...settings.quota, patienceMs: settings.patienceMs };
    this.#quota = wire.dependencies?.pacer(quota) ?? createPacer(quota);
    this.#signOn = createSignOn(this.#http, settings);
  }

  /** One page of a resource. */
  async list(path: string, filter: Record<string, string>, lane: Lane = 'first'): Promise<unknown[]> {
    const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...filter });
    const answer = await this.#call('GET', `${path}?${query}`, undefined, lane).catch((error: unknown) => {
      throw error instanceof VendorRefusal ? invalidAnswer(path, 'refuses what is asked', error) : error;
    });
    if (!Array.isArray(answer)) throw invalidAnswer(path, 'is not a list');
    return answer as unknown[];
  }

  /** @throws VendorRefusal when the vendor understood and will not do it */
  write(method: 'POST' | 'PUT', path: string, body?: object, lane: Lane = 'first'): Promise<unknown> {
    return this.#call(method, path, body, lane);
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #call(method: 'GET' | 'POST' | 'PUT', path: string, body: object | undefined, lane: Lane): Promise<unknown> {
    const giveUpAt = performance.now() + Math.min(this.#patienceMs, remainingMs());
    let isRenewed = false;
    for (;;) {
      await this.#quota.turn(lane);
      const token = await this.#signOn.token();
      try {
        const answer = await this.#http.exchange({
          method, path: `/api${path}`, operation: routeOf(method, path),
          headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
          ...(body ? { body: JSON.stringify(body) } : {}),
        }, ({ status, text }) => (status === 401 && !isRenewed ? undefined : { value: answerOf(status, text, path) }));
        if (answer) return answer.value;
        isRenewed = true;
        this.#signOn.forget(token);
      } catch (error) {
        if (!(error instanceof ApiError) || error.kind !== 'rate-limited') throw error;
        const waitMs = error.retryAfterMs ?? 1_000;
        if (performance.now() + waitMs > giveUpAt) throw error;
        await sleep(waitMs);
      }
    }
  }
}

function answerOf(status: number, text: string, path: string): unknown {
  if (status === 401 || status === 403) throw signOnFailed(status);
  if (status >= 500) throw new ApiError('unavailable', `The procurement network failed (${status}).`, { code: 'vendor-failed' });
  const resource = path.replace(/\?.*$/, '');
  if (status === 200 || status === 201) return parsed(text, resource);
  if (status === 404 || status === 422) throw VendorRefusal.of(status, parsed(text, resource), resource);
  throw new ApiError('upstream-broken', `The procurement network answered with status ${status} at ${resource}.`, { code: 'vendor-answer-invalid' });
}

function parsed(text: string, resource: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidAnswer(resource, 'is not JSON', cause);
  }
}

/** Names the place and quotes nothing of what stands there. */
export function invalidAnswer(resource: string, fault: string, cause?: unknown): ApiError {
  return new ApiError('upstream-broken', `The procurement network's answer at ${resource} ${fault}.`, { code: 'vendor-answer-invalid', cause });
}
