import { createHash } from 'node:crypto';
import { ApiError } from '../errors/failures.ts';
import { reached } from '../faults/fault-points.ts';
import { stepPoint } from '../faults/step-points.ts';
import { together, type Database, type Queries, type Transaction } from '../storage/database.ts';
import { contextFrom, currentContext, runInContext } from '../telemetry/context.ts';
import { Fenced, isHeldBy } from './fenced.ts';
import type { Json, StepOptions } from './move.ts';
import { writeStep, type StepRow, type StepWriter } from './step-writer.ts';

export interface Undo {
  name: string;
  run: () => Promise<unknown>;
}

/** What one run of a move knows of its steps. */
export interface Steps {
  process: string;
  /** The move's name. */
  move: string;
  moveId: string;
  attempt: number;
  owner: string;
  /** To take steps back their results are gathered without carrying anything out. */
  replay: boolean;
  known: Map<string, StepRow>;
  /** Carried out, not written yet: written with the next step's start or with the end of the move, to save a commit. */
  pending: StepRow[];
  /** Ends with the last writing that was begun. */
  flushed: Promise<unknown>;
  used: Set<string>;
  undos: Undo[];
  /** Steps carried out from here on intend new effects as soon as one before them was taken back. */
  generation: number;
  /** The step whose work failed in this run. */
  failed?: string;
}

/** Ends a replay where the move would have gone on to something new. */
export class EndOfReplay extends Error {}

export function newSteps({ id, process, name, attempt, owner }: { id: string; process: string; name: string; attempt: number; owner: string }, rows: readonly StepRow[], { replay = false } = {}): Steps {
  return { process, move: name, moveId: id, attempt, owner, replay, known: new Map(rows.map((row) => [row.name, row])), pending: [], flushed: Promise.resolve(), used: new Set(), undos: [], generation: Math.max(0, ...rows.map((row) => row.generation + (row.undone ? 1 : 0))) };
}

export function remember(steps: Steps, writer: StepWriter, counted: () => void) {
  return async <Result>(name: string, work: (key: string) => Promise<Result>, options: StepOptions<Result> = {}): Promise<Result> => {
    if (steps.used.has(name)) throw new ApiError('internal', `Two steps of the move are called ${name}.`, { code: 'step-name-twice' });
    steps.used.add(name);
    const known = steps.known.get(name);
    if (steps.replay && !known) throw new EndOfReplay();
    const isDone = known !== undefined && (steps.replay || !known.undone);
    const step = isDone ? known : await carryOut(steps, writer, name, work, steps.generation);
    if (!isDone) counted();
    if (options.undo && !step.undone) {
      const undo = options.undo;
      steps.undos.push({ name, run: () => inStep(`${keyOf(steps, step)}:undo`, (key) => undo(step.result as Result, key)) });
    }
    return step.result as Result;
  };
}

async function carryOut<Result>(steps: Steps, writer: StepWriter, name: string, work: (key: string) => Promise<Result>, generation: number): Promise<StepRow> {
  const written = await flushSteps(steps, writer);
  for (const each of written) reached?.(stepPoint(steps, each.name), 'after');
  reached?.(stepPoint(steps, name), 'before');
  const started = performance.now();
  const key = keyOf(steps, { name, generation });
  const result = await inStep(key, work).catch((error: unknown) => {
    steps.failed = name;
    throw error;
  });
  reached?.(stepPoint(steps, name), 'during');
  // As it will be read back: a move sees the same in its first run and in every later one.
  const step = { name, generation, undone: false, ms: Math.round(performance.now() - started), result: JSON.parse(JSON.stringify(result ?? null)) as Json };
  steps.pending.push(step);
  steps.known.set(name, step);
  return step;
}

/** Everything that is called for it bears its key. */
function inStep<T>(key: string, work: (key: string) => T): T {
  return runInContext({ ...(currentContext() ?? contextFrom(undefined, undefined)), step: key }, () => work(key));
}

/** One key for one intended effect. A step that was taken back and is carried out again intends a new one. */
function keyOf({ moveId }: Steps, { name, generation }: Pick<StepRow, 'name' | 'generation'>): string {
  const words = name.replaceAll(' ', '-');
  // A key is at most 128 visible characters, and the undo adds to it.
  const fits = /^[\x21-\x7e]{1,70}$/.test(words);
  return `${moveId}:${fits ? words : createHash('sha256').update(name).digest('hex')}${generation > 0 ? `:${generation}` : ''}`;
}

/** Writes results that are not written yet, unless another process has taken the move over since. Returns what it wrote. */
export function flushSteps(steps: Steps, writer: StepWriter): Promise<StepRow[]> {
  return flush(steps, (writing) => writer.write(steps, writing));
}

/** The same in one transaction with `work`: what is rolled back with it was carried out all the same, and is still to be written. */
export function flushWith(steps: Steps, database: Database, work: (tx: Transaction) => Promise<void>): Promise<StepRow[]> {
  return flush(steps, (writing) => database.transaction((tx) => together(...writing.map((step) => writeStep(tx, steps, step)), work(tx))));
}

/** One at a time: steps side by side would write the same. */
function flush(steps: Steps, commit: (writing: StepRow[]) => Promise<void>): Promise<StepRow[]> {
  const flushed = steps.flushed.then(async () => {
    const writing = [...steps.pending];
    await commit(writing);
    steps.pending = steps.pending.filter((step) => !writing.includes(step));
    return writing;
  });
  // A writing that failed is told to who asked for it; the next one begins anew with what is still to be written.
  steps.flushed = flushed.catch(() => undefined);
  return flushed;
}

/** Notes that a step was taken back. */
export async function markUndone(steps: Steps, name: string, on: Queries): Promise<void> {
  const marked = await on.query(
    `update chassis.move_steps set undone = true where move_id = $1 and name = $2
       and exists (select 1 from chassis.moves where ${isHeldBy({ id: '$1', attempt: '$3', owner: '$4' })}) returning name`,
    [steps.moveId, name, steps.attempt, steps.owner]);
  if (marked.length === 0) throw new Fenced();
}
