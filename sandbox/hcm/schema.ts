import type { Migration } from '#chassis/storage/migrations.ts';

/** The HR system's tables, and workers as its interface shows them: effective-dated rows below each employment. */
export const migrations: readonly Migration[] = [{ name: '001-records', sql: `
create sequence workday.universal_ids start 30001;
create sequence workday.worker_ids start 200001;
create table workday.job_profiles (
  code text primary key, title text not null, family text not null, is_clinical boolean not null, inactive boolean not null default false);
create table workday.organizations (
  code text primary key, name text not null, cost_center text, locations text[] not null, inactive boolean not null default false);
create table workday.positions (
  id text primary key, title text not null, job_profile text not null references workday.job_profiles,
  organization text not null references workday.organizations, location text not null, closed boolean not null default false);
create table workday.persons (
  universal_id text primary key default 'P-' || nextval('workday.universal_ids'),
  given text not null, family text not null, email text, npi text unique);
create table workday.workers (
  id text primary key default nextval('workday.worker_ids')::text,
  universal_id text not null references workday.persons);
create index workers_of_person on workday.workers (universal_id);
create table workday.employments (
  id text primary key, worker_id text not null references workday.workers, hired_on date not null,
  cancelled boolean not null default false, last_day date, reason text, immediate boolean, hire_event text not null, termination_event text);
create index employments_of_worker on workday.employments (worker_id);
create table workday.job_rows (
  employment_id text not null references workday.employments, effective_on date not null,
  job_profile text not null references workday.job_profiles, organization text not null references workday.organizations,
  location text not null, position text references workday.positions, manager text references workday.persons, fte float8 not null,
  primary key (employment_id, effective_on));
create index job_rows_position on workday.job_rows (position) where position is not null;
create table workday.leaves (
  employment_id text not null references workday.employments, first_day date not null, last_day date,
  primary key (employment_id, first_day));
-- A business process, and once it is completed an entry of the feed.
create table workday.events (
  id text primary key, kind text not null, reference text, body jsonb not null default '{}', status text not null,
  is_to_be_denied boolean not null default false, due_at timestamptz, errors jsonb,
  worker_id text, employment_id text, effective_on date, location text, reason text, immediate boolean,
  entered_at timestamptz, visible_at timestamptz);
create index events_feed on workday.events (entered_at, id) where entered_at is not null;
create index events_due on workday.events (due_at) where status = 'In Progress';
create index events_reference on workday.events (reference);
create table workday.time_blocks (
  id bigint generated always as identity primary key, worker_id text not null references workday.workers, worked_on date not null,
  hours float8 not null, type text not null, status text not null, organization text references workday.organizations);
create table workday.payroll_inputs (
  id bigint generated always as identity primary key, reference text not null, worker_id text not null references workday.workers,
  earning text not null, period_end date not null, hours float8, amount numeric, currency text, cost_center text not null, status text not null default 'Entered');
create index payroll_inputs_reference on workday.payroll_inputs (reference);

create view workday.worker_records as
select w.id, w.universal_id, jsonb_strip_nulls(jsonb_build_object(
  'id', w.id, 'descriptor', p.given || ' ' || p.family, 'universalId', w.universal_id,
  'person', jsonb_build_object('legalName', jsonb_build_object('firstName', p.given, 'lastName', p.family), 'workEmail', p.email, 'npi', p.npi),
  'employments', (select coalesce(jsonb_agg(jsonb_build_object(
      'id', e.id, 'hireDate', e.hired_on,
      'status', case when e.cancelled then 'Hire Rescinded' when e.last_day is null then 'Active' else 'Terminated' end,
      'lastDayOfWork', e.last_day, 'terminationReason', case when e.reason is not null then jsonb_build_object('id', e.reason) end,
      'removeAccessImmediately', e.immediate, 'hireEvent', jsonb_build_object('id', e.hire_event),
      'terminationEvent', case when e.termination_event is not null then jsonb_build_object('id', e.termination_event) end,
      'jobData', (select jsonb_agg(jsonb_build_object(
          'effectiveDate', r.effective_on, 'jobProfile', jsonb_build_object('id', r.job_profile),
          'supervisoryOrganization', jsonb_build_object('id', r.organization), 'location', jsonb_build_object('id', r.location),
          'position', case when r.position is not null then jsonb_build_object('id', r.position) end,
          'manager', case when r.manager is not null then jsonb_build_object('universalId', r.manager) end, 'fte', r.fte) order by r.effective_on)
        from workday.job_rows r where r.employment_id = e.id),
      'leaves', (select coalesce(jsonb_agg(jsonb_build_object('firstDay', l.first_day, 'lastDay', l.last_day) order by l.first_day), '[]')
        from workday.leaves l where l.employment_id = e.id)) order by e.hired_on, e.id), '[]')
    from workday.employments e where e.worker_id = w.id))) as record
from workday.workers w join workday.persons p using (universal_id);
` }];
