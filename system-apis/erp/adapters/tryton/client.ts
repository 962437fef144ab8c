import { setTimeout as sleep } from 'node:timers/promises';
import type { WireDeps } from '#chassis/adapters/adapter.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, type VendorAnswer, type VendorHttp } from '#chassis/http/vendor-http.ts';
import { backoffMs } from '#chassis/resilience/backoff.ts';
import { failureOf, isPassing, TrytonFailure } from './failures.ts';
import { rowsOf, type Row, type Shape } from './record.ts';
import { openSession, SIGN_ON, type Session } from './session.ts';
import type { CompleteSettings } from './settings.ts';
import { readWire } from './wire.ts';

/** `[["code","=","A"]]`; see "Domains" in Tryton's reference. */
export type Domain = readonly unknown[];
export type Context = Record<string, unknown>;
export type Values = Record<string, unknown>;

export interface SearchOptions {
  limit?: number;
  order?: [field: string, direction: 'ASC' | 'DESC'][];
  context?: Context;
}

export interface CallOptions {
  context?: Context;
  /** False when a conflict must come back to the caller, who has to read again before he repeats. */
  repeatConflicts?: boolean;
}

const ATTEMPTS = 8;

/**
 * Speaks Tryton's JSON-RPC: one session for all calls, renewed when the server has forgotten it. Each call is one
 * transaction of the server, so one that lost against another was undone and can be repeated here.
 */
export class TrytonClient {
  readonly #http: VendorHttp;
  readonly #settings: CompleteSettings;
  #session: Promise<Session> | undefined;
  #calls = 0;

