import { randomUUID } from 'node:crypto';
import { derivedId } from '../contract/derived-id.ts';
import { MOMENT, pageOf, positionOf, UUID, type Page } from '../contract/page.ts';
import { ApiError } from '../errors/failures.ts';
import type { Database, Effect, Queries, Row } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { checkSelection, chooseEvents, SELECTION_LIMITS, type Selection } from './replay-selection.ts';

/** Events delivered again to one group because an operator asked for it: planned first, confirmed, then carried out by a process that hosts the group. */
export interface Replay {
  id: string;
  group: string;
  /** `asked` until what it would do is known; then it waits as `planned` for somebody to confirm it. */
  status: 'asked' | 'planned' | 'running' | 'done' | 'stopped';
  selection: unknown;
  /** Events that were handled before are handled once more. */
  again: boolean;
  reason: string;
  askedBy: string;
  askedAt: string;
  confirmedBy?: string;
  confirmedAt?: string;
  stoppedBy?: string;
  endedAt?: string;
  total: number;
  /** How many events would be handled, passed over and so on; once it was planned. */
  plan: Partial<Record<Plan, number>>;
  /** How many events have come how far. */
  progress: Partial<Record<Progress, number>>;
}

/** `wait`: stands behind an event of its subject that is in trouble. `gone`: in the log no longer. */
export type Plan = 'handle' | 'handle-again' | 'pass-over' | 'wait' | 'gone';
export type Progress = 'open' | 'handled' | 'passed-over' | 'set-aside' | 'gone';

export interface ReplayedEvent {
  replay: string;
  eventId: string;
  type?: string;
  subject?: string;
  at?: string;
  plan?: Plan;
  /** What its handler would do, for the first events of the plan. */
  effects?: Effect[];
  /** How its handler would fail. */
  failure?: { kind: string; code?: string; detail: string };
  status: Progress;
  doneAt?: string;
}

export interface ReplayRequest {
  group: string;
  selection: Selection;
  again?: boolean;
  reason: string;
  by: string;
  /** Only events of these; all when empty. */
  facilities: readonly string[];
  /** Who asks twice under the same key asks once. */
  key?: string | undefined;
}

const NAMESPACE = '7b0c7a3e-5f0d-4a57-9a7e-2d8f4be1c6a5';

export interface ReplayDeps {
  database: Database;
  signals: Signals;
}

export function channelOfReplays(group: string): string {
  return `replays:${group}`;
}

/** Writes the request down with its events; a process that hosts the group plans it. */
export async function askReplay({ database, signals }: ReplayDeps, { group, selection, again = false, reason, by, facilities, key }: ReplayRequest, limits = SELECTION_LIMITS): Promise<Replay> {
  if (reason.trim() === '') throw new ApiError('refused', 'A replay needs a reason.', { code: 'no-reason', errors: [{ pointer: '/reason', detail: 'is empty' }] });
  const id = key === undefined ? randomUUID() : derivedId(NAMESPACE, by, key);
  await database.transaction(async (tx) => {
    const [known] = await tx.query<{ name: string; types: string[]; now: Date }>('select name, types, now() as now from chassis.consumer_groups where name = $1', [group]);
    if (!known) throw new ApiError('refused', 'There is no such consumer group.', { code: 'unknown-group', errors: [{ pointer: '/group', detail: 'names no consumer group' }] });
    checkSelection(selection, known, known.now, limits);
    const [asked] = await tx.query(
      `insert into chassis.replays (id, consumer, selection, again, reason, status, asked_by, facilities) values ($1, $2, $3, $4, $5, 'asked', $6, $7) on conflict (id) do nothing returning id`, [id, group, JSON.stringify(selection), again, reason, by, facilities]);
    if (!asked) return;
    await chooseEvents(tx, id, known, selection, facilities, limits);
    tx.afterCommit(() => signals.raise(channelOfReplays(group)));
  });
  return getReplay(database, id, facilities);
}

