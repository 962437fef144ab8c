import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors/failures.ts';
import { MOMENT, pageOf, positionOf, UUID, type Page } from '../contract/page.ts';
import type { Principal } from '../security/principal.ts';
import type { Database, Queries, Row, Transaction } from '../storage/database.ts';
import type { Moves } from '../moves/engine.ts';
import type { Clock } from '../time/clock.ts';
import { MOVE_FAILED, type WorkItemSpec } from './life.ts';
import type { Lives } from './lives.ts';
import { presentLife, type VersionedLife } from './versions.ts';

export interface ActiveWorkItem {
  node: string;
  kind: string;
  spec: WorkItemSpec;
}

const identityOf = (item: ActiveWorkItem) => `${item.node}\n${item.spec.discriminator ?? ''}`;

/**
 * Opens the work items of states just entered and withdraws those of states just left. A state that was kept keeps its
 * item, brought up to date; when that was decided without leaving the state, the next one is opened.
 */
export async function syncWorkItems(tx: Queries, life: { id: string; process: string }, before: ActiveWorkItem[], after: ActiveWorkItem[], facility: string | undefined, now: Date): Promise<void> {
  const had = new Set(before.map(identityOf));
  const has = new Set(after.map(identityOf));
  for (const item of before.filter((each) => !has.has(identityOf(each)))) {
    await tx.query(
      `update chassis.work_items set status = 'withdrawn', resolved_at = $4 where life_id = $1 and node = $2 and discriminator = $3 and status = 'open'`,
      [life.id, item.node, item.spec.discriminator ?? '', now]);
  }
  for (const item of after) {
    if (had.has(identityOf(item)) && (await update(tx, life.id, item))) continue;
    await open(tx, life, item, facility, now);
  }
}

async function open(tx: Queries, life: { id: string; process: string }, { node, kind, spec }: ActiveWorkItem, facility: string | undefined, now: Date): Promise<void> {
  await tx.query(
    `insert into chassis.work_items (id, process, life_id, node, discriminator, kind, owner, facility, title, facts, resolutions, status, due_at, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open', $12, $13)`,
    [randomUUID(), life.process, life.id, node, spec.discriminator ?? '', kind, spec.owner, facility ?? null, spec.title.slice(0, 240), JSON.stringify(spec.facts), [...spec.resolutions], spec.dueAt ?? null, now]);
}

/** What the item says may have changed with the life; when it is due was settled when it was opened. False when none is open. */
async function update(tx: Queries, lifeId: string, { node, spec }: ActiveWorkItem): Promise<boolean> {
  const updated = await tx.query(
    `update chassis.work_items set owner = $4, title = $5, facts = $6, resolutions = $7 where life_id = $1 and node = $2 and discriminator = $3 and status = 'open' returning id`,
    [lifeId, node, spec.discriminator ?? '', spec.owner, spec.title.slice(0, 240), JSON.stringify(spec.facts), [...spec.resolutions]]);
  return updated.length > 0;
}

// By name: a prepared `*` would break in a running process when a later version adds a column.
const COLUMNS = 'id, process, life_id, kind, owner, facility, title, facts, resolutions, status, opened_at, due_at, resolution, resolved_by, resolved_at, note';

interface WorkItemRow extends Row {
  id: string;
  process: string;
  life_id: string;
  kind: string;
  owner: string;
  facility: string | null;
  title: string;
  facts: Record<string, string | number | boolean>;
  resolutions: string[];
  status: 'open' | 'resolved' | 'withdrawn';
  opened_at: Date;
  due_at: Date | null;
  resolution: string | null;
  resolved_by: string | null;
  resolved_at: Date | null;
  note: string | null;
}

/** As the contracts' WorkItem. */
export interface WorkItem {
  id: string;
  process: string;
  subjectId: string;
  kind: string;
  owner: string;
  status: 'open' | 'resolved' | 'withdrawn';
  title: string;
  facts: Record<string, string | number | boolean>;
  resolutions: string[];
  openedAt: string;
  dueAt?: string;
  resolution?: string;
  resolvedBy?: string;
  resolvedAt?: string;
  note?: string;
}

