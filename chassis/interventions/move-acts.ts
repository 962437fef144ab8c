import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors/failures.ts';
import type { Json } from '../moves/move.ts';
import { lockLane, runAgain, withdrawQuestion } from '../moves/queue.ts';
import type { MoveFailure } from '../moves/run-move.ts';
import type { Queries, Row, Transaction } from '../storage/database.ts';
import type { Act } from './carry-out.ts';

interface MoveRow extends Row {
  id: string;
  name: string;
  lane: string | null;
  status: 'queued' | 'waiting' | 'undoing' | 'done' | 'failed';
  attempt: number;
  owner: string | null;
  failure: MoveFailure | null;
  input: Json;
}

interface StepRow extends Row {
  name: string;
  undone: boolean;
}

/** Runs it now, with a new set of tries. */
export async function retryMove(tx: Transaction, id: string): Promise<Act> {
  const move = await lock(tx, id);
  if (move.status === 'done') throw notPossible('The move is done.', 'move-is-done');
  requireIdle(move);
  const steps = await stepsOf(tx, id);
  const isFailed = move.status === 'failed';
  return {
    basis: basisOf(move),
    plan: {
      does: [`The move ${move.name} runs ${move.status === 'undoing' ? 'backwards, as it did, ' : ''}at once.`, ...remembered(steps)],
      beware: isFailed ? [
        ...steps.filter((step) => step.undone).map((step) => `${step.name} was taken back and is carried out again, as a new effect.`),
        'Its life has heard that it failed. Where that has gone on since, what the move does now has its effect all the same, and nobody waits for it.',
      ] : [],
    },
    async carryOut() {
      await runAgain(tx, id, 'waiting');
    },
  };
}

/** Gives it up: takes back what was done and tells its life that it failed. */
export async function cancelMove(tx: Transaction, id: string, reason: string): Promise<Act> {
  const move = await lock(tx, id);
  if (move.status !== 'queued' && move.status !== 'waiting') throw notPossible(`The move is ${move.status}.`, 'move-not-open');
  requireIdle(move);
  const steps = (await stepsOf(tx, id)).filter((step) => !step.undone);
  const failure: MoveFailure = { kind: 'refused', code: 'cancelled-by-operator', detail: `Cancelled by an operator: ${reason}`.slice(0, 240) };
  return {
    basis: basisOf(move),
    plan: {
      does: [...steps.toReversed().map((step) => `${step.name} is taken back, where the move knows how.`), `The life hears ${move.name}.failed with the code cancelled-by-operator.`],
      beware: move.failure ? [`The last attempt ended with ${move.failure.code ?? move.failure.kind}: what it tried may have had its effect, which is not taken back.`] : [],
    },
    async carryOut() {
      await tx.query(
        `update chassis.moves set status = 'undoing', failure = $2, attempt = attempt + 1, tries_from = attempt, waits_for = null, run_at = now() where id = $1`, [id, JSON.stringify(failure)]);
    },
  };
}

/** Forgets a step's result and what follows, and runs the move again from there. */
export async function rewindMove(tx: Transaction, id: string, step: string): Promise<Act> {
  const move = await lock(tx, id);
  if (move.status === 'undoing') throw notPossible('The move is being taken back.', 'move-not-open');
  requireIdle(move);
  const again = await stepsFrom(tx, id, step);
  return {
    basis: basisOf(move),
    plan: {
      does: [...again.map(({ name }) => `${name} is carried out again, under a new key.`), `The life hears once more how ${move.name} ended.`],
      beware: [
        ...again.filter(({ undone }) => !undone).map(({ name }) => `${name} has had its effect. It is not taken back, so that it may come twice.`),
        ...(move.status === 'done' ? ['The life has gone on since. If its state has no use for the report, nothing comes of it there.'] : []),
      ],
    },
    async carryOut() {
      await tx.query('update chassis.move_steps set undone = true where move_id = $1 and name = any($2)', [id, again.map(({ name }) => name)]);
      await tx.query(
        `update chassis.moves set status = 'waiting', run_at = now(), finished_at = null, waits_for = null, failure = null, attempt = attempt + 1, tries_from = attempt where id = $1`, [id]);
      await withdrawQuestion(tx, id);
    },
  };
}

