import { randomUUID } from 'node:crypto';
import { ApiError } from '#chassis/errors/failures.ts';
import { MOMENT, pageOf, positionOf, UUID, type Page } from '#chassis/contract/page.ts';
import { loop, type Background } from '#chassis/deployable/background.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import { isUniqueViolation, type Database, type Queries, type Row } from '#chassis/storage/database.ts';
import { describeError, type Log } from '#chassis/telemetry/logger.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { DriftCheck, DriftFinding } from '#contracts/generated/process/hire-to-retire/v1.ts';
import type { PersonEvent } from './events.ts';
import { PROCESS, TARGETS, wantedAt, type Person, type Target } from './person.ts';
import type { Settings } from './settings.ts';
import type { Holding, TargetSystem } from './targets.ts';

export interface DriftDeps {
  database: Database;
  lives: Lives;
  clock: Clock;
  log: Log;
  targets: Record<Target, TargetSystem>;
  settings: Settings['drift'];
}

export interface Drift extends Background {
  startCheck(asked: { targets?: readonly Target[]; repair?: boolean }, by: string): Promise<DriftCheck>;
}

const POLL_MS = 2_000;
/** Of a process that compares; one that died leaves the system to another after that. */
const CLAIM = `interval '60 seconds'`;
const MOST_FINDINGS = 500;

/** Compares what systems really hold with what the policy says, now and then and when asked; makes it right where it is told to. */
export function watchDrift({ database, lives, clock, log, targets, settings }: DriftDeps): Drift {
  // Of a platform that begins there is nothing to compare yet.
  const begunAt = clock.now();
  const work = loop({ name: 'drift checks', pollMs: POLL_MS, log, turn });

  async function turn(): Promise<boolean> {
    await startWhenDue();
    const [next] = await database.query<{ check_id: string; target: Target; repairs: boolean }>(
      `update hire_to_retire.drift_targets t set claimed_until = now() + ${CLAIM} from hire_to_retire.drift_checks c
       where c.id = t.check_id and (t.check_id, t.target) = (
         select check_id, target from hire_to_retire.drift_targets where status = 'waiting' and (claimed_until is null or claimed_until < now()) order by check_id, target limit 1 for update skip locked)
       returning t.check_id, t.target, c.repairs`);
    if (!next) return false;
    const compared = await compare(next.check_id, next.target, next.repairs).catch((error: unknown) => {
      log.warn('a system could not be compared with the policy', { target: next.target, ...describeError(error) });
      return undefined;
    });
    await database.query(
      `update hire_to_retire.drift_targets set status = $3, compared = $4, claimed_until = null,
         findings = (select count(*) from hire_to_retire.drift_findings f where f.check_id = $1 and f.target = $2) where check_id = $1 and target = $2`,
      [next.check_id, next.target, compared === undefined ? 'unreachable' : 'done', compared ?? 0]);
    await database.query(
      `update hire_to_retire.drift_checks set ended_at = now() where id = $1 and not exists (select 1 from hire_to_retire.drift_targets where check_id = $1 and status = 'waiting')`, [next.check_id]);
    return true;
  }

  async function startWhenDue(): Promise<void> {
    const [last] = await database.query<{ is_due: boolean }>(
      `select coalesce(max(started_at), $2) < now() - $1 * interval '1 millisecond' and count(*) filter (where ended_at is null) = 0 as is_due from hire_to_retire.drift_checks`, [settings.everyMs, begunAt]);
    if (!last?.is_due) return;
    await begin(TARGETS, settings.repair, 'the platform').catch((error: unknown) => {
      // Another process begins the same at this moment.
      if (!isUniqueViolation(error)) throw error;
    });
  }

  async function begin(asked: readonly Target[], repairs: boolean, by: string): Promise<string> {
    const id = randomUUID();
    await database.query(
      `with made as (insert into hire_to_retire.drift_checks (id, repairs, started_by) values ($1, $2, $3) returning id)
       insert into hire_to_retire.drift_targets (check_id, target, status) select made.id, t.name, 'waiting' from made, unnest($4::text[]) as t (name)`, [id, repairs, by, [...asked]]);
    return id;
  }

  /** How many people were compared. Who is just being changed is left for the next time. */
  async function compare(checkId: string, target: Target, repairs: boolean): Promise<number> {
    const from = clock.now();
    const seen = new Set<string>();
    let cursor: string | undefined;
    let compared = 0;
    do {
      const { items, next } = await targets[target].list(cursor);
      const people = await peopleOf(database, items.map(({ personId }) => personId));
      for (const holding of items) {
        seen.add(holding.personId);
        compared += 1;
        await judge(people.get(holding.personId), holding);
      }
      await database.query(`update hire_to_retire.drift_targets set claimed_until = now() + ${CLAIM} where check_id = $1 and target = $2`, [checkId, target]);
      cursor = next;
    } while (cursor);
    for (const person of await missingFrom(database, target, seen, from)) await judge(person, { personId: person.person.personId, rights: [] });
    return compared;

    async function judge(known: Known | undefined, { personId, rights }: Holding): Promise<void> {
      if (!known) {
        if (rights.length > 0) await note('unknown-person', personId, rights, false);
        return;
      }
      if (known.isMoving(target)) return;
      const wanted = wantedAt(known.person, target);
      const excess = rights.filter((right) => !wanted.includes(right));
      const lacking = wanted.filter((right) => !rights.includes(right));
      if (excess.length + lacking.length === 0) return;
      if (excess.length > 0) await note('excess', personId, excess, repairs);
      if (lacking.length > 0) await note('lacking', personId, lacking, repairs);
      if (repairs) {
        const differs = { type: `${target} differs`, target, rights, confirmedAt: clock.now().toISOString(), because: `drift/${checkId}` } satisfies PersonEvent;
        await database.transaction((tx) => lives.apply(tx, known.lifeId, differs));
      }
    }

    async function note(kind: DriftFinding['kind'], personId: string, rights: string[], repaired: boolean): Promise<void> {
      await database.query(
        'insert into hire_to_retire.drift_findings (check_id, target, person_id, kind, rights, repaired) values ($1, $2, $3, $4, $5, $6) on conflict do nothing',
        [checkId, target, personId, kind, rights, repaired]);
    }
  }

  return {
    start: work.start,
    stop: work.stop,
    async startCheck({ targets: asked = TARGETS, repair = false }, by) {
      const id = await begin(asked, repair, by).catch((cause: unknown) => {
        if (isUniqueViolation(cause)) throw new ApiError('conflict', 'A comparison is under way.', { code: 'check-under-way', cause });
        throw cause;
      });
      work.wake();
      return readDriftCheck(database, id);
    },
  };
}

