import { ApiError } from '../errors/failures.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Database, Queries } from '../storage/database.ts';
import type { Json, StepOptions } from './move.ts';

interface Pending {
  name: string;
  result: Json;
}

interface Undo {
  name: string;
  run: () => Promise<unknown>;
}

/** What one run of a move knows of its steps. */
export interface Steps {
  database: Database;
  moveId: string;
  attempt: number;
  remembered: Map<string, Json>;
  undone: Set<string>;
  /** Carried out, not written yet: it is written with the next step's start or with the end of the move, to save a commit. */
  pending: Pending | undefined;
  undos: Undo[];
}

export function newSteps(database: Database, moveId: string, attempt: number, rows: { name: string; result: Json; undone: boolean }[]): Steps {
  const remembered = new Map(rows.filter((row) => !row.undone).map((row) => [row.name, row.result]));
  const undone = new Set(rows.filter((row) => row.undone).map((row) => row.name));
  return { database, moveId, attempt, remembered, undone, pending: undefined, undos: [] };
}

export function remember(steps: Steps, counted: () => void) {
  return async <Result>(name: string, work: (key: string) => Promise<Result>, options: StepOptions<Result> = {}): Promise<Result> => {
    const key = `${steps.moveId}:${name.replaceAll(' ', '-')}`;
    let result: Result;
    if (steps.remembered.has(name)) {
      result = steps.remembered.get(name) as Result;
    } else {
      await flushStep(steps, steps.database);
      result = await work(key);
      steps.pending = { name, result: (result ?? null) as Json };
      steps.remembered.set(name, steps.pending.result);
      counted();
    }
    if (options.undo) {
      const undo = options.undo;
      steps.undos.push({ name, run: () => undo(result, `${key}:undo`) });
    }
    return result;
  };
}

/** Writes the last step's result, unless another process has taken the move over since. */
export async function flushStep(steps: Steps, on: Queries): Promise<void> {
  const { pending } = steps;
  if (!pending) return;
  const written = await on.query(
    `insert into chassis.move_steps (move_id, name, result, attempt)
     select $1::uuid, $2, $3::jsonb, $4 where exists (select 1 from chassis.moves where id = $1::uuid and attempt = $4 and status in ('queued', 'waiting'))
     on conflict (move_id, name) do update set result = excluded.result, attempt = excluded.attempt, undone = false, at = now()
     returning name`,
    [steps.moveId, pending.name, JSON.stringify(pending.result), steps.attempt]);
  if (written.length === 0) throw new ApiError('conflict', 'Another process has taken this work over.', { code: 'fenced' });
  steps.pending = undefined;
}

/**
 * Takes back what was done, the last first. An undo that fails is logged and left: the failed move becomes a work item,
 * and the person who resolves it sees from the remembered steps what still stands.
 */
export async function undoSteps(steps: Steps, log: Log): Promise<void> {
  await flushStep(steps, steps.database);
  for (const { name, run } of steps.undos.toReversed()) {
    if (steps.undone.has(name)) continue;
    try {
      await run();
      await steps.database.query('update chassis.move_steps set undone = true where move_id = $1 and name = $2', [steps.moveId, name]);
    } catch (error) {
      log.error('step could not be taken back', { step: name, ...describeError(error) });
    }
  }
}
