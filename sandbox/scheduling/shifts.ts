import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../ehr/store.ts';
import { MOST_AT_ONCE } from './persons.ts';
import { Refusal, refusals } from './refusals.ts';

export interface ReadShifts {
  where?: { startDateTime?: string; endDateTime?: string; employees?: { ids?: number[] }; locations?: { qualifiers?: string[] }; onlyOpen?: boolean };
  index?: number;
  count?: number;
}

export interface ShiftChange {
  id: number;
  version: number;
  employee: { id: number } | null;
  comments: unknown[];
}

interface Row {
  id: string;
  org_path: string;
  skill: string;
  starts: string;
  ends: string;
  person: string | null;
  person_number: string | null;
  comments: unknown[];
  version: number;
}

const SELECT = `
  select s.id::text as id, s.org_path, s.skill, to_char(s.starts, 'YYYY-MM-DD"T"HH24:MI:SS') as starts, to_char(s.ends, 'YYYY-MM-DD"T"HH24:MI:SS') as ends, s.person::text as person, p.person_number, s.comments, s.version
  from scheduling.shift s left join scheduling.person p on p.id = s.person`;

/** By when they start, and then by id. */
export async function readShifts(pool: Pool, { where = {}, index = 0, count = MOST_AT_ONCE }: ReadShifts): Promise<object> {
  const { startDateTime, endDateTime, employees, locations, onlyOpen = false } = where;
  if (!startDateTime || !endDateTime) throw refusals.malformed('where.startDateTime and where.endDateTime');
  if (count > MOST_AT_ONCE || (employees?.ids?.length ?? 0) > MOST_AT_ONCE) throw refusals.tooMany();
  const { rows } = await pool.query<Row & { total: number }>(`
    select *, count(*) over ()::int as total from (${SELECT}
      where s.starts >= $1 and s.starts < $2 and ($3::bigint[] is null or s.person = any($3)) and ($4::text[] is null or s.org_path = any($4)) and (not $5 or s.person is null)) found
    order by starts, id::bigint offset $6 limit $7`, [startDateTime, endDateTime, employees?.ids ?? null, locations?.qualifiers ?? null, onlyOpen, index, count]);
  return { totalElements: rows[0]?.total ?? 0, shifts: rows.map(shiftOf) };
}

/** One change: who has the shift and what is noted on it. */
export function changeShift(pool: Pool, { id, version, employee, comments }: ShiftChange): Promise<object> {
  return inTransaction(pool, async (client) => {
    const { rows: [shift] } = await client.query<Row & { is_locked: boolean }>(
      'select person::text as person, version, coalesce(starts < (select until from scheduling.lock), false) as is_locked from scheduling.shift where id = $1 for update', [id]);
    if (!shift) throw refusals.unknownShift();
    const isSame = String(employee?.id ?? '') === (shift.person ?? '');
    if (employee && shift.person && !isSame) throw refusals.taken();
    if (shift.version !== version) throw refusals.stale();
    if (shift.is_locked) throw refusals.locked();
    if (employee && !isSame) await requireMayTake(client, employee.id, id);
    await client.query('update scheduling.shift set person = $2, comments = $3, version = version + 1 where id = $1', [id, employee?.id ?? null, JSON.stringify(comments)]);
    return shiftOf((await client.query<Row>(`${SELECT} where s.id = $1`, [id])).rows[0]!);
  });
}

/** Only somebody of the unit with the skill, who has no other shift at that time. Two shifts of one person take turns. */
async function requireMayTake(client: PoolClient, person: number, shift: number): Promise<void> {
  const { rowCount } = await client.query('select from scheduling.person where id = $1 for update', [person]);
  if (rowCount === 0) throw refusals.unknownPerson();
  const { rows: [may] } = await client.query<{ qualified: boolean; overlaps: boolean }>(`
    select exists (select from scheduling.person_location l join scheduling.person_skill k on k.person = l.person where l.person = $1 and l.org_path = s.org_path and k.skill = s.skill) as qualified,
      exists (select from scheduling.shift o where o.person = $1 and o.id <> s.id and o.starts < s.ends and s.starts < o.ends) as overlaps
    from scheduling.shift s where s.id = $2`, [person, shift]);
  if (!may?.qualified) throw refusals.notQualified();
  if (may.overlaps) throw refusals.overlaps();
}

/** Each by itself: what one is refused for stops no other. */
export async function changeShifts(pool: Pool, changes: readonly ShiftChange[]): Promise<{ status: number; body: object }> {
  if (changes.length > MOST_AT_ONCE) throw refusals.tooMany();
  const results: { id: number; success: boolean; error?: object }[] = [];
  for (const change of changes) {
    results.push(await changeShift(pool, change).then(() => ({ id: change.id, success: true }), (error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      return { id: change.id, success: false, error: { errorCode: error.errorCode, message: error.message } };
    }));
  }
  return { status: results.every((each) => each.success) ? 200 : 207, body: { results } };
}

export async function readShift(pool: Pool, id: string): Promise<object> {
  const { rows: [row] } = /^\d{1,18}$/.test(id) ? await pool.query<Row>(`${SELECT} where s.id = $1`, [id]) : { rows: [] };
  if (!row) throw refusals.unknownShift();
  return shiftOf(row);
}

function shiftOf({ id, org_path: qualifier, skill, starts: startDateTime, ends: endDateTime, person, person_number: number, comments, version }: Row): object {
  return {
    id: Number(id), version, startDateTime, endDateTime, orgJob: { qualifier }, skill: { qualifier: skill }, comments,
    ...(person === null ? {} : { employee: { id: Number(person), qualifier: number } }),
  };
}
