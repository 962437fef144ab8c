import type { Database } from '#chassis/storage/database.ts';
import { departments, jobs } from '../hospital/workforce.ts';

/** Positions of each job at each place of a department; the last of the first department's first job is closed. */
const POSITIONS_EACH = 3;

/** The hospital's jobs, departments and positions; whatever is there already stays as it is. */
export async function loadOrganization(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock(hashtext($1))', ['workday.organization']);
    for (const { code, title, family, isClinical } of jobs) {
      await tx.query('insert into workday.job_profiles (code, title, family, is_clinical) values ($1, $2, $3, $4) on conflict do nothing', [code, title, family, isClinical]);
    }
    for (const { code, name, costCentre, facilities } of departments) {
      await tx.query('insert into workday.organizations (code, name, cost_center, locations) values ($1, $2, $3, $4) on conflict do nothing', [code, name, costCentre, facilities]);
    }
    const [first] = departments;
    for (const { code, facilities, jobs: offered } of departments) for (const facility of facilities) for (const job of offered) {
      for (let number = 1; number <= POSITIONS_EACH; number += 1) {
        const isClosed = code === first!.code && job === first!.jobs[0] && number === POSITIONS_EACH;
        await tx.query('insert into workday.positions (id, title, job_profile, organization, location, closed) values ($1, $2, $3, $4, $5, $6) on conflict do nothing',
          [`${facility}-${code}-${job}-${number}`, jobs.find((each) => each.code === job)!.title, job, code, facility, isClosed]);
      }
    }
  });
}

/** Many who have worked here since a day, spread over jobs and departments, as a clinic that is taken over brings them. */
export async function loadWorkers(database: Database, count: number, hiredOn: string): Promise<string[]> {
  const places = departments.flatMap(({ code, facilities, jobs: offered }) => facilities.flatMap((facility) => offered.map((job) => ({ code, facility, job }))));
  const rows = await database.query<{ id: string }>(
    `with numbers as (select n, nextval('workday.universal_ids') as person, nextval('workday.worker_ids')::text as worker, $3::jsonb->((n % $4)::int) as place from generate_series(0, $1 - 1) as n),
       persons as (insert into workday.persons (universal_id, given, family, email)
         select 'P-' || person, 'Given' || person, 'Family' || person, 'worker' || person || '@lakeside.example' from numbers),
       workers as (insert into workday.workers (id, universal_id) select worker, 'P-' || person from numbers),
       employments as (insert into workday.employments (id, worker_id, hired_on, hire_event) select worker || '-1', worker, $2::date, md5(worker) from numbers),
       job_rows as (insert into workday.job_rows (employment_id, effective_on, job_profile, organization, location, fte)
         select worker || '-1', $2::date, place->>'job', place->>'code', place->>'facility', 1 from numbers),
       events as (insert into workday.events (id, kind, status, worker_id, employment_id, effective_on, location, entered_at, visible_at)
         select md5(worker), 'Hire', 'Successfully Completed', worker, worker || '-1', $2::date, place->>'facility', clock_timestamp(), clock_timestamp() from numbers)
     select worker as id from numbers order by n`, [count, hiredOn, JSON.stringify(places), places.length]);
  return rows.map((each) => each.id);
}
