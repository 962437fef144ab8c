import { pageOf, positionOf, type Page } from '../contract/page.ts';
import { ApiError } from '../errors/failures.ts';
import { seenFrom } from '../security/facilities.ts';
import type { Queries, Row } from '../storage/database.ts';
import type { Json } from './move.ts';
import type { MoveFailure, Trouble } from './run-move.ts';

/** A move as operators see it; the contracts' Move. */
export interface MoveView {
  id: string;
  process: string;
  lifeId?: string;
  name: string;
  lane?: string;
  status: 'queued' | 'waiting' | 'undoing' | 'done' | 'failed';
  isRunning: boolean;
  attempt: number;
  waitsFor?: string;
  nextRunAt?: string;
  failure?: MoveFailure;
  forkedFrom?: string;
  correlationId: string;
  askedAt: string;
  finishedAt?: string;
}

export interface MoveDetail extends MoveView {
  input: Json;
  steps: { name: string; at: string; ms: number; attempt: number; isUndone: boolean }[];
  troubles: Trouble[];
}

export interface MoveQuery {
  process?: string;
  status?: MoveView['status'];
  lifeId?: string;
  waitsFor?: string;
  cursor?: string;
  limit?: number;
}

interface MoveRow extends Row {
  id: string;
  process: string;
  life_id: string | null;
  name: string;
  lane: string | null;
  status: MoveView['status'];
  owner: string | null;
  attempt: number;
  waits_for: string | null;
  run_at: Date;
  failure: MoveFailure | null;
  forked_from: string | null;
  correlation_id: string;
  created_at: Date;
  seq: number;
  finished_at: Date | null;
  input: Json;
  troubles: Trouble[];
}

// Whether the life has heard of the failure is a note of the engine's own.
const COLUMNS = `m.id, m.process, m.life_id, m.name, m.lane, m.status, m.owner, m.attempt, m.waits_for, m.run_at, m.failure - 'isTold' as failure, m.forked_from, m.correlation_id, m.created_at, m.seq, m.finished_at`;

/** The youngest first. `facilities` are those whose lives may be seen; all when empty. */
export async function listMoves(on: Queries, { process, status, lifeId, waitsFor, cursor, limit = 50 }: MoveQuery, facilities: readonly string[]): Promise<Page<MoveView>> {
  const position = positionOf(cursor, [/^\d{1,16}$/]);
  const rows = await on.query<MoveRow>(
    `select ${COLUMNS} from chassis.moves m left join chassis.lives l on l.id = m.life_id
     where ($1::text is null or m.process = $1) and ($2::text is null or m.status = $2) and ($3::uuid is null or m.life_id = $3) and ($4::text is null or m.waits_for = $4)
       and ${seenFrom('$5', 'l.facility')} and ($6::bigint is null or m.seq < $6)
     order by m.seq desc limit $7`,
    [process ?? null, status ?? null, lifeId ?? null, waitsFor ?? null, facilities, position?.[0] ?? null, limit + 1]);
  return pageOf(rows, limit, (row) => [String(row.seq)], toView);
}

export async function moveById(on: Queries, id: string, facilities: readonly string[]): Promise<MoveDetail> {
  const [row] = await on.query<MoveRow>(
    `select ${COLUMNS}, m.input, m.troubles from chassis.moves m left join chassis.lives l on l.id = m.life_id
     where m.id = $1 and ${seenFrom('$2', 'l.facility')}`, [id, facilities]);
  if (!row) throw new ApiError('not-found', 'There is no such move.');
  const steps = await on.query<{ name: string; at: Date; ms: number; attempt: number; undone: boolean }>('select name, at, ms, attempt, undone from chassis.move_steps where move_id = $1 order by at', [id]);
  return {
    ...toView(row), input: row.input, troubles: row.troubles,
    steps: steps.map(({ name, at, ms, attempt, undone }) => ({ name, at: at.toISOString(), ms, attempt, isUndone: undone })),
  };
}

function toView(row: MoveRow): MoveView {
  const isOpen = row.status !== 'done' && row.status !== 'failed';
  return {
    id: row.id, process: row.process, name: row.name, status: row.status, isRunning: row.owner !== null, attempt: row.attempt, correlationId: row.correlation_id, askedAt: row.created_at.toISOString(),
    ...(row.life_id ? { lifeId: row.life_id } : {}), ...(row.lane ? { lane: row.lane } : {}), ...(row.waits_for ? { waitsFor: row.waits_for } : {}),
    ...(isOpen && row.owner === null ? { nextRunAt: row.run_at.toISOString() } : {}), ...(row.failure ? { failure: row.failure } : {}),
    ...(row.forked_from ? { forkedFrom: row.forked_from } : {}), ...(row.finished_at ? { finishedAt: row.finished_at.toISOString() } : {}),
  };
}