/** A new move from a step of an old one on, with other input; what came before the step is remembered as it was. */
export async function forkMove(tx: Transaction, id: string, step: string, input: Json): Promise<Act> {
  const move = await lock(tx, id);
  if (move.status !== 'failed' && move.status !== 'done') throw notPossible(`The move is ${move.status}; only one that has ended can be forked.`, 'move-not-ended');
  const again = new Set((await stepsFrom(tx, id, step)).map(({ name }) => name));
  const before = (await stepsOf(tx, id)).filter(({ name, undone }) => !again.has(name) && !undone);
  const forkId = randomUUID();
  return {
    basis: basisOf(move),
    plan: {
      does: [...before.map(({ name }) => `${name} is remembered as it was.`), ...[...again].map((name) => `${name} is carried out with the new input.`), `The life hears how it ended, as of ${move.name}.`],
      beware: [...changedFields(move.input, input), ...(move.status === 'done' ? ['The first move was done: its effects stay.'] : [])],
    },
    async carryOut() {
      if (move.lane !== null) await lockLane(tx, move.lane);
      await tx.query(
        `insert into chassis.moves (id, process, life_id, name, input, lane, readable_by, status, forked_from, correlation_id, traceparent)
         select $2, process, life_id, name, $3, lane, readable_by, 'queued', id, correlation_id, traceparent from chassis.moves where id = $1`, [id, forkId, JSON.stringify(input ?? null)]);
      await tx.query(
        `insert into chassis.move_steps (move_id, name, result, generation, ms, attempt, at)
         select $2, name, result, generation, ms, 0, at from chassis.move_steps where move_id = $1 and name = any($3)`, [id, forkId, before.map(({ name }) => name)]);
      await withdrawQuestion(tx, id);
    },
  };
}

async function lock(tx: Transaction, id: string): Promise<MoveRow> {
  const [move] = await tx.query<MoveRow>('select id, name, lane, status, attempt, owner, failure, input from chassis.moves where id = $1 for update', [id]);
  if (!move) throw new ApiError('not-found', 'There is no such move.');
  return move;
}

/** What is under way is not touched: nobody knows whether the step it is in has had its effect. */
function requireIdle(move: MoveRow): void {
  if (move.owner !== null) throw notPossible('The move is running at this moment.', 'move-is-running');
}

async function stepsOf(on: Queries, moveId: string): Promise<StepRow[]> {
  return on.query<StepRow>('select name, undone from chassis.move_steps where move_id = $1 order by at', [moveId]);
}

/** What is carried out when the move goes on at the step: it and what follows, and what was taken back before it. */
async function stepsFrom(on: Queries, moveId: string, step: string): Promise<StepRow[]> {
  const steps = await stepsOf(on, moveId);
  const index = steps.findIndex(({ name }) => name === step);
  if (index < 0) throw new ApiError('invalid-request', 'The move has carried out no such step.', { code: 'unknown-step', errors: [{ pointer: '/step', detail: 'is not a step that is remembered' }] });
  return steps.filter(({ undone }, place) => undone || place >= index);
}

function remembered(steps: StepRow[]): string[] {
  return steps.filter((step) => !step.undone).map((step) => `${step.name} is remembered and passed over.`);
}

function changedFields(before: Json, after: Json): string[] {
  if (!isObject(before) || !isObject(after)) return ['The whole input is another one.'];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return names.length === 0 ? ['The input is the same.'] : names.map((name) => `The input differs in ${name}.`);
}

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function basisOf({ status, attempt }: MoveRow): string {
  return `${status} after attempt ${attempt}`;
}

function notPossible(detail: string, code: string): ApiError {
  return new ApiError('conflict', detail, { code });
}
