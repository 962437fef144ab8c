import type { Migration } from '#chassis/storage/migrations.ts';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: '001-evidence-and-drift',
    sql: `
      -- Who held which right from when to when, as the systems confirmed it. Rows are closed, never changed otherwise.
      create table rights_held (
        id bigint generated always as identity primary key,
        person_id text not null,
        target text not null,
        "right" text not null,
        rule text,
        approved_by text,
        given_at timestamptz not null,
        given_because text not null,
        given_by uuid not null,
        taken_at timestamptz,
        taken_because text,
        taken_by uuid
      );
      create unique index rights_held_now on rights_held (person_id, target, "right") where taken_at is null;
      create index rights_held_ever on rights_held (person_id, id);
      create table drift_checks (
        id uuid primary key,
        repairs boolean not null,
        started_by text not null,
        started_at timestamptz not null default now(),
        ended_at timestamptz
      );
      create index drift_checks_last on drift_checks (started_at desc, id desc);
      create unique index drift_checks_running on drift_checks ((true)) where ended_at is null;
      create table drift_targets (
        check_id uuid not null references drift_checks on delete cascade,
        target text not null,
        status text not null check (status in ('waiting', 'done', 'unreachable')),
        claimed_until timestamptz,
        compared int not null default 0,
        findings int not null default 0,
        primary key (check_id, target)
      );
      create table drift_findings (
        check_id uuid not null references drift_checks on delete cascade,
        target text not null,
        person_id text not null,
        kind text not null check (kind in ('excess', 'lacking', 'unknown-person')),
        rights text[] not null,
        repaired boolean not null default false,
        primary key (check_id, target, person_id, kind)
      );
    `,
  },
];
