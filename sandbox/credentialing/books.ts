import type { Pool } from 'pg';

/** What the office keeps of a credential, beside what it shows of it. One row each; a privilege is of one facility. */
export const SCHEMA = `
select pg_advisory_xact_lock(hashtext('credentialing.schema'));
create schema if not exists credentialing;
create table if not exists credentialing.person (
  person_id text primary key,
  practitioner_id text not null unique
);
create table if not exists credentialing.credential (
  credential_id text primary key,
  person_id text not null references credentialing.person,
  code text not null,
  facility text,
  number text not null,
  status text not null check (status in ('active', 'inactive', 'revoked', 'pending')),
  issued_on date not null,
  expires_on date
);
create unique index if not exists credential_held on credentialing.credential (person_id, code, coalesce(facility, '')) where status <> 'revoked';
create table if not exists credentialing.sanction (
  flag_id text primary key,
  person_id text not null references credentialing.person,
  source text not null,
  from_day date not null,
  to_day date
);
create schema if not exists nppes;
create table if not exists nppes.provider (
  npi text primary key,
  given text not null,
  family text not null,
  taxonomy text not null,
  deactivated boolean not null default false
);
`;

/** Everything that somebody holds by licence or privilege on a day, for whoever compares it with what they could do. */
export async function validOn(pool: Pool, day: string): Promise<{ personId: string; code: string; facility: string | null }[]> {
  const { rows } = await pool.query<{ personId: string; code: string; facility: string | null }>(`
    select person_id as "personId", code, facility from credentialing.credential c
    where status = 'active' and issued_on <= $1 and (expires_on is null or expires_on >= $1)
      and not exists (select from credentialing.sanction s where s.person_id = c.person_id and s.from_day <= $1 and (s.to_day is null or s.to_day >= $1))
    order by person_id, code, facility`, [day]);
  return rows;
}
