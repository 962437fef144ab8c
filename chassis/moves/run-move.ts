import { evidenceOf } from '../errors/evidence.ts';
import { asApiError, type ApiError } from '../errors/failures.ts';
import { reached } from '../faults/fault-points.ts';
import { stepPoint, undoPoint } from '../faults/step-points.ts';
import { backoffMs } from '../resilience/backoff.ts';
import type { Dependencies } from '../resilience/dependencies.ts';
import { targetOf } from '../resilience/target-failure.ts';
import { TIERS, type TierName } from '../resilience/tiers.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { isDatabaseUnavailable, together, type Database, type Queries, type Row, type Transaction } from '../storage/database.ts';
import { Fenced, isHeldBy } from './fenced.ts';
import type { Json, Move, Outcome } from './move.ts';
import { isForNewerVersion } from '../errors/newer-version.ts';
import { leaveToNewer } from './queue.ts';
import type { StepRow, StepWriter } from './step-writer.ts';
import { EndOfReplay, flushSteps, flushWith, markUndone, newSteps, remember, type Steps } from './steps.ts';
import { PUT_AWAY_MS } from './waiting.ts';

/** What no chart has an answer to: it is for operators alone. */
const UNDO_AGAIN = 'undo of ';

/** The longest wait between two attempts, whoever asks for it. */
const LONGEST_WAIT_MS = 3_600_000;

/** Takes what a move reports into the life that asked for it, in the transaction that finishes the move. */
export type Report = (tx: Transaction, lifeId: string, outcome: Outcome, move: { id: string; name: string }) => Promise<void>;

/** The failure of a move as its life sees it: event `<move>.failed`. */
export interface MoveFailure {
  kind: string;
  code?: string;
  detail: string;
  /** Under which reference the exchange is kept in which it began. */
  evidence?: string;
}

/** A failed attempt, as operators see it. */
export interface Trouble extends MoveFailure {
  attempt: number;
  at: string;
  /** The step that failed, where it was in one. */
  step?: string;
}

/** `isTold`: the life has heard of it, and may have gone on since. */
type KnownFailure = MoveFailure & { isTold?: boolean };

/** The moves of one process, and who hears how they ended. */
export interface MoveSet {
  process: string;
  tier: TierName;
  moves: Map<string, Move<unknown>>;
  report: Report;
}

export interface MoveRow extends Row {
  id: string;
  process: string;
  lane: string | null;
  life_id: string;
  name: string;
  input: Json;
  status: 'queued' | 'waiting' | 'undoing' | 'done' | 'failed';
  attempt: number;
  /** The attempt after which the present tries began: those of the move, of its undoing or of a person's repeat. */
  tries_from: number;
  /** The process that runs it. */
  owner: string;
  failure: KnownFailure | null;
  steps: StepRow[] | null;
}

export interface RunDeps {
  database: Database;
  writer: StepWriter;
  dependencies: Dependencies;
  log: Log;
  metrics: Metrics;
  /** As which the process is hosted here. */
  version: number;
  /** Told of every wait that begins here. */
  onWait?: (waitMs: number) => void;
}

/** Runs a move once and settles how that went: done, to be tried again, or failed and taken back. */
export async function runMove(set: MoveSet, row: MoveRow, deps: RunDeps): Promise<void> {
  const { log, metrics } = deps;
  const started = performance.now();
  const observe = (outcome: string) => metrics.moves.observe({ process: row.process, move: row.name, outcome }, (performance.now() - started) / 1_000);
  try {
    observe(await settle(set, row, deps));
  } catch (error) {
    if (!(error instanceof Fenced)) throw error;
    observe('fenced');
    log.warn('move was taken over by another process', { process: row.process, move: row.name });
  }
}

/** What only a newer version can bring to its end is left to it, in whichever direction it goes. */
async function settle(set: MoveSet, row: MoveRow, deps: RunDeps): Promise<string> {
  const isUndoing = row.status === 'undoing';
  const steps = newSteps(row, row.steps ?? [], { replay: isUndoing });
  try {
    if (set.moves.has(row.name)) return await (isUndoing ? resumeUndo : attemptMove)(set, row, steps, deps);
  } catch (error) {
    if (!isForNewerVersion(error)) throw error;
    await flushSteps(steps, deps.writer);
  }
  await leaveToNewer(deps.database, row, deps.version);
  return 'left to a newer version';
}

