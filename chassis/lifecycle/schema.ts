import type { Migration } from '../storage/migrations.ts';

/** Lives with their keys, timelines, timers and the work that waits for people. */
export const LIVES_SCHEMA: readonly Migration[] = [
  {
    name: 'lives',
    sql: `
      create table lives (
        id uuid primary key,
        process text not null,
        version int not null,
        readable_by int not null default 1,
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
      create index lives_correlation on lives (correlation_id);
      create index lives_done on lives (updated_at) where status = 'done';
      create index lives_active on lives (process, state) where status = 'active';
      create table life_keys (
        process text not null,
        kind text not null,
        value text not null,
        life_id uuid not null references lives on delete cascade,
        primary key (kind, value, process, life_id)
      );
      create index life_keys_life on life_keys (life_id);
      create table life_identities (
        process text not null,
        identity text not null,
        life_id uuid not null references lives on delete cascade,
        primary key (process, identity)
      );
      create index life_identities_life on life_identities (life_id);
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
        attempts int not null default 0,
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
      create index work_items_life on work_items (life_id);
      create index work_items_inbox on work_items (process, status, owner, opened_at);
    `,
  },
];
