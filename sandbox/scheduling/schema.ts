/** The vendor's own tables. Times are those of the hospital's clocks, without a zone, as the product has them. */
export const SCHEMA = `
select pg_advisory_xact_lock(hashtext('scheduling.schema'));
create schema if not exists scheduling;
create table if not exists scheduling.location (org_path text primary key);
create table if not exists scheduling.skill (name text primary key);
create table if not exists scheduling.person (
  id bigint generated always as identity (start with 1001) primary key,
  person_number text not null unique,
  first_name text not null,
  last_name text not null
);
create table if not exists scheduling.person_location (
  person bigint not null references scheduling.person,
  org_path text not null references scheduling.location,
  primary key (person, org_path)
);
create table if not exists scheduling.person_skill (
  person bigint not null references scheduling.person,
  skill text not null references scheduling.skill,
  primary key (person, skill)
);
create table if not exists scheduling.shift (
  id bigint generated always as identity (start with 50001) primary key,
  org_path text not null references scheduling.location,
  skill text not null references scheduling.skill,
  starts timestamp not null,
  ends timestamp not null check (ends > starts),
  person bigint references scheduling.person,
  comments jsonb not null default '[]',
  version int not null default 1
);
create index if not exists shift_by_start on scheduling.shift (starts, id);
create index if not exists shift_by_person on scheduling.shift (person, starts) where person is not null;
create table if not exists scheduling.lock (
  single boolean primary key default true check (single),
  until timestamp not null
);
`;
