import { ApiError } from '#chassis/errors/failures.ts';
import { MOMENT, pageOf, positionOf, UUID, type Page } from '#chassis/contract/page.ts';
import { timelineOf } from '#chassis/lifecycle/timeline.ts';
import { seenFrom } from '#chassis/security/facilities.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type { Database, Queries, Row } from '#chassis/storage/database.ts';
import type { PersonAtWork, PersonDetail, RevocationProof, Step } from '#contracts/generated/process/hire-to-retire/v1.ts';
import { excessAt, lackingAt, PROCESS, TARGETS, type Person, type Target } from './person.ts';

interface LifeRow extends Row {
  id: string;
  snapshot: { value: Record<string, unknown>; context: Person };
  created: string;
  updated_at: Date;
}

export interface PeopleQuery {
  facility?: string;
  standing?: string;
  atRisk?: boolean;
  managerPersonId?: string;
  cursor?: string;
  limit?: number;
}

/** Something is held at a system although it was to be taken, or may be, since the system has not answered. */
const AT_RISK = `exists (select 1 from jsonb_each(snapshot->'value') as region where jsonb_typeof(region.value) = 'object' and region.value ? 'taking' or region.value = '"notTaken"')`;

/** They see everybody of their facilities; others see themselves and who reports to them. */
const SEES_ALL = ['hr-analyst', 'security-officer'];

/** SQL that is true of the people whom `$all` and `$self` let somebody see. */
const seenBy = (all: string, self: string) => `(${all} or snapshot->'context'->>'personId' = ${self} or snapshot->'context'->'plan'->>'managerPersonId' = ${self})`;

function eyesOf({ kind, roles, bindings }: Principal): [all: boolean, self: string | null] {
  return [kind === 'service' || roles.some((role) => SEES_ALL.includes(role)), bindings['person'] ?? null];
}

export async function listPeople(database: Database, { facility, standing, atRisk, managerPersonId, cursor, limit = 50 }: PeopleQuery, principal: Principal): Promise<Page<PersonAtWork>> {
  const position = positionOf(cursor, [MOMENT, UUID]);
  const rows = await database.query<LifeRow>(
    `select id, snapshot, created_at::text as created, updated_at from chassis.lives
     where process = $1 and ($2::text is null or facility = $2) and ${seenFrom('$3')} and ($4::text is null or snapshot->'context'->'plan'->>'standing' = $4)
       and ($5::boolean is null or ${AT_RISK} = $5) and ($6::text is null or snapshot->'context'->'plan'->>'managerPersonId' = $6)
       and ($7::timestamptz is null or (created_at, id) < ($7, $8::uuid)) and ${seenBy('$10', '$11')}
     order by created_at desc, id desc limit $9`,
    [PROCESS, facility ?? null, principal.facilities, standing ?? null, atRisk ?? null, managerPersonId ?? null, position?.[0] ?? null, position?.[1] ?? null, limit + 1, ...eyesOf(principal)]);
  return pageOf(rows, limit, (row) => [row.created, row.id], viewOf);
}

export async function readPerson(database: Database, personId: string, principal: Principal): Promise<PersonDetail> {
  const row = await lifeOf(database, personId, principal);
  const { plan } = row.snapshot.context;
  return { person: viewOf(row), withheld: plan.withheld, questions: plan.questions, timeline: await timelineOf(database, row.id) };
}

/** What each system confirmed of somebody who left: nothing is proven by silence. */
export async function readRevocation(database: Database, personId: string, principal: Principal): Promise<RevocationProof> {
  const { snapshot: { context: { departure, held } } } = await lifeOf(database, personId, principal);
  if (!departure) throw new ApiError('conflict', 'The person has not left.', { code: 'has-not-left' });
  const systems = TARGETS.map((target) => {
    const confirmed = held[target];
    const isConfirmed = confirmed?.rights.length === 0;
    return {
      target, isConfirmed,
      ...(isConfirmed ? { confirmedAt: confirmed.confirmedAt, secondsAfter: Math.max(0, (Date.parse(confirmed.confirmedAt) - Date.parse(departure.knownAt)) / 1_000) } : {}),
    };
  });
  return { personId, leftBecause: departure.because, knownAt: departure.knownAt, isComplete: systems.every(({ isConfirmed }) => isConfirmed), systems };
}

/** The revision of a person's present plan. */
export async function revisionOf(on: Queries, personId: string): Promise<number | undefined> {
  const [row] = await on.query<{ revision: number } & Row>(
    `select (l.snapshot->'context'->>'revision')::int as revision from chassis.life_identities i join chassis.lives l on l.id = i.life_id where i.process = $1 and i.identity = $2`, [PROCESS, personId]);
  return row?.revision;
}

async function lifeOf(database: Database, personId: string, principal: Principal): Promise<LifeRow> {
  const [row] = await database.query<LifeRow>(
    `select l.id, l.snapshot, l.created_at::text as created, l.updated_at from chassis.life_identities i join chassis.lives l on l.id = i.life_id
     where i.process = $1 and i.identity = $2 and ${seenFrom('$3', 'l.facility')} and ${seenBy('$4', '$5')}`, [PROCESS, personId, principal.facilities, ...eyesOf(principal)]);
  if (!row) throw new ApiError('not-found', 'No such person is known.');
  return row;
}

function viewOf({ snapshot: { value, context }, updated_at }: LifeRow): PersonAtWork {
  const { personId, facility, plan: { standing, workerIds, jobCode, departmentCode, costCenter, managerPersonId } } = context;
  const steps = TARGETS.map((target) => stepOf(context, target, value[target]));
  return {
    personId, workerIds, standing, steps, isAtRisk: steps.some(({ state, excess }) => ['taking', 'overdue', 'failed'].includes(state) && excess !== undefined), updatedAt: updated_at.toISOString(),
    ...(facility ? { facility } : {}), ...(jobCode ? { jobCode } : {}), ...(departmentCode ? { departmentCode } : {}), ...(costCenter ? { costCenter } : {}), ...(managerPersonId ? { managerPersonId } : {}),
  };
}

function stepOf(person: Person, target: Target, region: unknown): Step {
  const excess = excessAt(person, target);
  const lacking = lackingAt(person, target);
  const confirmed = person.held[target];
  return { target, state: stateOf(region), ...(excess.length > 0 ? { excess } : {}), ...(lacking.length > 0 ? { lacking } : {}), ...(confirmed ? { since: confirmed.confirmedAt } : {}) };
}

/** The chart's words in those of the contract. */
function stateOf(region: unknown): Step['state'] {
  if (region instanceof Object) return 'taking' in region && region.taking === 'overdue' ? 'overdue' : 'taking';
  return ({ inStep: 'in-step', waiting: 'waiting', giving: 'giving', notTaken: 'failed', notGiven: 'failed' } as const)[String(region)] ?? 'in-step';
}
