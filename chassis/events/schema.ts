import type { Migration } from '../storage/migrations.ts';

/**
 * The log, how far each consumer group has come, and the events it had trouble with. The log and the inbox are cut by the
 * time at which an event was told; that is the same however often it is delivered, so that the inbox knows it again. What
 * is unique over all partitions, the identity that an event brings with it, has a table of its own.
 */
export const EVENTS_SCHEMA: readonly Migration[] = [
  {
    name: 'events',
    sql: `
      create sequence event_numbers;
      create table events (
        seq bigint not null default nextval('chassis.event_numbers'),
        xid xid8 not null default pg_current_xact_id(),
        id uuid not null,
        type text not null,
        source text not null,
        subject text not null,
        facility text,
        data jsonb not null,
        correlation_id text not null,
        traceparent text not null,
        keys text[] not null default '{}',
        at timestamptz not null default clock_timestamp()
      ) partition by range (at);
      create table events_default partition of events default;
      create index events_order on events (xid, seq);
      create index events_id on events (id);
      create index events_subject on events (subject);
      create index events_keys on events using gin (keys);
      create index events_correlation on events (correlation_id);
      create table inbox (
        consumer text not null,
        event_id uuid not null,
        at timestamptz not null,
        primary key (consumer, event_id, at)
      ) partition by range (at);
      create table inbox_default partition of inbox default;
      create table event_partitions (
        name text primary key,
        from_at timestamptz not null,
        to_at timestamptz not null,
        last_xid xid8,
        last_seq bigint
      );
      create table told_events (
        id uuid primary key,
        at timestamptz not null default now()
      );
      create index told_events_at on told_events (at);
      create table consumer_groups (
        name text primary key,
        xid xid8 not null default '0',
        seq bigint not null default 0,
        at timestamptz not null default now(),
        held_until timestamptz not null default '-infinity',
        seen_at timestamptz not null default now()
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
