import DataLoader from 'dataloader';
import type { Clock } from '#chassis/time/clock.ts';
import { withoutDeadline } from '#chassis/contract/deadline.ts';

export interface CacheOptions {
  clock: Clock;
  lifeMs: number;
  entries: number;
}

interface Entry<V> {
  loadedAt: number;
  value: Promise<V>;
}

/** Answers that may be a little old. What failed is asked again; who asks meanwhile shares one question. */
export class Cache<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #options: CacheOptions;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** @param atMostOld milliseconds, where the caller needs it fresher than usual */
  get(key: string, load: () => Promise<V>, atMostOld = this.#options.lifeMs): Promise<V> {
    const now = this.#options.clock.now().getTime();
    const known = this.#entries.get(key);
    if (known && now - known.loadedAt < Math.min(atMostOld, this.#options.lifeMs)) return known.value;
    // Shared work must not end with the deadline of whoever asked first.
    const value = withoutDeadline(load);
    this.set(key, value);
    value.catch(() => this.forget(key, value));
    return value;
  }

  set(key: string, value: Promise<V>): void {
    this.#entries.delete(key);
    this.#entries.set(key, { loadedAt: this.#options.clock.now().getTime(), value });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#options.entries && oldest !== undefined) this.#entries.delete(oldest);
  }

  forget(key: string, value: Promise<V>): void {
    if (this.#entries.get(key)?.value === value) this.#entries.delete(key);
  }
}

/** How long questions of the same kind are gathered into one. */
const GATHER_MS = 2;
/** An `in` list of so many codes keeps the address short enough for every front. */
const LONGEST_LIST = 60;

/** Looks things up by code, many codes in one question, and remembers what it found. What is not there is asked again. */
export class Lookup<V> {
  readonly #cache: Cache<V | undefined>;
  readonly #loader: DataLoader<string, V | undefined>;

  constructor(options: CacheOptions, find: (keys: string[]) => Promise<Map<string, V>>) {
    this.#cache = new Cache(options);
    this.#loader = new DataLoader(async (keys) => {
      const found = await withoutDeadline(() => find([...keys]));
      return keys.map((key) => found.get(key));
    }, { cache: false, maxBatchSize: LONGEST_LIST, batchScheduleFn: (start) => setTimeout(start, GATHER_MS) });
  }

  async get(key: string): Promise<V | undefined> {
    const value = this.#cache.get(key, () => this.#loader.load(key));
    const found = await value;
    if (found === undefined) this.#cache.forget(key, value);
    return found;
  }

  /** What was learned on the way. */
  know(key: string, value: V): void {
    this.#cache.set(key, Promise.resolve(value));
  }
}
