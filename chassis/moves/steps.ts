import { createHash } from 'node:crypto';
import { ApiError } from '../errors/failures.ts';
import { reached } from '../faults/fault-points.ts';
import { stepPoint } from '../faults/step-points.ts';
import { together, type Database, type Queries, type Transaction } from '../storage/database.ts';
import { contextFrom, currentContext, runInContext } from '../telemetry/context.ts';
import { Fenced } from './fenced.ts';
import type { Json, StepOptions } from './move.ts';

/** A step as it is remembered. */
export interface StepRow {
  name: string;
  result: Json;
  undone: boolean;
  /** How often the step had been taken back before it was carried out this time. */
  generation: number;
  /** Milliseconds that carrying it out took. */
  ms: number;
}

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

export function remember(steps: Steps, database: Database, counted: () => void) {
  return async <Result>(name: string, work: (key: string) => Promise<Result>, options: StepOptions<Result> = {}): Promise<Result> => {
    if (steps.used.has(name)) throw new ApiError('internal', `Two steps of the move are called ${name}.`, { code: 'step-name-twice' });
    steps.used.add(name);
    const known = steps.known.get(name);
    if (steps.replay && !known) throw new EndOfReplay();
    const isDone = known !== undefined && (steps.replay || !known.undone);
    const step = isDone ? known : await carryOut(steps, database, name, work, steps.generation);
    if (!isDone) counted();
    if (options.undo && !step.undone) {
      const undo = options.undo;
      steps.undos.push({ name, run: () => inStep(`${keyOf(steps, step)}:undo`, (key) => undo(step.result as Result, key)) });
    }
    return step.result as Result;
  };
}

async function carryOut<Result>(steps: Steps, database: Database, name: string, work: (key: string) => Promise<Result>, generation: number): Promise<StepRow> {
  const written = await flushSteps(steps, database);
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
export function flushSteps(steps: Steps, on: Queries): Promise<StepRow[]> {
  return flush(steps, (writing) => writeAll(steps, writing, on));
}

/** The same in one transaction with `work`: what is rolled back with it was carried out all the same, and is still to be written. */
export function flushWith(steps: Steps, database: Database, work: (tx: Transaction) => Promise<void>): Promise<StepRow[]> {
  return flush(steps, (writing) => database.transaction((tx) => together(writeAll(steps, writing, tx), work(tx))));
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

function writeAll(steps: Steps, writing: StepRow[], on: Queries): Promise<void> {
  return together(...writing.map((step) => write(steps, step, on)));
}

const INSERT = `insert into chassis.move_steps (move_id, name, result, generation, ms, attempt, at)
  select id, $2, $3, $4, $5, attempt, clock_timestamp() from chassis.moves where id = $1 and attempt = $6 and owner = $7`;
/** A step that was taken back, or that somebody wrote who was fenced off only then. */
const WRITE_AGAIN = `${INSERT} on conflict (move_id, name) do update set result = excluded.result, generation = excluded.generation, ms = excluded.ms, attempt = excluded.attempt, undone = false, at = excluded.at returning 1`;
/** In a first attempt nobody can have written it. */
const WRITE = `${INSERT} returning 1`;

async function write({ moveId, attempt, owner }: Steps, { name, result, generation, ms }: StepRow, on: Queries): Promise<void> {
  const written = await on.query(attempt === 1 ? WRITE : WRITE_AGAIN, [moveId, name, JSON.stringify(result), generation, ms, attempt, owner]);
  if (written.length === 0) throw new Fenced();
}

/** Notes that a step was taken back. */
export async function markUndone(steps: Steps, name: string, on: Queries): Promise<void> {
  const marked = await on.query(
    `update chassis.move_steps set undone = true where move_id = $1 and name = $2
       and exists (select 1 from chassis.moves where id = $1 and attempt = $3 and owner = $4) returning name`,
    [steps.moveId, name, steps.attempt, steps.owner]);
  if (marked.length === 0) throw new Fenced();
}