async function attemptMove(set: MoveSet, row: MoveRow, steps: Steps, deps: RunDeps): Promise<string> {
  try {
    const outcome = await runSteps(set, row, steps, deps);
    await conclude(set, row, steps, outcome, deps);
    return 'done';
  } catch (error) {
    if (error instanceof Fenced || isForNewerVersion(error)) throw error;
    const failure = asApiError(error);
    if (isWorthAnotherTry(failure, row, set.tier)) {
      await postpone(set, row, steps, error, deps);
      return 'postponed';
    }
    deps.log.error('move failed for good', { process: row.process, move: row.name, life: row.life_id, attempt: row.attempt, ...describeError(error) });
    const known = knownOf(failure);
    if (steps.undos.length === 0) await fail(set, row, steps, known, [], deps);
    else await beginUndo(set, row, steps, known, deps);
    return 'failed';
  }
}

function runSteps(set: MoveSet, row: MoveRow, steps: Steps, { writer, metrics }: RunDeps): Promise<Outcome> {
  const step = remember(steps, writer, () => metrics.steps.inc({ process: row.process, move: row.name }));
  return set.moves.get(row.name)!.run({ moveId: row.id, attempt: row.attempt, step }, row.input);
}

/** The last step's result, the end of the move and the life's next state commit together. */
async function conclude(set: MoveSet, row: MoveRow, steps: Steps, outcome: Outcome, { database }: RunDeps): Promise<void> {
  const written = await flushWith(steps, database, (tx) => together(finish(tx, row, 'done', null), set.report(tx, row.life_id, outcome, row)));
  for (const { name } of written) reached?.(stepPoint(steps, name), 'after');
}

/** That the move is being taken back is decided before it is begun: after a crash it goes on backwards, not forwards. */
async function beginUndo(set: MoveSet, row: MoveRow, steps: Steps, failure: MoveFailure, deps: RunDeps): Promise<void> {
  await flushWith(steps, deps.database, async (tx) => {
    const changed = await tx.query(
      `update chassis.moves set status = 'undoing', tries_from = attempt - 1, failure = $3, waits_for = null, ${NOTE_TROUBLE('$5')} where ${isHeldBy({ id: '$1', attempt: '$2', owner: '$4' })} returning id`,
      [row.id, row.attempt, JSON.stringify(failure), row.owner, troubleOf(row, steps, failure)]);
    if (changed.length === 0) throw new Fenced();
  });
  await undo(set, { ...row, status: 'undoing', tries_from: row.attempt - 1, failure }, steps, deps);
}

/** Runs the move over its remembered results alone, to learn again what has to be taken back. */
async function resumeUndo(set: MoveSet, row: MoveRow, steps: Steps, deps: RunDeps): Promise<string> {
  try {
    await runSteps(set, row, steps, deps);
  } catch (error) {
    // Beyond its last remembered step the move fails, as it did, in whatever way.
    if (!(error instanceof EndOfReplay)) deps.log.debug('replay ended early', { process: row.process, move: row.name, ...describeError(error) });
  }
  return undo(set, row, steps, deps);
}

/**
 * Takes back what was done, the last first. A step that cannot be taken back for good is left and named in the failure,
 * so that a person hears of it.
 */
async function undo(set: MoveSet, row: MoveRow, steps: Steps, deps: RunDeps): Promise<string> {
  const left: string[] = [];
  for (const { name, run } of steps.undos.toReversed()) {
    try {
      reached?.(undoPoint(steps, name), 'before');
      await run();
      reached?.(undoPoint(steps, name), 'during');
      await markUndone(steps, name, deps.database);
      reached?.(undoPoint(steps, name), 'after');
    } catch (error) {
      if (error instanceof Fenced) throw error;
      steps.failed = `${name} (taking it back)`;
      if (isWorthAnotherTry(asApiError(error), row, set.tier)) {
        await postpone(set, row, steps, error, deps);
        return 'postponed';
      }
      deps.log.error('step could not be taken back', { process: row.process, move: row.name, step: name, life: row.life_id, ...describeError(error) });
      left.push(name);
    }
  }
  await fail(set, row, steps, row.failure ?? { kind: 'internal', detail: 'The move failed.' }, left, deps);
  return 'failed';
}

