import type { Clock } from '#chassis/time/clock.ts';

const MOST = 50_000;

/**
 * Imports of which nobody knows whether they arrived. They may still come into the books, so they are not sent again
 * before some time has passed since the doubt arose, over all attempts.
 */
export class Doubts {
  readonly #clock: Clock;
  readonly #settleMs: number;
  readonly #since = new Map<string, number>();

  constructor(clock: Clock, settleMs: number) {
    this.#clock = clock;
    this.#settleMs = settleMs;
  }

  raise(name: string): void {
    this.#note(name, this.#clock.now().getTime());
  }

  /** The last attempt surely never arrived. */
  dispel(name: string): void {
    this.#note(name, -Infinity);
  }

  #note(name: string, since: number): void {
    this.#since.delete(name);
    this.#since.set(name, since);
    const [oldest] = this.#since.keys();
    if (this.#since.size > MOST && oldest !== undefined) this.#since.delete(oldest);
  }

  /** Milliseconds until it can be sent again. A doubt that an earlier process had begins here anew. */
  settledInMs(name: string): number {
    if (!this.#since.has(name)) this.raise(name);
    return this.#since.get(name)! + this.#settleMs - this.#clock.now().getTime();
  }

  /** It is in the books. */
  settle(name: string): void {
    this.#since.delete(name);
  }
}
