import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { derivedId } from '../contract/derived-id.ts';
import { MOMENT, pageOf, positionOf, UUID, type Page } from '../contract/page.ts';
import { ApiError } from '../errors/failures.ts';
import { seenFrom } from '../security/facilities.ts';
import type { Database, Queries, Row } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import type { Json } from '../moves/move.ts';

/** What an operator may do to a move or a life. */
export type Wish =
  | { kind: 'retry-move'; moveId: string }
  | { kind: 'cancel-move'; moveId: string }
  | { kind: 'rewind-move'; moveId: string; step: string }
  | { kind: 'fork-move'; moveId: string; step: string; input: Json }
  | { kind: 'force-life'; lifeId: string; state: string; quietly: boolean };

export type Kind = Wish['kind'];

/** Two people have to agree: it leaves the ways that the chart foresees. */
export const NEEDS_SECOND_PERSON: ReadonlySet<Kind> = new Set<Kind>(['force-life', 'fork-move']);

export interface Plan {
  /** What it does, one sentence each. */
  does: string[];
  /** What to look at first. */
  beware: string[];
}

export type Status = 'asked' | 'planned' | 'confirmed' | 'done' | 'refused' | 'withdrawn';

/** As the contracts' Intervention. */
export interface Intervention {
  id: string;
  kind: Kind;
  process: string;
  lifeId?: string;
  moveId?: string;
  params: Record<string, Json>;
  reason: string;
  status: Status;
  needsSecondPerson: boolean;
  plan?: Plan;
  failure?: { kind: string; code?: string; detail: string };
  askedBy: string;
  askedAt: string;
  decidedBy?: string;
  settledAt?: string;
}

export interface InterventionRow extends Row {
  id: string;
  kind: Kind;
  process: string;
  life_id: string | null;
  move_id: string | null;
  params: Record<string, Json>;
  reason: string;
  status: Status;
  stops_at_plan: boolean;
  plan: Plan | null;
  basis: string | null;
  failure: Intervention['failure'] | null;
  asked_by: string;
  asked_at: Date;
  decided_by: string | null;
  settled_at: Date | null;
}

export const COLUMNS = 'id, kind, process, life_id, move_id, params, reason, status, stops_at_plan, plan, basis, failure, asked_by, asked_at, decided_by, settled_at';

export function channelOf(process: string): string {
  return `interventions:${process}`;
}

export interface AskOptions {
  /** Stops when it is known what would happen. */
  dryRun?: boolean;
  /** Who asks twice under the same key asks once. */
  key?: string | undefined;
}

export interface Interventions {
  /** Asks the process that hosts the life or move. */
  ask(wish: Wish, by: string, reason: string, options?: AskOptions): Promise<Intervention>;
  /**
   * Lets what was planned be carried out. Where two people have to agree, by another one than who asked. What no longer
   * holds is refused with the code `plan-overtaken`, and has to be asked for anew.
   */
  confirm(id: string, by: string): Promise<Intervention>;
  withdraw(id: string, by: string): Promise<Intervention>;
  /** `facilities` are those whose lives may be seen; all when empty. */
  get(id: string, facilities: readonly string[]): Promise<Intervention>;
  list(query: { status?: Status; lifeId?: string; cursor?: string; limit?: number }, facilities: readonly string[]): Promise<Page<Intervention>>;
}

const NAMESPACE = '0d1f6c52-8f0b-4f3e-9d55-6a3c1c9f7b21';

/** The process that carries it out is called at once; so long is waited for it before the answer says how far it is. */
const WAIT_MS = 4_000;

