import { together, type Queries } from '../storage/database.ts';
import type { LifeEvent, StoredSnapshot } from './life.ts';

/** A life as it is to be stored after events were taken. */
export interface LifeRecord {
  id: string;
  process: string;
  version: number;
  /** The oldest version that can go on with it. */
  readableBy: number;
  status: 'active' | 'done';
  state: string;
  snapshot: StoredSnapshot;
  deferred: LifeEvent[];
  facility: string | undefined;
  /** Keys that may be new. */
  keys: readonly (readonly [kind: string, value: string])[];
  /** Revision before the first of `entries`. */
  revision: number;
  entries: readonly TimelineRow[];
  timers: { set: readonly TimerRow[]; cancelled: readonly string[] };
  correlationId: string;
}

export interface TimelineRow {
  event: LifeEvent;
  state: string;
  actor: string | undefined;
}

export interface TimerRow {
  id: string;
  event: LifeEvent;
  /** From the time that the database has. */
  inMs: number;
}

const TIMELINE = `insert into chassis.timeline (life_id, revision, event, state, actor, detail, correlation_id)
  select $1::uuid, $2::int + n, event, state, actor, detail, $7 from unnest($3::text[], $4::text[], $5::text[], $6::jsonb[]) with ordinality as t (event, state, actor, detail, n)`;
const UPDATE = `update chassis.lives set version = $8, status = $9, state = $10, snapshot = $11, deferred = $12, revision = $13, facility = $14, readable_by = $15, updated_at = now() where id = $1::uuid`;

/** Timeline, keys and timers of a life just inserted. */
export async function recordBirth(tx: Queries, life: LifeRecord): Promise<void> {
  await together(tx.query(TIMELINE, history(life)), ...recordOthers(tx, life));
}

/** The new state of a life with its timeline, keys and timers. */
export async function recordChange(tx: Queries, life: LifeRecord): Promise<void> {
  const state = [life.version, life.status, life.state, JSON.stringify(life.snapshot), JSON.stringify(life.deferred), life.revision + life.entries.length, life.facility ?? null, life.readableBy];
  await together(tx.query(`with told as (${TIMELINE}) ${UPDATE}`, [...history(life), ...state]), ...recordOthers(tx, life));
}

/** Most changes have none of them, and a part of a statement that finds nothing to do costs nearly as much as one that does. */
function recordOthers(tx: Queries, { id, process, keys, timers: { set, cancelled } }: LifeRecord): Promise<unknown>[] {
  return [
    ...(keys.length === 0 ? [] : [tx.query(
      `insert into chassis.life_keys (process, kind, value, life_id) select $2, kind, value, $1 from unnest($3::text[], $4::text[]) as k (kind, value) on conflict do nothing`,
      [id, process, keys.map(([kind]) => kind), keys.map(([, value]) => value)])]),
    ...(set.length === 0 ? [] : [tx.query(
      `insert into chassis.timers (life_id, id, process, event, due_at) select $1, id, $2, event, now() + in_ms * interval '1 millisecond' from unnest($3::text[], $4::jsonb[], $5::float8[]) as t (id, event, in_ms)
       on conflict (life_id, id) do update set event = excluded.event, due_at = excluded.due_at, attempts = 0`,
      [id, process, set.map((timer) => timer.id), set.map((timer) => JSON.stringify(timer.event)), set.map((timer) => timer.inMs)])]),
    ...(cancelled.length === 0 ? [] : [tx.query('delete from chassis.timers where life_id = $1 and id = any($2::text[])', [id, cancelled])]),
  ];
}

/** Timers that were set by an older version, under the names that this one knows them by. */
export async function renameTimers(tx: Queries, lifeId: string, renamed: readonly (readonly [from: string, to: string])[]): Promise<void> {
  await tx.query(
    `update chassis.timers t set id = n.now, event = t.event || jsonb_build_object('type', n.now) from unnest($2::text[], $3::text[]) as n (before, now) where t.life_id = $1 and t.id = n.before`,
    [lifeId, renamed.map(([before]) => before), renamed.map(([, now]) => now)]);
}

function history({ id, revision, entries, correlationId }: LifeRecord): unknown[] {
  return [id, revision, entries.map(({ event }) => event.type), entries.map(({ state }) => state), entries.map(({ actor }) => actor ?? null), entries.map(({ event }) => JSON.stringify(plainFacts(event))), correlationId];
}

/** The facts of an event that a timeline may show: plain values and short; never whole documents. */
function plainFacts(event: LifeEvent): Record<string, string | number | boolean> {
  return Object.fromEntries(Object.entries(event).filter((entry): entry is [string, string | number | boolean] =>
    entry[0] !== 'type' && ['string', 'number', 'boolean'].includes(typeof entry[1])).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, 240) : value]));
}
