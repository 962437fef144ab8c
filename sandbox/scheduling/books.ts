import type { Pool } from 'pg';

export interface Planned {
  orgPath: string;
  skill: string;
  /** By the hospital's clocks: 2026-11-20T07:00:00. */
  starts: string;
  ends: string;
}

/** Shifts that nobody has yet. @returns their ids */
export async function plan(pool: Pool, shifts: readonly Planned[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    'insert into scheduling.shift (org_path, skill, starts, ends) select * from unnest($1::text[], $2::text[], $3::timestamp[], $4::timestamp[]) returning id::text as id',
    [shifts.map((each) => each.orgPath), shifts.map((each) => each.skill), shifts.map((each) => each.starts), shifts.map((each) => each.ends)]);
  return rows.map((row) => row.id);
}

/** Shifts from a moment on that somebody has who may not have them, for the reconciliation: there should be none. */
export async function violations(pool: Pool, from: string): Promise<{ shiftId: string; personNumber: string }[]> {
  const { rows } = await pool.query<{ shiftId: string; personNumber: string }>(`
    select s.id::text as "shiftId", p.person_number as "personNumber" from scheduling.shift s join scheduling.person p on p.id = s.person
    where s.starts > $1 and not (exists (select from scheduling.person_location l where l.person = p.id and l.org_path = s.org_path)
      and exists (select from scheduling.person_skill k where k.person = p.id and k.skill = s.skill)) order by s.id`, [from]);
  return rows;
}
