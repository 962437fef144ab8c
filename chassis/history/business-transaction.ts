import { MOMENT, pageOf, positionOf, type Page } from '../contract/page.ts';
import { keyOf, LIFE } from '../events/business-keys.ts';
import { seenFrom } from '../security/facilities.ts';
import type { Principal } from '../security/principal.ts';
import type { Queries, Row } from '../storage/database.ts';
import { deliveriesOf, type Delivery } from './deliveries.ts';
import { ENTRIES } from './entries.ts';

export interface BusinessKey {
  kind: string;
  value: string;
}

/** By a business key, by the correlation id of the work, or by one life. */
export type TransactionQuery = { cursor?: string; limit?: number } & ({ key: BusinessKey } | { correlationId: string } | { lifeId: string });

/** What happened to an order, a case, a document: one timeline over all layers, with what belongs to it. */
export interface BusinessTransaction {
  /** The newest first; `more` says that there are others, of which nothing is told. */
  lives: TransactionLife[];
  more: boolean;
  /** Keys of the lives and of the events on this page, apart from the one that was asked for. */
  related: BusinessKey[];
  entries: Page<HistoryEntry>;
}

export interface TransactionLife {
  id: string;
  process: string;
  state: string;
  status: 'active' | 'done';
  facility?: string;
  correlationId: string;
  startedAt: string;
}

export type EntryKind = 'message' | 'transition' | 'event' | 'move' | 'trouble' | 'step' | 'call' | 'vendor-call' | 'work-item' | 'intervention' | 'watch' | 'exception';

/** Something that happened. Which facts there are depends on the kind; what was said to whom is never among them. */
export interface HistoryEntry {
  at: string;
  kind: EntryKind;
  layer: 'process' | 'events' | 'system' | 'vendor' | 'operations';
  /** Name of what happened: the event, the move, the step, the operation, the route. */
  what: string;
  outcome?: string;
  actor?: string;
  process?: string;
  lifeId?: string;
  moveId?: string;
  eventId?: string;
  correlationId?: string;
  facility?: string;
  keys?: BusinessKey[];
  detail?: Record<string, unknown>;
  /** Of an event: groups that have trouble with it, were given it again, or are spared it. */
  deliveries?: Delivery[];
}

/** Lives of which history is told at once. A key that more of them share is no one's history. */
const MOST_LIVES = 100;
/** Clocks of processes and database may differ by so much. */
const SLACK_MS = 3_600_000;

interface LifeRow extends Row {
  id: string;
  process: string;
  state: string;
  status: 'active' | 'done';
  facility: string | null;
  correlation_id: string;
  created_at: Date;
}

interface EntryRow extends Row {
  at: Date;
  moment: string;
  rank: number;
  kind: EntryKind;
  ref: string;
  layer: HistoryEntry['layer'];
  what: string;
  outcome: string | null;
  actor: string | null;
  life_id: string | null;
  move_id: string | null;
  event_id: string | null;
  correlation_id: string | null;
  facility: string | null;
  keys: string[] | null;
  detail: Record<string, unknown> | null;
}

/** A principal without facilities sees everything; one with some sees lives, and whatever else there is, of those only. */
export async function businessTransaction(on: Queries, query: TransactionQuery, principal: Principal): Promise<BusinessTransaction> {
  const { cursor, limit = 100 } = query;
  const position = positionOf(cursor, [MOMENT, /^\d{1,2}$/, /^[^\0]{1,600}$/]);
  const all = principal.facilities.length === 0;
  const found = await findLives(on, query, principal.facilities);
  const lives = found.slice(0, MOST_LIVES);
  const ids = lives.map((life) => life.id);
  const [moves, keys] = await Promise.all([
    on.query<{ id: string }>('select id from chassis.moves where life_id = any($1::uuid[])', [ids]),
    keysOf(on, ids),
  ]);
  const asked = 'key' in query ? keyOf(query.key.kind, query.key.value) : undefined;
  const own = [...ids.map((id) => keyOf(LIFE, id)), ...keys.filter((key) => !key.shared).map(({ kind, value }) => keyOf(kind, value))];
  // Calls that were made outside of a move name no life, so that only who may see all facilities is told of them.
  const correlations = all ? ('correlationId' in query ? [query.correlationId] : lives.map((life) => life.correlation_id)) : [];
  const begun = lives.length > 0 ? new Date(Math.min(...lives.map((life) => life.created_at.getTime())) - SLACK_MS) : new Date(0);
  const rows = await on.query<EntryRow>(ENTRIES, [
    ids, moves.map((move) => move.id), [...new Set(asked === undefined ? own : [asked, ...own])], [...new Set(correlations)], all, principal.facilities, begun,
    position?.[0] ?? null, position?.[1] ?? null, position?.[2] ?? null, limit + 1, own,
  ]);
  const deliveries = await deliveriesOf(on, rows.flatMap((row) => row.event_id ?? []), principal.facilities);
  const processes = new Map(lives.map((life) => [life.id, life.process]));
  return {
    lives: lives.map(presentLife), more: found.length > MOST_LIVES,
    related: related([...keys.map(({ kind, value }) => keyOf(kind, value)), ...rows.flatMap((row) => row.keys ?? [])], asked),
    entries: pageOf(rows, limit, (row) => [row.moment, String(row.rank), row.ref], (row) => presentEntry(row, processes, deliveries)),
  };
}