async function fail(set: MoveSet, row: MoveRow, steps: Steps, failure: MoveFailure, notUndone: string[], { database }: RunDeps): Promise<void> {
  // Taken back once more because an operator wished so: to its life the move failed long ago, and another may be under way.
  const isTold = row.status === 'undoing' && row.failure?.isTold === true;
  const { isTold: _isTold, ...told } = failure as KnownFailure;
  await flushWith(steps, database, async (tx) => {
    // Before it was taken back its failure has been noted already.
    await finish(tx, row, 'failed', { ...told, isTold: true }, row.status === 'undoing' ? undefined : troubleOf(row, steps, failure));
    if (isTold && notUndone.length === 0) return;
    const type = isTold ? `${UNDO_AGAIN}${row.name}.failed` : `${row.name}.failed`;
    await set.report(tx, row.life_id, { type, failure: told, moveId: row.id, ...(notUndone.length > 0 ? { notUndone } : {}) }, row);
  });
}

async function finish(tx: Queries, row: MoveRow, status: 'done' | 'failed', failure: KnownFailure | null, trouble?: string): Promise<void> {
  const changed = await tx.query(
    `update chassis.moves set status = $3, owner = null, finished_at = now(), failure = $4, waits_for = null, ${NOTE_TROUBLE('$6')} where ${isHeldBy({ id: '$1', attempt: '$2', owner: '$5' })} returning id`,
    [row.id, row.attempt, status, failure && JSON.stringify(failure), row.owner, trouble ?? null]);
  if (changed.length === 0) throw new Fenced();
}

async function postpone(set: MoveSet, row: MoveRow, steps: Steps, error: unknown, { database, dependencies, log, onWait }: RunDeps): Promise<void> {
  const failure = asApiError(error);
  const target = targetOf(failure);
  const isHeld = target !== undefined && dependencies.holdOn(target) !== undefined;
  const waitMs = isHeld ? PUT_AWAY_MS : Math.min(LONGEST_WAIT_MS, Math.max(spread(failure.retryAfterMs ?? 0), backoffMs(row.attempt - row.tries_from, TIERS[set.tier].moveBackoff)));
  log.info('move will be tried again', { process: row.process, move: row.name, life: row.life_id, attempt: row.attempt, waitMs, ...describeError(error) });
  await flushWith(steps, database, async (tx) => {
    const changed = await tx.query(
      `update chassis.moves set status = case status when 'undoing' then status else 'waiting' end, owner = null, attempt = attempt + 1, waits_for = $4,
         failure = case status when 'undoing' then failure else $3::jsonb end, run_at = now() + $6::int * interval '1 millisecond', ${NOTE_TROUBLE('$7')}
       where ${isHeldBy({ id: '$1', attempt: '$2', owner: '$5' })} returning id`,
      [row.id, row.attempt, JSON.stringify(knownOf(failure)), target ?? null, row.owner, waitMs, troubleOf(row, steps, knownOf(failure))]);
    if (changed.length === 0) throw new Fenced();
  });
  onWait?.(waitMs);
}

function knownOf(failure: ApiError): MoveFailure {
  const { kind, code, message } = failure;
  const evidence = evidenceOf(failure);
  return { kind, detail: message, ...(code === undefined ? {} : { code }), ...(evidence === undefined ? {} : { evidence }) };
}

/** The last twenty: what went wrong a thousand times did so in the same way. */
const NOTE_TROUBLE = (parameter: string) => `troubles = case when ${parameter}::jsonb is null then troubles when jsonb_array_length(troubles) < 20 then troubles || ${parameter}::jsonb else (troubles - 0) || ${parameter}::jsonb end`;

function troubleOf({ attempt }: MoveRow, { failed }: Steps, failure: MoveFailure): string {
  return JSON.stringify({ ...failure, attempt, at: new Date().toISOString(), ...(failed === undefined ? {} : { step: failed }) } satisfies Trouble);
}

/** Waiting for a system that is down is no reason to give up early; an unexpected error is tried a few times. */
function isWorthAnotherTry(failure: ApiError, row: MoveRow, tier: TierName): boolean {
  const tries = row.attempt - row.tries_from;
  if (isDatabaseUnavailable(failure)) return true;
  if (failure.retryable) return tries < TIERS[tier].moveAttempts;
  return failure.kind === 'internal' && tries < TIERS[tier].surprises;
}

/** Those that are asked to come back at the same moment come one after another. */
function spread(ms: number): number {
  return Math.round(ms * (1 + 0.2 * Math.random()));
}
