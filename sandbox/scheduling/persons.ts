import pg, { type Pool } from 'pg';
import { refusals } from './refusals.ts';

export const MOST_AT_ONCE = 500;

interface Row {
  id: string;
  person_number: string;
  first_name: string;
  last_name: string;
  paths: string[];
}

export interface ReadPersons {
  where?: { employees?: { key?: string; values?: string[] } };
  index?: number;
  count?: number;
}

export async function readPersons(pool: Pool, { where, index = 0, count = MOST_AT_ONCE }: ReadPersons): Promise<object> {
  const { key = 'personnumber', values } = where?.employees ?? {};
  if (count > MOST_AT_ONCE || (values?.length ?? 0) > MOST_AT_ONCE) throw refusals.tooMany();
  if (key !== 'personnumber') throw refusals.malformed('where.employees.key');
  const { rows } = await pool.query<Row>(`
    select p.id, person_number, first_name, last_name, coalesce(array_agg(l.org_path order by l.org_path) filter (where l.org_path is not null), '{}') as paths
    from scheduling.person p left join scheduling.person_location l on l.person = p.id
    where $1::text[] is null or person_number = any($1) group by p.id order by p.id offset $2 limit $3`, [values ?? null, index, count]);
  const { rows: [all] } = await pool.query<{ count: number }>('select count(*)::int as count from scheduling.person where $1::text[] is null or person_number = any($1)', [values ?? null]);
  return { totalElements: all!.count, records: rows.map(recordOf) };
}

export async function createPerson(pool: Pool, body: { personInformation?: { person?: { personNumber?: string; firstName?: string; lastName?: string } } }): Promise<object> {
  const { personNumber, firstName, lastName } = body.personInformation?.person ?? {};
  if (!personNumber || !firstName || !lastName) throw refusals.malformed('personInformation.person');
  const { rows: [row] } = await pool.query<Row>(
    `insert into scheduling.person (person_number, first_name, last_name) values ($1, $2, $3) on conflict do nothing returning *, '{}'::text[] as paths`, [personNumber, firstName, lastName]);
  if (!row) throw refusals.duplicatePerson();
  return recordOf(row);
}

/** Shifts that somebody has by now stay with them: the product marks them as a violation and leaves it to the planner. */
export async function replaceLocations(pool: Pool, person: string, paths: readonly string[]): Promise<void> {
  await replace(pool, person, 'person_location (person, org_path)', paths, refusals.unknownLocation);
}

export async function replaceSkills(pool: Pool, person: string, skills: readonly string[]): Promise<void> {
  await replace(pool, person, 'person_skill (person, skill)', skills, refusals.unknownSkill);
}

async function replace(pool: Pool, person: string, table: string, values: readonly string[], unknown: () => Error): Promise<void> {
  try {
    const { rowCount } = await pool.query('select from scheduling.person where id = $1', [person]);
    if (rowCount === 0) throw refusals.unknownPerson();
    const [name, column] = [table.split(' ')[0], table.slice(table.indexOf(', ') + 2, -1)];
    await pool.query(`
      with gone as (delete from scheduling.${name} where person = $1 and ${column} <> all($2::text[]))
      insert into scheduling.${table} select $1, value from unnest($2::text[]) value on conflict do nothing`, [person, values]);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '23503') throw unknown();
    throw error;
  }
}

export async function readSkills(pool: Pool, ids: readonly string[]): Promise<object> {
  if (ids.length > MOST_AT_ONCE) throw refusals.tooMany();
  const { rows } = await pool.query<{ person: string; skills: string[] }>(
    'select person, array_agg(skill order by skill) as skills from scheduling.person_skill where person = any($1::bigint[]) group by person', [ids]);
  return rows.map(({ person, skills }) => ({ employee: { id: Number(person) }, skills: skills.map((qualifier) => ({ qualifier })) }));
}

function recordOf({ id, person_number: personNumber, first_name: firstName, last_name: lastName, paths }: Row): object {
  return {
    personInformation: { person: { personId: Number(id), personNumber, firstName, lastName } },
    jobAssignment: { jobTransferEntries: paths.map((orgPath) => ({ orgPath })) },
  };
}
