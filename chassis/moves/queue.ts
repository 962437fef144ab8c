import { currentContext, contextFrom } from '../telemetry/context.ts';
import { isUniqueViolation, together, type Queries, type Row } from '../storage/database.ts';
import { isHeldBy } from './fenced.ts';
import type { Json } from './move.ts';
import type { MoveRow } from './run-move.ts';

/** The queue is the table of moves itself: asked for, taken and ended in the transactions that say so. */

// Any fixed number beside those of our other advisory locks.
const LANE_CLASS = 727_302;

/** A move is open until it is done or has failed; nobody's until a process takes it. */
const OPEN = `status in ('queued', 'waiting', 'undoing')`;

const IS_FIRST_OF_LANE = `not exists (select 1 from chassis.moves ahead where ahead.lane = m.lane and ahead.seq < m.seq and ahead.${OPEN})`;

/** One that failed and is run again may be the first although a later one is at work. */
const IS_LANE_FREE = `not exists (select 1 from chassis.moves busy where busy.lane = m.lane and busy.owner is not null and busy.${OPEN})`;

export interface NewMove {
  id: string;
  process: string;
  lifeId: string;
  name: string;
  input: Json;
  /** Moves of one lane run one after another, in the order in which they were asked for, also while one of them is tried again. */
  lane?: string | undefined;
  /** The oldest version of the process that can run it. */
  readableBy?: number | undefined;
}

/** A process as it is hosted here. */
export interface HostedProcess {
  process: string;
  version: number;
  /** What goes first: the lower. */
  priority: number;
}

export interface TakenMove extends MoveRow {
  correlation_id: string;
  traceparent: string;
}

export function channelOf(process: string): string {
  return `moves:${process}`;
}

/** Numbers are given before commits. Held until this one, the lock makes both orders of a lane the same. */
export async function lockLane(tx: Queries, lane: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [LANE_CLASS, lane]);
}

export async function putMove(tx: Queries, { id, process, lifeId, name, input, lane, readableBy = 1 }: NewMove): Promise<void> {
  const context = currentContext() ?? contextFrom(undefined, undefined);
  const inLine = lane === undefined ? [] : [lockLane(tx, lane)];
  await together(...inLine, tx.query(
    `insert into chassis.moves (id, process, life_id, name, input, lane, readable_by, status, correlation_id, traceparent) values ($1, $2, $3, $4, $5, $6, $9, 'queued', $7, $8)`,
    [id, process, lifeId, name, JSON.stringify(input ?? null), lane ?? null, context.correlationId, context.traceparent, readableBy]));
}

/**
 * Takes up to `limit` moves that are due, of the processes in the order given; what only a newer version can run is left
 * to it.
 *
 * @returns undefined when somebody else was in the way and it is worth looking again at once
 */
export async function takeMoves(on: Queries, owner: string, processes: readonly HostedProcess[], limit: number): Promise<TakenMove[] | undefined> {
  return on.query<TakenMove>(
    `with due as (
       select due.id from unnest($2::text[], $4::int[]) as p (process, version) cross join lateral (
         select id from chassis.moves m where process = p.process and readable_by <= p.version and owner is null and ${OPEN} and run_at <= now() and (lane is null or (${IS_FIRST_OF_LANE} and ${IS_LANE_FREE}))
         order by run_at limit $3 for update skip locked) as due
       limit $3)
     update chassis.moves m set owner = $1 from due where m.id = due.id
     returning m.id, m.process, m.lane, m.life_id, m.name, m.input, m.status, m.attempt, m.tries_from, m.owner, m.failure, m.correlation_id, m.traceparent,
       (select json_agg(json_build_object('name', s.name, 'result', s.result, 'undone', s.undone, 'generation', s.generation, 'ms', s.ms) order by s.at) from chassis.move_steps s where s.move_id = m.id) as steps`,
    [owner, processes.map(({ process }) => process), limit, processes.map(({ version }) => version)]).catch((error: unknown) => {
    // Another took one of the same lane at this moment: nothing is taken, and the next look sees that.
    if (isUniqueViolation(error)) return undefined;
    throw error;
  });
}

/**
 * Lets a move that nobody runs go on now, with a new set of tries; one that failed, in the direction given. Returns whose
 * it is, nothing when it cannot go on so.
 */
export async function runAgain(tx: Queries, id: string, direction: 'waiting' | 'undoing'): Promise<string | undefined> {
  const [row] = await tx.query<{ process: string } & Row>(
    `update chassis.moves set run_at = now(), finished_at = null, waits_for = null, attempt = attempt + 1, tries_from = attempt, status = case status when 'failed' then $2 else status end
     where id = $1 and owner is null and (status = 'failed' or ($2 = 'waiting' and ${OPEN})) returning process`, [id, direction]);
  if (row) await withdrawQuestion(tx, id);
  return row?.process;
}

/** Nobody need say any more what is to become of the failed move. Should it fail again, that is asked anew. */
export async function withdrawQuestion(tx: Queries, moveId: string): Promise<void> {
  await tx.query(
    `update chassis.work_items w set status = 'withdrawn', resolved_at = now() from chassis.moves m
     where m.id = $1 and w.life_id = m.life_id and w.node = 'move' and w.discriminator = m.id::text and w.status = 'open'`, [moveId]);
}

/** Processes with moves in the hands of others. */
export async function ownersOfMoves(on: Queries, except: string): Promise<string[]> {
  const rows = await on.query<{ owner: string } & Row>('select distinct owner from chassis.moves where owner is not null and owner <> $1', [except]);
  return rows.map((row) => row.owner);
}

export interface Freeing {
  exceptIds?: readonly string[];
  /** They are not due again at once but after a pause that grows with each time. */
  pauses?: boolean;
}

/** Raises the attempt with it: a process that only seemed dead can then write nothing any more. Returns whose moves they were. */
export async function freeMoves(on: Queries, owners: readonly string[], { exceptIds = [], pauses = false }: Freeing = {}): Promise<string[]> {
  const rows = await on.query<{ process: string } & Row>(
    `update chassis.moves set owner = null, attempt = attempt + 1, run_at = case when $3 then greatest(run_at, now() + least(attempt - tries_from, 60) * interval '1 second') else run_at end
     where owner = any($1) and id <> all($2::uuid[]) returning process`, [owners, exceptIds, pauses]);
  return rows.map((row) => row.process);
}

/** Gives a move back that only a newer version can bring to its end. It has not failed, so that this is no attempt at it. */
export async function leaveToNewer(on: Queries, { id, attempt, owner }: Pick<MoveRow, 'id' | 'attempt' | 'owner'>, version: number): Promise<void> {
  await on.query(`update chassis.moves set owner = null, readable_by = $4 where ${isHeldBy({ id: '$1', attempt: '$2', owner: '$3' })}`, [id, attempt, owner, version + 1]);
}
