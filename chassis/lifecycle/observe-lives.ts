import { MOMENT, pageOf, positionOf, UUID, type Page } from '../contract/page.ts';
import { ApiError } from '../errors/failures.ts';
import { seenFrom } from '../security/facilities.ts';
import type { Queries, Row } from '../storage/database.ts';
import { timelineOf, type TimelineEntry } from './timeline.ts';

/** A life as operators see it; the contracts' Life. */
export interface LifeView {
  id: string;
  process: string;
  version: number;
  status: 'active' | 'done';
  state: string;
  facility?: string;
  keys: { kind: string; value: string }[];
  correlationId: string;
  startedAt: string;
  changedAt: string;
}

export interface LifeDetail extends LifeView {
  limits: { id: string; dueAt: string; attempts: number }[];
  /** Events that came before their time and are kept. */
  kept: string[];
  timeline: TimelineEntry[];
}

export interface LifeQuery {
  process?: string;
  status?: LifeView['status'];
  /** The state or the beginning of its name, of any region. */
  state?: string;
  key?: { kind: string; value: string };
  cursor?: string;
  limit?: number;
}

interface LifeRow extends Row {
  id: string;
  process: string;
  version: number;
  status: LifeView['status'];
  state: string;
  facility: string | null;
  keys: LifeView['keys'] | null;
  correlation_id: string;
  created_at: Date;
  position: string;
  updated_at: Date;
  deferred: { type: string }[];
}

const COLUMNS = `l.id, l.process, l.version, l.status, l.state, l.facility, l.correlation_id, l.created_at, l.created_at::text as position, l.updated_at,
  (select json_agg(json_build_object('kind', k.kind, 'value', k.value) order by k.kind, k.value) from chassis.life_keys k where k.life_id = l.id) as keys`;

/** The youngest first. `facilities` are those that may be seen; all when empty. */
export async function listLives(on: Queries, { process, status, state, key, cursor, limit = 50 }: LifeQuery, facilities: readonly string[]): Promise<Page<LifeView>> {
  const position = positionOf(cursor, [MOMENT, UUID]);
  const rows = await on.query<LifeRow>(
    `select ${COLUMNS} from chassis.lives l
     where ($1::text is null or l.process = $1) and ($2::text is null or l.status = $2)
       and ($3::text is null or exists (select 1 from unnest(string_to_array(l.state, ' + ')) as region where starts_with(region, $3)))
       and ($4::text is null or l.id in (select life_id from chassis.life_keys where kind = $4 and value = $5))
       and ${seenFrom('$6', 'l.facility')} and ($7::timestamptz is null or (l.created_at, l.id) < ($7, $8::uuid))
     order by l.created_at desc, l.id desc limit $9`,
    [process ?? null, status ?? null, state ?? null, key?.kind ?? null, key?.value ?? null, facilities, position?.[0] ?? null, position?.[1] ?? null, limit + 1]);
  return pageOf(rows, limit, (row) => [row.position, row.id], toView);
}

export async function lifeById(on: Queries, id: string, facilities: readonly string[]): Promise<LifeDetail> {
  const [row] = await on.query<LifeRow>(
    `select ${COLUMNS}, l.deferred from chassis.lives l where l.id = $1 and ${seenFrom('$2', 'l.facility')}`, [id, facilities]);
  if (!row) throw new ApiError('not-found', 'There is no such life.');
  const limits = await on.query<{ id: string; due_at: Date; attempts: number }>('select id, due_at, attempts from chassis.timers where life_id = $1 order by due_at', [id]);
  return {
    ...toView(row), kept: row.deferred.map(({ type }) => type), timeline: await timelineOf(on, id),
    limits: limits.map((limit) => ({ id: limit.id, dueAt: limit.due_at.toISOString(), attempts: limit.attempts })),
  };
}

function toView(row: LifeRow): LifeView {
  return {
    id: row.id, process: row.process, version: row.version, status: row.status, state: row.state, keys: row.keys ?? [], correlationId: row.correlation_id,
    startedAt: row.created_at.toISOString(), changedAt: row.updated_at.toISOString(), ...(row.facility ? { facility: row.facility } : {}),
  };
}