async function findLives(on: Queries, query: TransactionQuery, facilities: readonly string[]): Promise<LifeRow[]> {
  const [condition, values] = 'key' in query ? ['l.id in (select life_id from chassis.life_keys where kind = $2 and value = $3)', [query.key.kind, query.key.value]]
    : 'lifeId' in query ? ['l.id = $2', [query.lifeId]] : ['l.correlation_id = $2', [query.correlationId]];
  return on.query<LifeRow>(
    `select l.id, l.process, l.state, l.status, l.facility, l.correlation_id, l.created_at from chassis.lives l
     where ${condition} and ${seenFrom('$1', 'l.facility')} order by l.created_at desc, l.id limit ${MOST_LIVES + 1}`, [facilities, ...values]);
}

/** A key that other lives have as well says nothing of these: what is told of it is not told here. */
async function keysOf(on: Queries, lives: readonly string[]): Promise<(BusinessKey & { shared: boolean })[]> {
  return on.query<BusinessKey & { shared: boolean } & Row>(
    `select k.kind, k.value, coalesce((select true from chassis.life_keys o where o.kind = k.kind and o.value = k.value and o.life_id <> all($1::uuid[]) limit 1), false) as shared
     from (select distinct kind, value from chassis.life_keys where life_id = any($1::uuid[])) as k order by k.kind, k.value`, [lives]);
}

function related(keys: readonly string[], asked: string | undefined): BusinessKey[] {
  return [...new Set(keys)].filter((key) => key !== asked).toSorted().map(keyIn);
}

function keyIn(key: string): BusinessKey {
  const colon = key.indexOf(':');
  return { kind: key.slice(0, colon), value: key.slice(colon + 1) };
}

function presentLife({ id, process, state, status, facility, correlation_id: correlationId, created_at: startedAt }: LifeRow): TransactionLife {
  return { id, process, state, status, correlationId, startedAt: startedAt.toISOString(), ...(facility === null ? {} : { facility }) };
}

function presentEntry(row: EntryRow, processes: ReadonlyMap<string, string>, deliveries: ReadonlyMap<string, Delivery[]>): HistoryEntry {
  const detail = Object.fromEntries(Object.entries(row.detail ?? {}).filter(([, value]) => value !== null));
  const process = row.life_id === null ? undefined : processes.get(row.life_id);
  const delivered = row.event_id === null ? undefined : deliveries.get(row.event_id);
  return {
    at: row.at.toISOString(), kind: row.kind, layer: row.layer, what: row.what,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.actor === null ? {} : { actor: row.actor }),
    ...(process === undefined ? {} : { process }),
    ...(row.life_id === null ? {} : { lifeId: row.life_id }),
    ...(row.move_id === null ? {} : { moveId: row.move_id }),
    ...(row.event_id === null ? {} : { eventId: row.event_id }),
    ...(row.correlation_id === null ? {} : { correlationId: row.correlation_id }),
    ...(row.facility === null ? {} : { facility: row.facility }),
    ...(row.keys === null ? {} : { keys: row.keys.map(keyIn) }),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
    ...(delivered === undefined ? {} : { deliveries: delivered }),
  };
}