  constructor(settings: CompleteSettings, wire: WireDeps) {
    const { url, database, timeoutMs, connections } = settings;
    this.#settings = settings;
    this.#http = createVendorHttp({ adapter: 'tryton', baseUrl: `${url.replace(/\/$/, '')}/${encodeURIComponent(database)}`, timeoutMs, connections, ...wire });
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  /** What the server knows of our user: company, employee and whatever its modules add. */
  async context(): Promise<Session['context']> {
    return (await this.#signedIn()).context;
  }

  /** Records in the order of their id, unless said otherwise. */
  async search<S extends Shape>(shape: S, domain: Domain, { limit, order = [['id', 'ASC']], context = {} }: SearchOptions = {}): Promise<Row<S>[]> {
    return this.call(`model.${shape.model}.search_read`, [domain, 0, limit ?? null, order, shape.fields], { context }, (result) => rowsOf(shape, result));
  }

  async first<S extends Shape>(shape: S, domain: Domain, options: SearchOptions = {}): Promise<Row<S> | undefined> {
    const [row] = await this.search(shape, domain, { ...options, limit: 1 });
    return row;
  }

  async read<S extends Shape>(shape: S, ids: number[], context: Context = {}): Promise<Row<S>[]> {
    return ids.length === 0 ? [] : this.call(`model.${shape.model}.read`, [ids, shape.fields], { context }, (result) => rowsOf(shape, result));
  }

  async create(model: string, records: Values[], options: CallOptions = {}): Promise<number[]> {
    return this.call(`model.${model}.create`, [records], options, (ids) => {
      if (!Array.isArray(ids) || ids.length !== records.length || !ids.every(Number.isInteger)) {
        throw new ApiError('upstream-broken', `The ERP answered the creation of ${model} in an unexpected form.`, { code: 'vendor-answer-invalid' });
      }
      return ids as number[];
    });
  }

  async write(model: string, ids: number[], values: Values, options: CallOptions = {}): Promise<void> {
    await this.call(`model.${model}.write`, [ids, values], options);
  }

  async remove(model: string, ids: number[]): Promise<void> {
    if (ids.length > 0) await this.call(`model.${model}.delete`, [ids]);
  }

  /** A button. A transition that the state does not allow is passed over in silence: read the state afterwards. */
  press(model: string, button: string, ids: number[]): Promise<unknown> {
    return this.call(`model.${model}.${button}`, [ids]);
  }

  /** Runs a wizard on records and always ends its session. `run` goes from state to state. */
  async wizard<T>(name: string, model: string, ids: number[], run: (go: (state: string, data?: Values) => Promise<unknown>) => Promise<T>): Promise<T> {
    const started = await this.call(`wizard.${name}.create`, []);
    if (!Array.isArray(started)) throw new ApiError('upstream-broken', `The ERP did not start ${name}.`, { code: 'vendor-answer-invalid' });
    const [session] = started;
    const context = { active_model: model, active_id: ids[0], active_ids: ids };
    try {
      return await run((state, data = {}) => this.call(`wizard.${name}.execute`, [session, data, state], { context }));
    } finally {
      await this.call(`wizard.${name}.delete`, [session]);
    }
  }

  /** @throws ApiError in our kinds; the context of the user is added as the last parameter */
  async call<T = unknown>(method: string, parameters: unknown[], { context = {}, repeatConflicts = true }: CallOptions = {}, read: (result: unknown) => T = (result) => result as T): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#authorised(method, parameters, context, read);
      } catch (thrown) {
        if (!repeatConflicts || !isPassing(thrown) || attempt === ATTEMPTS) throw thrown;
        await sleep(backoffMs(attempt, { firstMs: 40, maxMs: 1_500 }));
      }
    }
  }

  async #authorised<T>(method: string, parameters: unknown[], context: Context, read: (result: unknown) => T): Promise<T> {
    const known = this.#signedIn();
    const session = await known;
    const params = [...parameters, { ...session.context, ...context }];
    const first = await this.#exchange(method, params, session.authorization, (answer) => (answer.status === 401 ? undefined : { value: read(answerOf(answer)) }));
    if (first) return first.value;
    // Forgotten after a restart, or too old for what asks for a fresh one. Several calls notice at once; one renews.
    if (this.#session === known) this.#session = undefined;
    const { authorization } = await this.#signedIn();
    return this.#exchange(method, params, authorization, (answer) => read(answerOf(answer)));
  }

  #signedIn(): Promise<Session> {
    this.#session ??= openSession(this.#settings, (method, params, authorization) => this.#exchange(method, params, authorization, answerOf)).catch((thrown: unknown) => {
      this.#session = undefined;
      throw thrown;
    });
    return this.#session;
  }

  #exchange<T>(method: string, params: unknown[], authorization: string | undefined, read: (answer: VendorAnswer) => T): Promise<T> {
    this.#calls += 1;
    return this.#http.exchange({
      method: 'POST', path: '/', operation: method,
      headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
      body: JSON.stringify({ id: this.#calls, method, params }),
      isSignOn: method === SIGN_ON,
    }, read);
  }
}

function answerOf({ status, text }: { status: number; text: string }): unknown {
  if (status === 401 || status === 403) throw new ApiError('unavailable', 'The ERP does not accept the sign-on of the integration user.', { code: 'vendor-sign-on-failed', cause: new TrytonFailure('http', `status ${status}`) });
  if (status === 429) throw new ApiError('rate-limited', 'The ERP asks for patience.', { code: 'vendor-throttles', retryAfterMs: 1_000 });
  if (status !== 200) throw new ApiError(status >= 500 ? 'unavailable' : 'upstream-broken', 'The ERP failed on this request.', { code: 'vendor-failed', cause: new TrytonFailure('http', `status ${status}`) });
  let answer: unknown;
  try {
    answer = readWire(text);
  } catch (cause) {
    throw new ApiError('upstream-broken', 'The ERP answered something that is no JSON.', { code: 'vendor-answer-invalid', cause: new TrytonFailure('json', cause instanceof SyntaxError ? 'not JSON' : 'not readable') });
  }
  if (typeof answer !== 'object' || answer === null) throw new ApiError('upstream-broken', 'The ERP answered in an unexpected form.', { code: 'vendor-answer-invalid' });
  if ('error' in answer) throw failureOf(answer.error);
  return 'result' in answer ? answer.result : undefined;
}
