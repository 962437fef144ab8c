import type { Migration } from '../storage/migrations.ts';

/**
 * The log, how far each consumer group has come, which types its processes take, and the events it had trouble with. The log and the inbox are cut by the
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
        at timestamptz(3) not null default clock_timestamp()
      ) partition by range (at);
      create table events_default partition of events default;
      create index events_order on events (xid, seq);
      create index events_id on events (id);
      create index events_keys on events using gin (keys);
      create index events_correlation on events (correlation_id);
      create table inbox (
        consumer text not null,
        event_id uuid not null,
        at timestamptz(3) not null,
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
        types text[] not null default '{}',
        xid xid8 not null default '0',
        seq bigint not null default 0,
        at timestamptz not null default now(),
        held_until timestamptz not null default '-infinity',
        seen_at timestamptz not null default now()
      );
      create table hosted_types (
        consumer text not null,
        type text not null,
        seen_at timestamptz not null default now(),
        primary key (consumer, type)
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
        at timestamptz(3) not null,
        attempts int not null default 0,
        excused int not null default 0,
        status text not null check (status in ('retrying', 'parked', 'dead')),
        next_at timestamptz not null default now(),
        failure jsonb,
        replay_id uuid,
        primary key (consumer, event_id)
      );
      create index troubled_events_due on troubled_events (consumer, status, next_at);
      create index troubled_events_subject on troubled_events (consumer, subject);
      create index troubled_events_dead on troubled_events (consumer, seq) where status = 'dead';
      create table dismissed_events (
        consumer text not null,
        event_id uuid not null,
        type text not null,
        subject text not null,
        facility text,
        keys text[] not null,
        correlation_id text not null,
        failure jsonb not null,
        at timestamptz not null,
        dismissed_by text not null,
        dismissed_at timestamptz not null default now(),
        reason text not null,
        primary key (consumer, event_id, dismissed_at)
      );
      create index dismissed_events_age on dismissed_events (dismissed_at);
      create table replays (
        id uuid primary key,
        consumer text not null,
        selection jsonb not null,
        again boolean not null,
        reason text not null,
        facilities text[] not null,
        status text not null check (status in ('asked', 'planned', 'running', 'done', 'stopped')),
        asked_by text not null,
        asked_at timestamptz not null default now(),
        confirmed_by text,
        confirmed_at timestamptz,
        stopped_by text,
        ended_at timestamptz,
        held_by uuid,
        held_until timestamptz not null default '-infinity'
      );
      create index replays_open on replays (consumer, asked_at) where status in ('asked', 'running');
      create index replays_asked on replays (asked_at, id);
      create table replay_events (
        replay_id uuid not null references replays on delete cascade,
        event_id uuid not null,
        xid xid8,
        seq bigint,
        type text,
        subject text,
        at timestamptz(3),
        plan text check (plan in ('handle', 'handle-again', 'pass-over', 'wait', 'gone')),
        effects jsonb,
        failure jsonb,
        status text not null default 'open' check (status in ('open', 'handled', 'passed-over', 'set-aside', 'gone')),
        done_at timestamptz,
        primary key (replay_id, event_id)
      );
      create index replay_events_open on replay_events (replay_id, xid, seq) where status = 'open';
      create index replay_events_event on replay_events (event_id);
    `,
  },
];
