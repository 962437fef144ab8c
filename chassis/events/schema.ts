import type { Migration } from '../storage/migrations.ts';

/** The log, how far each consumer group has come, and the events it had trouble with. */
export const EVENTS_SCHEMA: readonly Migration[] = [
  {
    name: 'events',
    sql: `
      create table events (
        seq bigint generated always as identity primary key,
        xid xid8 not null default pg_current_xact_id(),
        id uuid not null unique,
        type text not null,
        source text not null,
        subject text not null,
        facility text,
        data jsonb not null,
        correlation_id text not null,
        traceparent text not null,
        keys text[] not null default '{}',
        at timestamptz not null default now()
      );
      create index events_keys on events using gin (keys);
      create index events_correlation on events (correlation_id);
      create index events_order on events (xid, seq);
      create index events_subject on events (subject);
      create table consumer_groups (
        name text primary key,
        xid xid8 not null default '0',
        seq bigint not null default 0,
        at timestamptz not null default now(),
        held_until timestamptz not null default '-infinity'
      );
      create table inbox (
        consumer text not null,
        event_id uuid not null,
        at timestamptz not null default now(),
        primary key (consumer, event_id)
      );
      create table troubled_events (
        consumer text not null,
        event_id uuid not null,
        xid xid8 not null,
        seq bigint not null,
        type text not null,
        source text not null,
        subject text not null,
        facility text,
        data jsonb not null,
        correlation_id text not null,
        traceparent text not null,
        keys text[] not null,
        at timestamptz not null,
        attempts int not null default 0,
        excused int not null default 0,
        status text not null check (status in ('retrying', 'parked', 'dead')),
        next_at timestamptz not null default now(),
        failure jsonb,
        primary key (consumer, event_id)
      );
      create index troubled_events_due on troubled_events (consumer, status, next_at);
      create index troubled_events_subject on troubled_events (consumer, subject);
    `,
  },
];
