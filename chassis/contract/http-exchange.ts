import type { Dispatcher, Pool } from 'undici';
import { EVIDENCE_HEADER } from '../errors/evidence.ts';
import { TARGET_HEADER } from '../resilience/target-failure.ts';
import { deadlinePassed } from './deadline.ts';

export interface Answer {
  status: number;
  text: string;
  retryAfter: string | string[] | undefined;
  /** Who is to blame, where that is somebody behind who answered. */
  target: string | undefined;
  /** Where the troubled exchange is kept. */
  evidence: string | undefined;
}

const utf8 = new TextDecoder();

/**
 * One request and its whole answer, or `upstream-timeout` when that takes longer than `deadlineMs`, the wait for a
 * connection included. The library's own limits are per phase, and its streams cost more than all else on the way.
 */
export function exchange(pool: Pool, request: Dispatcher.DispatchOptions, deadlineMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader(resolve, reject);
    pool.dispatch(request, reader);
    reader.endAfter(deadlineMs);
  });
}

class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #late: Error | undefined;
  #isSettled = false;
  #status = 0;
  #retryAfter: string | string[] | undefined;
  #target: string | string[] | undefined;
  #evidence: string | string[] | undefined;

  constructor(resolve: (answer: Answer) => void, reject: (reason: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  endAfter(deadlineMs: number): void {
    if (!this.#isSettled) this.#timer = setTimeout(tooLate, deadlineMs, this);
  }

  tooLate(): void {
    this.#late = deadlinePassed();
    this.#controller?.abort(this.#late);
    this.onResponseError(this.#controller, this.#late);
  }

  /** The turn of a request may come when nobody waits for it any more. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#late) controller.abort(this.#late);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#status = status;
    this.#retryAfter = headers['retry-after'];
    this.#target = headers[TARGET_HEADER];
    this.#evidence = headers[EVIDENCE_HEADER];
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle();
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, text: utf8.decode(bytes), retryAfter: this.#retryAfter, target: single(this.#target), evidence: single(this.#evidence) });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, failure: Error): void {
    this.#settle();
    this.#reject(failure);
  }

  #settle(): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
  }
}

function tooLate(reader: AnswerReader): void {
  reader.tooLate();
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
