import type { Migration } from './migrations.ts';

/** The chassis' own tables, in schema `chassis`. Every deployable of a platform shares them. */
export const CHASSIS_SCHEMA: readonly Migration[] = [
  {
    name: '001-idempotency',
    sql: `
      create table idempotency (
        api text not null,
        client text not null,
        key text not null,
        operation text not null,
        fingerprint text not null,
        status text not null check (status in ('started', 'unknown', 'finished')),
        owner text,
        answer jsonb,
        started_at timestamptz not null default now(),
        finished_at timestamptz,
        primary key (api, client, key)
      );
      create index idempotency_age on idempotency (started_at);
    `,
  },
  {
    name: '002-events',
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
        at timestamptz not null default now()
      );
      create index events_order on events (xid, seq);
      create index events_subject on events (subject);
      create table consumer_groups (
        name text primary key,
        xid xid8 not null default '0',
        seq bigint not null default 0,
        at timestamptz not null default now()
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
        subject text not null,
        seq bigint not null,
        attempts int not null default 0,
        status text not null check (status in ('retrying', 'parked', 'dead')),
        next_at timestamptz not null default now(),
        failure jsonb,
        primary key (consumer, event_id)
      );
      create index troubled_events_due on troubled_events (consumer, status, next_at);
      create index troubled_events_subject on troubled_events (consumer, subject);
    `,
  },
  {
    name: '003-lives',
    sql: `
      create table lives (
        id uuid primary key,
        process text not null,
        version int not null,
        status text not null check (status in ('active', 'done')),
        state text not null,
        snapshot jsonb not null,
        deferred jsonb not null default '[]',
        facility text,
        correlation_id text not null,
        traceparent text not null,
        revision int not null default 0,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      ) with (fillfactor = 70);
      create index lives_process on lives (process, created_at desc, id);
      create index lives_active on lives (process, state) where status = 'active';
      create table life_keys (
        process text not null,
        kind text not null,
        value text not null,
        life_id uuid not null references lives on delete cascade,
        primary key (process, kind, value, life_id)
      );
      create index life_keys_life on life_keys (life_id);
      create table life_identities (
        process text not null,
        identity text not null,
        life_id uuid not null references lives on delete cascade,
        primary key (process, identity)
      );
      create table timeline (
        life_id uuid not null references lives on delete cascade,
        revision int not null,
        at timestamptz not null default now(),
        event text not null,
        state text not null,
        actor text,
        detail jsonb,
        correlation_id text not null,
        primary key (life_id, revision)
      );
      create table timers (
        life_id uuid not null references lives on delete cascade,
        id text not null,
        process text not null,
        event jsonb not null,
        due_at timestamptz not null,
        primary key (life_id, id)
      );
      create index timers_due on timers (process, due_at);
      create table work_items (
        id uuid primary key,
        process text not null,
        life_id uuid not null references lives on delete cascade,
        node text not null,
        discriminator text not null,
        kind text not null,
        owner text not null,
        facility text,
        title text not null,
        facts jsonb not null default '{}',
        resolutions text[] not null,
        status text not null check (status in ('open', 'resolved', 'withdrawn')),
        opened_at timestamptz not null default now(),
        due_at timestamptz,
        resolution text,
        resolved_by text,
        resolved_at timestamptz,
        note text
      );
      create unique index work_items_open on work_items (life_id, node, discriminator) where status = 'open';
      create index work_items_inbox on work_items (process, status, owner, opened_at);
    `,
  },
  {
    name: '004-moves',
    sql: `
      create table moves (
        id uuid primary key,
        process text not null,
        life_id uuid references lives on delete cascade,
        name text not null,
        input jsonb not null,
        status text not null check (status in ('queued', 'waiting', 'done', 'failed')),
        attempt int not null default 1,
        failure jsonb,
        waits_for text,
        job_id bigint,
        correlation_id text not null,
        traceparent text not null,
        created_at timestamptz not null default now(),
        finished_at timestamptz
      ) with (fillfactor = 70);
      create index moves_life on moves (life_id);
      create index moves_unfinished on moves (process, status) where status in ('queued', 'waiting', 'failed');
      create table move_steps (
        move_id uuid not null references moves on delete cascade,
        name text not null,
        result jsonb,
        attempt int not null,
        undone boolean not null default false,
        at timestamptz not null default now(),
        primary key (move_id, name)
      );
      create table worker_pools (
        pool_id text primary key,
        lease text not null,
        at timestamptz not null default now()
      );
    `,
  },
  {
    name: '005-undo-and-failing-timers',
    sql: `
      alter table moves drop constraint moves_status_check;
      alter table moves add constraint moves_status_check check (status in ('queued', 'waiting', 'undoing', 'done', 'failed'));
      alter table moves add column tries_from int not null default 0;
      drop index moves_unfinished;
      create index moves_unfinished on moves (process, status) where status in ('queued', 'waiting', 'undoing', 'failed');
      alter table move_steps add column generation int not null default 0;
      alter table timers add column attempts int not null default 0;
    `,
  },
  {
    name: '006-moves-are-their-own-queue',
    sql: `
      alter table moves add column run_at timestamptz not null default now();
      alter table moves add column owner text;
      alter table moves drop column job_id;
      create index moves_due on moves (process, run_at) where owner is null and status in ('queued', 'waiting', 'undoing');
      create index moves_owned on moves (owner) where owner is not null;
      create index moves_waiting on moves (waits_for) where waits_for is not null;
      drop table worker_pools;
    `,
  },
];