export interface WorkItemQuery {
  status?: 'open' | 'resolved' | 'withdrawn';
  kind?: string;
  owner?: string;
  mine?: boolean;
  cursor?: string;
  limit?: number;
}

export interface Resolution {
  resolution: string;
  note?: string;
  values?: Record<string, string | number | boolean>;
}

/** Who acts when somebody decides: themselves, or in the place of the owner or of the person who owns. */
export interface Authority {
  inPlaceOf?: string;
}

/** An owner that somebody may act for, and the person who lets them. */
export interface Stead {
  owner: string;
  person: string;
}

export interface WorkItemRules {
  /** Owners that the person is by right, beside `user:<name>` and `role:<role>`. */
  owners?: (principal: Principal) => string[];
  /** Further owners that the person may act for, such as those who delegated to them. */
  actsFor?: (principal: Principal) => Promise<readonly (string | Stead)[]>;
  /** Throws `forbidden` when the person may not decide this item although it is theirs, such as their own request. */
  check?: (item: WorkItem, context: unknown, principal: Principal, authority: Authority) => void;
}

export interface WorkItems {
  list(query: WorkItemQuery, principal: Principal): Promise<Page<WorkItem>>;
  get(id: string, principal: Principal): Promise<WorkItem>;
  resolve(id: string, resolution: Resolution, principal: Principal): Promise<WorkItem>;
}

