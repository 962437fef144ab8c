import type { Queries } from '../storage/database.ts';
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
const KEYS = `insert into chassis.life_keys (process, kind, value, life_id) select $8::text, kind, value, $1::uuid from unnest($9::text[], $10::text[]) as k (kind, value) on conflict do nothing`;
const TIMERS = `insert into chassis.timers (life_id, id, process, event, due_at) select $1::uuid, id, $8::text, event, now() + in_ms * interval '1 millisecond' from unnest($11::text[], $12::jsonb[], $13::float8[]) as t (id, event, in_ms)
  on conflict (life_id, id) do update set event = excluded.event, due_at = excluded.due_at, attempts = 0`;
const CANCELLED = `delete from chassis.timers where life_id = $1::uuid and id = any($14::text[])`;
const UPDATE = `update chassis.lives set version = $15, status = $16, state = $17, snapshot = $18, deferred = $19, revision = $20, facility = $21, readable_by = $22, updated_at = now() where id = $1::uuid`;

/** Timeline, keys and timers of a life just inserted. */
export async function recordBirth(tx: Queries, life: LifeRecord): Promise<void> {
  await tx.query(`with told as (${TIMELINE}), set as (${TIMERS}), cancelled as (${CANCELLED}) ${KEYS}`, history(life));
}

/** The new state of a life with its timeline, keys and timers, in one statement. */
export async function recordChange(tx: Queries, life: LifeRecord): Promise<void> {
  await tx.query(`with told as (${TIMELINE}), found as (${KEYS}), set as (${TIMERS}), cancelled as (${CANCELLED}) ${UPDATE}`, [
    ...history(life), life.version, life.status, life.state, JSON.stringify(life.snapshot), JSON.stringify(life.deferred), life.revision + life.entries.length, life.facility ?? null, life.readableBy,
  ]);
}

/** Timers that were set by an older version, under the names that this one knows them by. */
export async function renameTimers(tx: Queries, lifeId: string, renamed: readonly (readonly [from: string, to: string])[]): Promise<void> {
  await tx.query(
    `update chassis.timers t set id = n.now, event = t.event || jsonb_build_object('type', n.now) from unnest($2::text[], $3::text[]) as n (before, now) where t.life_id = $1 and t.id = n.before`,
    [lifeId, renamed.map(([before]) => before), renamed.map(([, now]) => now)]);
}

function history({ id, process, revision, entries, keys, timers, correlationId }: LifeRecord): unknown[] {
  return [
    id, revision, entries.map(({ event }) => event.type), entries.map(({ state }) => state), entries.map(({ actor }) => actor ?? null), entries.map(({ event }) => JSON.stringify(plainFacts(event))), correlationId,
    process, keys.map(([kind]) => kind), keys.map(([, value]) => value),
    timers.set.map((timer) => timer.id), timers.set.map((timer) => JSON.stringify(timer.event)), timers.set.map((timer) => timer.inMs), timers.cancelled,
  ];
}

/** The facts of an event that a timeline may show: plain values and short; never whole documents. */
function plainFacts(event: LifeEvent): Record<string, string | number | boolean> {
  return Object.fromEntries(Object.entries(event).filter((entry): entry is [string, string | number | boolean] =>
    entry[0] !== 'type' && ['string', 'number', 'boolean'].includes(typeof entry[1])).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, 240) : value]));
}