/** Lets a planned replay begin. */
export function confirmReplay(deps: ReplayDeps, id: string, by: string, facilities: readonly string[]): Promise<Replay> {
  return change(deps, id, (on) => getReplay(on, id, facilities), `update chassis.replays set status = 'running', confirmed_by = $2, confirmed_at = now() where id = $1 and status = 'planned' returning consumer`, by);
}

/** Ends a replay after the batch under way, which whoever it concerns may do. What was delivered stays delivered. */
export function stopReplay(deps: ReplayDeps, id: string, by: string, facilities: readonly string[]): Promise<Replay> {
  return change(deps, id, (on) => readReplay(on, id, facilities, reachesInto), `update chassis.replays set status = 'stopped', stopped_by = $2, ended_at = now() where id = $1 and status in ('asked', 'planned', 'running') returning consumer`, by);
}

async function change({ database, signals }: ReplayDeps, id: string, read: (on: Queries) => Promise<Replay>, statement: string, by: string): Promise<Replay> {
  await read(database);
  const [changed] = await database.query<{ consumer: string }>(statement, [id, by]);
  const replay = await read(database);
  if (!changed) throw new ApiError('conflict', `The replay is ${replay.status}.`, { code: `replay-${replay.status}` });
  signals.raise(channelOfReplays(changed.consumer));
  return replay;
}

interface ReplayRow extends Row {
  id: string;
  consumer: string;
  status: Replay['status'];
  selection: unknown;
  again: boolean;
  reason: string;
  asked_by: string;
  asked_at: Date;
  confirmed_by: string | null;
  confirmed_at: Date | null;
  stopped_by: string | null;
  ended_at: Date | null;
  counts: { plan: Plan | null; status: Progress; count: number }[] | null;
}

/** SQL that is true of replays that reach no further than the facilities in `$place`; of all when these are none. */
export function reachesWithin(place: string): string {
  return `(cardinality(${place}::text[]) = 0 or (cardinality(facilities) > 0 and facilities <@ ${place}::text[]))`;
}

/** Of those that reach one of the facilities, whatever else they reach. */
function reachesInto(place: string): string {
  return `(cardinality(${place}::text[]) = 0 or cardinality(facilities) = 0 or facilities && ${place}::text[])`;
}

const REPLAY = `select id, consumer, facilities, status, selection, again, reason, asked_by, asked_at, confirmed_by, confirmed_at, stopped_by, ended_at,
  (select json_agg(c) from (select plan, status, count(*) from chassis.replay_events where replay_id = r.id group by plan, status) as c) as counts from chassis.replays r`;

/** One that reaches no further than the facilities of whoever asks; theirs are all when empty. */
export function getReplay(on: Queries, id: string, facilities: readonly string[]): Promise<Replay> {
  return readReplay(on, id, facilities, reachesWithin);
}

async function readReplay(on: Queries, id: string, facilities: readonly string[], reaches: (place: string) => string): Promise<Replay> {
  const [row] = UUID.test(id) ? await on.query<ReplayRow>(`${REPLAY} where id = $1 and ${reaches('$2')}`, [id, facilities]) : [];
  if (!row) throw new ApiError('not-found', 'There is no such replay.');
  return toReplay(row);
}

/** The latest first. */
export async function listReplays(on: Queries, { group, cursor, limit = 50 }: { group?: string; cursor?: string; limit?: number }, facilities: readonly string[]): Promise<Page<Replay>> {
  const position = positionOf(cursor, [MOMENT, UUID]);
  const rows = await on.query<ReplayRow & { position: string }>(
    `select q.*, q.asked_at::text as position from (${REPLAY}) as q where ($1::text is null or consumer = $1) and ($2::timestamptz is null or (asked_at, id) < ($2, $3::uuid)) and ${reachesWithin('$5')} order by asked_at desc, id desc limit $4`,
    [group ?? null, position?.[0] ?? null, position?.[1] ?? null, limit + 1, facilities]);
  return pageOf(rows, limit, (row) => [row.position, row.id], toReplay);
}