export function createInterventions({ database, signals }: { database: Database; signals: Signals }): Interventions {
  async function settled(id: string, waiting: readonly Status[]): Promise<Intervention> {
    const end = performance.now() + WAIT_MS;
    for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 200)) {
      const row = await read(database, id);
      if (!waiting.includes(row.status) || performance.now() > end) return toIntervention(row);
      await sleep(pauseMs);
    }
  }

  return {
    async ask(wish, by, reason, { dryRun = false, key } = {}) {
      const { kind, ...rest } = wish;
      const { process, lifeId, moveId, facility } = await subjectOf(database, wish);
      const params = Object.fromEntries(Object.entries(rest).filter(([name]) => name !== 'moveId' && name !== 'lifeId'));
      const id = key === undefined ? randomUUID() : derivedId(NAMESPACE, by, key);
      await database.query(
        `insert into chassis.interventions (id, kind, process, life_id, move_id, params, reason, status, stops_at_plan, asked_by, facility) values ($1, $2, $3, $4, $5, $6, $7, 'asked', $8, $9, $10)
         on conflict (id) do nothing`,
        [id, kind, process, lifeId, moveId, JSON.stringify(params), reason, dryRun || NEEDS_SECOND_PERSON.has(kind), by, facility]);
      signals.raise(channelOf(process));
      return settled(id, ['asked']);
    },
    async confirm(id, by) {
      const row = await read(database, id);
      if (row.status !== 'planned') throw new ApiError('conflict', `The intervention is ${row.status}.`, { code: 'not-planned' });
      if (NEEDS_SECOND_PERSON.has(row.kind) && row.asked_by === by) throw new ApiError('forbidden', 'Another person than the one who asked has to confirm this.', { code: 'second-person-needed' });
      const confirmed = await database.query(`update chassis.interventions set status = 'confirmed', decided_by = $2, decided_at = now() where id = $1 and status = 'planned' returning id`, [id, by]);
      if (confirmed.length === 0) throw new ApiError('conflict', 'Somebody else has decided it just now.', { code: 'not-planned' });
      signals.raise(channelOf(row.process));
      return settled(id, ['confirmed']);
    },
    async withdraw(id, by) {
      const withdrawn = await database.query(
        `update chassis.interventions set status = 'withdrawn', decided_by = $2, settled_at = now() where id = $1 and status in ('asked', 'planned') returning id`, [id, by]);
      const row = await read(database, id);
      if (withdrawn.length === 0) throw new ApiError('conflict', `The intervention is ${row.status}.`, { code: 'not-planned' });
      return toIntervention(row);
    },
    async get(id, facilities) {
      return toIntervention(await read(database, id, facilities));
    },
    async list({ status, lifeId, cursor, limit = 50 }, facilities) {
      const position = positionOf(cursor, [MOMENT, UUID]);
      const rows = await database.query<InterventionRow>(
        `select ${COLUMNS} from chassis.interventions where ($1::text is null or status = $1) and ($2::uuid is null or life_id = $2)
           and ${seenFrom('$3')}
           and ($4::timestamptz is null or (asked_at, id) < ($4, $5::uuid)) order by asked_at desc, id desc limit $6`,
        [status ?? null, lifeId ?? null, facilities, position?.[0] ?? null, position?.[1] ?? null, limit + 1]);
      return pageOf(rows, limit, (row) => [row.asked_at.toISOString(), row.id], toIntervention);
    },
  };
}

interface Subject {
  process: string;
  lifeId: string | null;
  moveId: string | null;
  /** Kept with the intervention, which outlives what it was about. */
  facility: string | null;
}

async function subjectOf(on: Queries, wish: Wish): Promise<Subject> {
  if ('moveId' in wish) {
    const [move] = await on.query<{ process: string; life_id: string | null; facility: string | null }>(
      'select m.process, m.life_id, l.facility from chassis.moves m left join chassis.lives l on l.id = m.life_id where m.id = $1', [wish.moveId]);
    if (!move) throw new ApiError('not-found', 'There is no such move.');
    return { process: move.process, lifeId: move.life_id, moveId: wish.moveId, facility: move.facility };
  }
  const [life] = await on.query<{ process: string; facility: string | null }>('select process, facility from chassis.lives where id = $1', [wish.lifeId]);
  if (!life) throw new ApiError('not-found', 'There is no such life.');
  return { process: life.process, lifeId: wish.lifeId, moveId: null, facility: life.facility };
}

async function read(on: Queries, id: string, facilities: readonly string[] = []): Promise<InterventionRow> {
  const [row] = await on.query<InterventionRow>(
    `select ${COLUMNS} from chassis.interventions where id = $1 and ${seenFrom('$2')}`, [id, facilities]);
  if (!row) throw new ApiError('not-found', 'There is no such intervention.');
  return row;
}

function toIntervention(row: InterventionRow): Intervention {
  return {
    id: row.id, kind: row.kind, process: row.process, params: row.params, reason: row.reason, status: row.status, needsSecondPerson: NEEDS_SECOND_PERSON.has(row.kind),
    askedBy: row.asked_by, askedAt: row.asked_at.toISOString(),
    ...(row.life_id ? { lifeId: row.life_id } : {}), ...(row.move_id ? { moveId: row.move_id } : {}), ...(row.plan ? { plan: row.plan } : {}),
    ...(row.failure ? { failure: row.failure } : {}), ...(row.decided_by ? { decidedBy: row.decided_by } : {}), ...(row.settled_at ? { settledAt: row.settled_at.toISOString() } : {}),
  };
}
