import { setTimeout as sleep } from 'node:timers/promises';
import type { WireDeps } from '#chassis/adapters/adapter.ts';
import { remainingMs } from '#chassis/contract/deadline.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, vendorTarget, type VendorAnswer, type VendorHttp } from '#chassis/http/vendor-http.ts';
import { createPacer, type Lane, type Pacer } from '#chassis/resilience/pacer.ts';
import { VendorRefusal } from './refusals.ts';
import { fitting, fittingPage, invalidAnswer, RefusalShape, type Shape, type VendorPage } from './shapes.ts';
import { createSignOn, parsed, signOnFailed, type SignOn } from './sign-on.ts';
import type { WorkdaySettings } from './settings.ts';

/** The most that the vendor gives at once. @source Workday REST, paging parameters */
export const LARGEST_PAGE = 100;

type Query = Record<string, string | number | undefined>;

/** Speaks to one tenant: sign-on, quota, paging, and its failures in our kinds. */
export class WorkdayClient {
  readonly #http: VendorHttp;
  readonly #quota: Pacer;
  readonly #signOn: SignOn;
  readonly #settings: WorkdaySettings;

  constructor(settings: WorkdaySettings, wire: WireDeps) {
    const { baseUrl, timeoutMs, patienceMs } = settings;
    this.#settings = settings;
    this.#http = createVendorHttp({ adapter: 'workday', baseUrl, timeoutMs, ...wire });
    // Granted to the integration, however many processes speak for it.
    const quota = { target: vendorTarget('workday', baseUrl), ...settings.quota, patienceMs };
    this.#quota = wire.dependencies?.pacer(quota) ?? createPacer(quota);
    this.#signOn = createSignOn(this.#http, settings);
  }

  /** @returns undefined when there is none */
  find<T>(shape: Shape<T>, path: string): Promise<T | undefined> {
    return this.#call('GET', path, undefined, 'first', (answer) => (answer.status === 404 ? undefined : fitting(shape, bodyOf(answer))));
  }

  page<T>(shape: Shape<T>, path: string, query: Query, lane: Lane = 'first'): Promise<VendorPage<T> | undefined> {
    const asked = Object.entries(query).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)] as [string, string]);
    return this.#call('GET', `${path}?${new URLSearchParams(asked)}`, undefined, lane, (answer) => (answer.status === 404 ? undefined : fittingPage(shape, bodyOf(answer))));
  }

  /** @throws VendorRefusal when the vendor understood and will not do it */
  post<T>(shape: Shape<T>, path: string, body: object): Promise<T> {
    return this.#call('POST', path, body, 'first', (answer) => fitting(shape, bodyOf(answer)));
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #call<T>(method: 'GET' | 'POST', path: string, body: object | undefined, lane: Lane, read: (answer: VendorAnswer) => T): Promise<T> {
    const { tenant, patienceMs } = this.#settings;
    const [service, ...rest] = path.split('/');
    const giveUpAt = performance.now() + Math.min(patienceMs, remainingMs());
    let isRenewed = false;
    for (;;) {
      await this.#quota.turn(lane);
      const token = await this.#signOn.token();
      try {
        const answer = await this.#http.exchange({
          method, path: `/ccx/api/${service}/v1/${tenant}/${rest.join('/')}`,
          headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
          ...(body ? { body: JSON.stringify(body) } : {}),
        }, (answered) => (answered.status === 401 && !isRenewed ? undefined : { value: read(answered) }));
        if (answer) return answer.value;
        isRenewed = true;
        this.#signOn.forget(token);
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'vendor-throttles') throw error;
        const waitMs = error.retryAfterMs ?? 1_000;
        if (performance.now() + waitMs > giveUpAt) throw error;
        await sleep(waitMs);
      }
    }
  }
}

function bodyOf({ status, text }: VendorAnswer): unknown {
  if (status === 200 || status === 201) return parsed(text);
  if (status === 401 || status === 403) throw signOnFailed(status);
  if (status >= 500) throw new ApiError('unavailable', `The HR system failed (${status}).`, { code: 'vendor-failed' });
  if (status === 400) throw new VendorRefusal(fitting(RefusalShape, parsed(text)).errors ?? []);
  throw invalidAnswer(`status ${status}`);
}
