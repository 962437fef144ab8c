import type { AnyStateMachine } from 'xstate';
import type { TierName } from '../resilience/tiers.ts';
import type { Json, Move } from '../moves/move.ts';
import type { NewEvent } from '../events/event-log.ts';
import type { LifeMigration } from './versions.ts';

/** What happens to a life. `at` is when it happened; further facts as the chart declares them. */
export interface LifeEvent {
  type: string;
  [fact: string]: unknown;
}

/** What waits for a person while a life is in a state marked `meta: { workItem: <kind> }`. */
export interface WorkItemSpec {
  /** `role:<name>` or `user:<name>`. */
  owner: string;
  title: string;
  /** Facts needed to decide; no personal data. */
  facts: Record<string, string | number | boolean>;
  /** The ways out; each is sent to the life as an event of that type, with `by`, `note`, `values`, `at`. */
  resolutions: readonly string[];
  /** Tells one work item of a state from the next one in the same state, such as the tier of an approval. */
  discriminator?: string;
  dueAt?: Date;
}

export interface MoveBinding<Context, Input = never> {
  move: Move<Input>;
  input: (context: Context, params: Json) => Input;
  /**
   * The business key within which such moves keep their order, whichever lives ask for them: while one is tried again,
   * those after it wait. One that failed for good lets them pass.
   */
  lane?: (context: Context) => string;
}

/** Ties a chart to the platform. The chart says when; this says what its actions and marks mean. */
export interface LifeDefinition<Context> {
  process: string;
  /** Version of the chart and its context. */
  version: number;
  /** One a version: the first carries lives of version 1 over to version 2. */
  migrations?: readonly LifeMigration[];
  /** The oldest version whose processes can go on with lives of this one, its own when absent: lower while changes only add. */
  readableBy?: number;
  tier: TierName;
  machine: AnyStateMachine;
  /** Business keys by which the life can be found, several values of a kind allowed. */
  keys: (context: Context) => Record<string, string | readonly string[] | undefined>;
  facility: (context: Context) => string | undefined;
  /** Actions of the chart that ask for a move. */
  moves: Record<string, MoveBinding<Context>>;
  /** Actions of the chart that announce an event. */
  announcements: Record<string, (context: Context, params: Json) => NewEvent>;
  workItems: Record<string, (context: Context, now: Date) => WorkItemSpec>;
  /** Events that may come before their time: kept, and taken when a later state takes them. */
  defers?: readonly string[];
}

/** As stored; what XState's `resolveState` takes. */
export interface StoredSnapshot {
  value: unknown;
  context: unknown;
  status: string;
  historyValue?: unknown;
}

/** A binding whose input type is checked where it is written. */
export function bind<Context, Input>(move: Move<Input>, input: (context: Context, params: Json) => Input, { lane }: Pick<MoveBinding<Context>, 'lane'> = {}): MoveBinding<Context> {
  return { move, input, ...(lane ? { lane } : {}) } as unknown as MoveBinding<Context>;
}

/** The chart's word for "something outside happens here": the names of its moves and announcements, without code. */
export function effects<const Names extends readonly string[]>(...names: Names): Record<Names[number], () => void> {
  return Object.fromEntries(names.map((name) => [name, () => undefined])) as Record<Names[number], () => void>;
}

/** Event that every failed move sends when the chart itself has no answer to it; opens a work item for operators. */
export const MOVE_FAILED = 'move-failed';
