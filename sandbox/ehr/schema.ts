/**
 * The vendor's own tables. `search_value` is the search-parameter table: one row per value a resource can be found by,
 * `system` holding the code system of a token or the target type of a reference.
 */
export const SCHEMA = `
-- Two processes that start at once take turns.
select pg_advisory_xact_lock(hashtext('ehr.schema'));

create schema if not exists ehr;

create sequence if not exists ehr.resource_sequence;

create table if not exists ehr.resource (
  type text not null,
  id text not null,
  version integer not null,
  deleted boolean not null,
  last_updated timestamptz not null,
  sequence bigint not null,
  content jsonb,
  primary key (type, id)
);
create index if not exists resource_by_update on ehr.resource (type, last_updated, sequence);
create index if not exists resource_by_sequence on ehr.resource (type, sequence);

create table if not exists ehr.resource_version (
  type text not null,
  id text not null,
  version integer not null,
  method text not null,
  last_updated timestamptz not null,
  content jsonb,
  primary key (type, id, version)
);

create table if not exists ehr.search_value (
  type text not null,
  id text not null,
  parameter text not null,
  system text,
  value text,
  date_from timestamptz,
  date_to timestamptz
);
create index if not exists search_value_by_owner on ehr.search_value (type, id);
create index if not exists search_value_by_value on ehr.search_value (type, parameter, value text_pattern_ops);
create index if not exists search_value_by_date on ehr.search_value (type, parameter, date_from, date_to) where date_from is not null;
create index if not exists search_value_by_target on ehr.search_value (system, value);

create table if not exists ehr.assertion_used (
  client_id text not null,
  jti text not null,
  expires_at timestamptz not null,
  primary key (client_id, jti)
);

create table if not exists ehr.hl7_sent (
  id text primary key,
  place bigint generated always as identity,
  control_id text,
  source text not null,
  message bytea not null,
  state text not null check (state in ('waiting', 'accepted', 'refused')),
  ack_code text,
  ack_text text,
  attempts integer not null default 0,
  last_fault text,
  queued_at timestamptz not null default now(),
  acknowledged_at timestamptz
);
`;

export const EMPTY_ALL = `
truncate ehr.resource, ehr.resource_version, ehr.search_value, ehr.assertion_used, ehr.hl7_sent;
`;