export function workItemsOf(process: string, deps: { database: Database; lives: Lives; moves: Moves; clock: Clock }, rules: WorkItemRules = {}): WorkItems {
  const { database, lives, moves, clock } = deps;

  async function ownersOf(principal: Principal): Promise<{ own: string[]; steads: Stead[] }> {
    const own = [`user:${principal.subject}`, ...principal.roles.map((role) => `role:${role}`), ...(rules.owners?.(principal) ?? [])];
    const actsFor = rules.actsFor ? await rules.actsFor(principal) : [];
    return { own, steads: actsFor.map((each) => typeof each === 'string' ? { owner: each, person: each.replace('user:', '') } : each) };
  }

  /** In what capacity the person may decide: their own right, or in the place of one of several who let them. */
  async function authorities(row: WorkItemRow, principal: Principal): Promise<Authority[]> {
    const { own, steads } = await ownersOf(principal);
    const inFacility = row.facility === null || principal.facilities.length === 0 || principal.facilities.includes(row.facility);
    if (inFacility && own.includes(row.owner)) return [{}];
    const lent = steads.filter((each) => each.owner === row.owner).map(({ person }) => ({ inPlaceOf: person }));
    if (inFacility && lent.length > 0) return lent;
    throw new ApiError('forbidden', 'This work item belongs to somebody else.', { code: 'not-owner' });
  }

  /** The first capacity that the rules let pass; what they say to the last one when there is none. */
  async function authority(row: WorkItemRow, context: unknown, principal: Principal): Promise<Authority> {
    let refusal: unknown;
    for (const each of await authorities(row, principal)) {
      try {
        rules.check?.(toWorkItem(row), context, principal, each);
        return each;
      } catch (error) {
        refusal = error;
      }
    }
    throw refusal;
  }

  async function read(on: Queries, id: string): Promise<WorkItemRow> {
    const [row] = await on.query<WorkItemRow>(`select ${COLUMNS} from chassis.work_items where id = $1 and process = $2`, [id, process]);
    if (!row) throw new ApiError('not-found', 'There is no such work item.');
    return row;
  }

  async function decide(tx: Transaction, row: WorkItemRow, { resolution, note, values }: Resolution, principal: Principal): Promise<void> {
    if (!row.resolutions.includes(resolution)) {
      throw new ApiError('refused', `The ways out are: ${row.resolutions.join(', ')}.`, { code: 'unknown-resolution', errors: [{ pointer: '/resolution', detail: 'is not offered by this work item' }] });
    }
    const [life] = await tx.query<Row & VersionedLife>('select process, version, readable_by, snapshot, deferred from chassis.lives where id = $1', [row.life_id]);
    const { inPlaceOf } = await authority(row, presentLife(lives.definition(process), life!).snapshot.context, principal);
    await tx.query(
      `update chassis.work_items set status = 'resolved', resolution = $2, resolved_by = $3, resolved_at = $5, note = $4 where id = $1`,
      [row.id, resolution, principal.subject, note ?? null, clock.now()]);
    if (row.kind === MOVE_FAILED) return settleFailedMove(tx, String(row.facts['moveId']), resolution);
    const taken = await lives.apply(tx, row.life_id, {
      type: resolution, by: principal.subject, at: clock.now().toISOString(),
      ...(inPlaceOf ? { inPlaceOf } : {}), ...(note ? { note } : {}), ...(values ? { values } : {}),
    }, principal.subject);
    if (!taken.accepted) throw new ApiError('refused', 'The decision cannot be taken with these values, or no longer.', { code: 'decision-not-possible' });
  }

  /** The life itself does not hear of it; `dismiss` leaves the move as it is. */
  async function settleFailedMove(tx: Transaction, moveId: string, resolution: string): Promise<void> {
    if (resolution === 'retry') await moves.retry(tx, moveId);
    if (resolution === 'retry-undo') await moves.retryUndo(tx, moveId);
  }

  return {
    async list({ status = 'open', kind, owner, mine, cursor, limit = 50 }, principal) {
      const { own, steads } = await ownersOf(principal);
      const position = positionOf(cursor, [MOMENT, UUID]);
      const rows = await database.query<WorkItemRow>(
        `select ${COLUMNS} from chassis.work_items
         where process = $1 and status = $2 and ($3::text is null or kind = $3) and ($4::text is null or owner = $4)
           and (not $5 or owner = any($6)) and ($7 or facility is null or facility = any($8))
           and ($9::timestamptz is null or (opened_at, id) > ($9, $10::uuid))
         order by opened_at, id limit $11`,
        [process, status, kind ?? null, owner ?? null, mine ?? false, [...own, ...steads.map((each) => each.owner)], principal.facilities.length === 0, principal.facilities, position?.[0] ?? null, position?.[1] ?? null, limit + 1]);
      return pageOf(rows, limit, (row) => [row.opened_at.toISOString(), row.id], toWorkItem);
    },
    async get(id, principal) {
      const row = await read(database, id);
      if (row.facility !== null && principal.facilities.length > 0 && !principal.facilities.includes(row.facility)) throw new ApiError('not-found', 'There is no such work item.');
      return toWorkItem(row);
    },
    async resolve(id, resolution, principal) {
      return database.transaction(async (tx) => {
        // The life first, then the item: the order in which transitions take their locks, so that nobody waits in a circle.
        await tx.query('select 1 from chassis.lives where id = $1 for update', [(await read(tx, id)).life_id]);
        const row = await read(tx, id);
        if (row.status === 'resolved' && row.resolution === resolution.resolution && row.resolved_by === principal.subject) return toWorkItem(row);
        if (row.status !== 'open') throw new ApiError('conflict', `The work item is ${row.status} already.`, { code: 'already-decided' });
        await decide(tx, row, resolution, principal);
        return toWorkItem(await read(tx, id));
      });
    },
  };
}

function toWorkItem(row: WorkItemRow): WorkItem {
  return {
    id: row.id, process: row.process, subjectId: row.life_id, kind: row.kind, owner: row.owner, status: row.status, title: row.title, facts: row.facts,
    resolutions: row.resolutions, openedAt: row.opened_at.toISOString(),
    ...(row.due_at ? { dueAt: row.due_at.toISOString() } : {}),
    ...(row.resolution ? { resolution: row.resolution } : {}),
    ...(row.resolved_by ? { resolvedBy: row.resolved_by } : {}),
    ...(row.resolved_at ? { resolvedAt: row.resolved_at.toISOString() } : {}),
    ...(row.note ? { note: row.note } : {}),
  };
}
