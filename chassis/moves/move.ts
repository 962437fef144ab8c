/** Anything that JSON can carry. Moves take and remember references and minimal facts, never whole documents. */
export type Json = string | number | boolean | null | undefined | Json[] | { [name: string]: Json };

/** What a finished move tells its life. */
export interface Outcome {
  type: string;
  [fact: string]: unknown;
}

export interface StepOptions<Result> {
  /** Takes the step back when a later step fails for good. Without one, a comment beside the step says why none is needed. */
  undo?: (result: Result, key: string) => Promise<unknown>;
}

/** The run of a move: steps by name, each carried out once however often the move is run. */
export interface Run {
  readonly moveId: string;
  /** 1 on the first run. */
  readonly attempt: number;
  /**
   * Carries out `work` unless its result is remembered. `key` stays the same in every attempt: pass it on as the
   * idempotency key, so that a repeat after a crash has no second effect.
   */
  step<Result>(name: string, work: (key: string) => Promise<Result>, options?: StepOptions<Result>): Promise<Result>;
}

/** A short durable job of named steps. It never waits for a person or a partner. */
export interface Move<Input = never> {
  readonly name: string;
  readonly run: (run: Run, input: Input) => Promise<Outcome>;
}

export function move<Input>(name: string, run: (run: Run, input: Input) => Promise<Outcome>): Move<Input> {
  return { name, run };
}
