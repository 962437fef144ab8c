import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';

const isRetryable = (failure: unknown): failure is ApiError => failure instanceof ApiError && failure.retryable;

export interface RepeatOptions {
  clock: Clock;
  /** How long a write of which nobody knows whether it arrived may still take effect. */
  lateMs: number;
  /** Whether a write that failed like this may take effect later. */
  mayComeLate: (failure: ApiError) => boolean;
  /** Whether the same has to be feared of a write of which this process knows nothing. */
  mayComeFromElsewhere: boolean;
}

const LOOK_AGAIN_MS = 100;
/** So long one call looks; after that its caller is told to come back. */
const PATIENCE_MS = 3_000;
const MOST_REMEMBERED = 50_000;

/**
 * Writes once although the vendor has no idempotency key: a repeat looks for the document that an earlier attempt may
 * have left, and does not write while that attempt may still come through.
 */
export class Repeats {
  readonly #options: RepeatOptions;
  /** When the doubt arose, over all attempts. */
  readonly #since = new Map<string, number>();

  constructor(options: RepeatOptions) {
    this.#options = options;
  }

  /** @param name of the intended document, its kind included */
  async once<T>(name: string, repeated: boolean, find: () => Promise<T | undefined>, write: () => Promise<T>): Promise<T> {
    const found = repeated ? await this.#search(name, find) : undefined;
    if (found !== undefined) return found;
    try {
      const written = await write();
      this.#since.delete(name);
      return written;
    } catch (failure) {
      const late = repeated && !isRetryable(failure) ? await find() : undefined;
      // What stands in the way of the second attempt is the first, which came through later than anybody waits.
      if (late !== undefined) return late;
      if (isRetryable(failure)) this.#note(name, this.#options.mayComeLate(failure) ? this.#now() : -Infinity);
      throw failure;
    }
  }

  async #search<T>(name: string, find: () => Promise<T | undefined>): Promise<T | undefined> {
    for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
      const found = await find();
      if (found !== undefined) return found;
      const settledInMs = this.#settledInMs(name);
      if (settledInMs <= 0) return undefined;
      if (waited >= PATIENCE_MS) throw new ApiError('in-progress', 'An earlier attempt may still be on its way into the books.', { code: 'write-uncertain', retryAfterMs: Math.min(settledInMs, 30_000) });
      await sleep(Math.min(settledInMs, LOOK_AGAIN_MS));
    }
  }

  #settledInMs(name: string): number {
    if (!this.#since.has(name)) this.#note(name, this.#options.mayComeFromElsewhere ? this.#now() : -Infinity);
    return this.#since.get(name)! + this.#options.lateMs - this.#now();
  }

  #note(name: string, since: number): void {
    this.#since.delete(name);
    this.#since.set(name, since);
    const [oldest] = this.#since.keys();
    if (this.#since.size > MOST_REMEMBERED && oldest !== undefined) this.#since.delete(oldest);
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }
}
