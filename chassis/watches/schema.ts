import type { Migration } from '../storage/migrations.ts';

/** What is expected and until when, and what of it did not come about. Keys are written `kind:value`. */
export const WATCHES_SCHEMA: readonly Migration[] = [
  {
    name: 'watches',
    sql: `
      create table expectations (
        key text not null,
        watch text not null,
        state text not null check (state in ('waiting', 'met', 'called-off', 'missed', 'late')),
        begun_at timestamptz,
        due_at timestamptz,
        ended_at timestamptz,
        keys text[] not null,
        facility text,
        correlation_id text not null,
        primary key (key, watch)
      );
      create index expectations_due on expectations (watch, due_at) where state = 'waiting';
      create index expectations_over on expectations (greatest(due_at, ended_at)) where state <> 'waiting';
      create table business_exceptions (
        id uuid primary key,
        watch text not null,
        key text not null,
        title text not null,
        owner text not null,
        severity text not null check (severity in ('high', 'medium', 'low')),
        expected text[] not null,
        keys text[] not null,
        facility text,
        since timestamptz not null,
        due_at timestamptz not null,
        raised_at timestamptz not null default now(),
        state text not null check (state in ('open', 'acknowledged', 'cleared-late', 'resolved')),
        acknowledged_by text,
        acknowledged_at timestamptz,
        cleared_by text,
        cleared_at timestamptz,
        resolved_by text,
        resolved_at timestamptz,
        note text,
        correlation_id text not null,
        unique (key, watch)
      );
      create index business_exceptions_keys on business_exceptions using gin (keys);
      create index business_exceptions_state on business_exceptions (state, due_at, id);
      create index business_exceptions_owner on business_exceptions (owner, due_at, id);
    `,
  },
];