interface ReplayEventRow extends Row {
  replay_id: string;
  event_id: string;
  type: string | null;
  subject: string | null;
  at: Date | null;
  plan: Plan | null;
  effects: Effect[] | null;
  failure: ReplayedEvent['failure'] | null;
  status: Progress;
  done_at: Date | null;
}

const EVENT = 'select replay_id, event_id, type, subject, at, plan, effects, failure, status, done_at';
/** Those that were not found have no place in the log and come first. */
const PLACE = `coalesce(xid, '0'), coalesce(seq, 0), event_id`;

/** The events of one replay, in the order in which they are delivered. */
export async function replayedEvents(on: Queries, id: string, { status, plan, cursor, limit = 50 }: { status?: Progress; plan?: Plan; cursor?: string; limit?: number } = {}): Promise<Page<ReplayedEvent>> {
  const position = positionOf(cursor, [/^\d{1,19}$/, /^\d{1,18}$/, UUID]);
  const rows = await on.query<ReplayEventRow & { place: [string, string] }>(
    `${EVENT}, array[coalesce(xid, '0')::text, coalesce(seq, 0)::text] as place from chassis.replay_events
     where replay_id = $1 and ($2::text is null or status = $2) and ($3::text is null or plan = $3) and ($4::text is null or (${PLACE}) > ($4::xid8, $5::bigint, $6::uuid)) order by ${PLACE} limit $7`,
    [id, status ?? null, plan ?? null, position?.[0] ?? null, position?.[1] ?? null, position?.[2] ?? null, limit + 1]);
  return pageOf(rows, limit, (row) => [...row.place, row.event_id], toReplayedEvent);
}

/** By which replays one event was delivered again, or is to be. */
export async function replaysOfEvent(on: Queries, eventId: string, facilities: readonly string[]): Promise<ReplayedEvent[]> {
  return (await on.query<ReplayEventRow>(
    `${EVENT} from chassis.replay_events where event_id = $1 and replay_id in (select id from chassis.replays where ${reachesWithin('$2')}) order by done_at nulls last`, [eventId, facilities])).map(toReplayedEvent);
}

function toReplay(row: ReplayRow): Replay {
  const counts = row.counts ?? [];
  const sums = <Name extends string>(nameOf: (each: { plan: Plan | null; status: Progress }) => Name | null) => counts.reduce<Partial<Record<Name, number>>>((sum, each) => {
    const name = nameOf(each);
    return name === null ? sum : { ...sum, [name]: (sum[name] ?? 0) + each.count };
  }, {});
  return {
    id: row.id, group: row.consumer, status: row.status, selection: row.selection, again: row.again, reason: row.reason, askedBy: row.asked_by, askedAt: row.asked_at.toISOString(),
    ...(row.confirmed_by ? { confirmedBy: row.confirmed_by } : {}), ...(row.confirmed_at ? { confirmedAt: row.confirmed_at.toISOString() } : {}),
    ...(row.stopped_by ? { stoppedBy: row.stopped_by } : {}), ...(row.ended_at ? { endedAt: row.ended_at.toISOString() } : {}),
    total: counts.reduce((sum, each) => sum + each.count, 0), plan: sums((each) => each.plan), progress: sums((each) => each.status),
  };
}

function toReplayedEvent(row: ReplayEventRow): ReplayedEvent {
  return {
    replay: row.replay_id, eventId: row.event_id, status: row.status,
    ...(row.type ? { type: row.type } : {}), ...(row.subject ? { subject: row.subject } : {}), ...(row.at ? { at: row.at.toISOString() } : {}),
    ...(row.plan ? { plan: row.plan } : {}), ...(row.effects ? { effects: row.effects } : {}), ...(row.failure ? { failure: row.failure } : {}),
    ...(row.done_at ? { doneAt: row.done_at.toISOString() } : {}),
  };
}