interface Known {
  lifeId: string;
  person: Person;
  isMoving(target: Target): boolean;
}

interface KnownRow extends Row {
  id: string;
  snapshot: { value: Record<string, unknown>; context: Person };
}

async function peopleOf(on: Queries, personIds: readonly string[]): Promise<Map<string, Known>> {
  const rows = await on.query<KnownRow>(
    'select l.id, l.snapshot from chassis.life_identities i join chassis.lives l on l.id = i.life_id where i.process = $1 and i.identity = any($2)', [PROCESS, personIds]);
  return new Map(rows.map((row) => [row.snapshot.context.personId, knownOf(row)]));
}

/** Those who should hold something there and were not listed at all, unless they changed since. */
async function missingFrom(on: Queries, target: Target, seen: ReadonlySet<string>, begunAt: Date): Promise<Known[]> {
  const rows = await on.query<KnownRow>(
    `select id, snapshot from chassis.lives where process = $1 and updated_at < $2 and snapshot->'context'->'plan'->'entitlements' @> jsonb_build_array(jsonb_build_object('target', $3::text))`, [PROCESS, begunAt, target]);
  return rows.map(knownOf).filter(({ person }) => !seen.has(person.personId));
}

function knownOf({ id, snapshot: { value, context } }: KnownRow): Known {
  return { lifeId: id, person: context, isMoving: (target) => value[target] !== 'inStep' };
}

interface CheckRow extends Row {
  id: string;
  repairs: boolean;
  started_by: string;
  started: string;
  started_at: Date;
  ended_at: Date | null;
  targets: DriftCheck['targets'];
}

const CHECK = `c.id, c.repairs, c.started_by, c.started_at::text as started, c.started_at, c.ended_at,
  (select json_agg(json_build_object('target', t.target, 'status', t.status, 'compared', t.compared, 'findings', t.findings) order by t.target) from hire_to_retire.drift_targets t where t.check_id = c.id) as targets`;

export async function listDriftChecks(database: Database, { cursor, limit = 50 }: { cursor?: string; limit?: number }): Promise<Page<DriftCheck>> {
  const position = positionOf(cursor, [MOMENT, UUID]);
  const rows = await database.query<CheckRow>(
    `select ${CHECK} from hire_to_retire.drift_checks c where $1::timestamptz is null or (c.started_at, c.id) < ($1, $2::uuid) order by c.started_at desc, c.id desc limit $3`, [position?.[0] ?? null, position?.[1] ?? null, limit + 1]);
  return pageOf(rows, limit, (row) => [row.started, row.id], (row) => checkOf(row));
}

export async function readDriftCheck(database: Database, checkId: string): Promise<DriftCheck> {
  const [row] = await database.query<CheckRow>(`select ${CHECK} from hire_to_retire.drift_checks c where c.id = $1`, [checkId]);
  if (!row) throw new ApiError('not-found', 'No such comparison is known.');
  const findings = await database.query<{ target: Target; person_id: string; kind: DriftFinding['kind']; rights: string[]; repaired: boolean } & Row>(
    'select target, person_id, kind, rights, repaired from hire_to_retire.drift_findings where check_id = $1 order by target, person_id, kind limit $2', [checkId, MOST_FINDINGS]);
  return { ...checkOf(row), findings: findings.map(({ target, person_id, kind, rights, repaired }) => ({ target, personId: person_id, kind, rights, repaired })) };
}

function checkOf({ id, repairs, started_by, started_at, ended_at, targets }: CheckRow): DriftCheck {
  return { checkId: id, repairs, startedBy: started_by, startedAt: started_at.toISOString(), status: ended_at ? 'done' : 'running', targets, ...(ended_at ? { endedAt: ended_at.toISOString() } : {}) };
}
