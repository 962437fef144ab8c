import type { Migration } from '../storage/migrations.ts';

/** Moves, which are their own queue, and what they remember. */
export const MOVES_SCHEMA: readonly Migration[] = [
  {
    name: 'moves',
    sql: `
      create table moves (
        id uuid primary key,
        seq bigint generated always as identity,
        process text not null,
        lane text,
        life_id uuid references lives on delete cascade,
        name text not null,
        readable_by int not null default 1,
        input jsonb not null,
        status text not null check (status in ('queued', 'waiting', 'undoing', 'done', 'failed')),
        attempt int not null default 1,
        tries_from int not null default 0,
        owner text,
        run_at timestamptz not null default now(),
        failure jsonb,
        troubles jsonb not null default '[]',
        forked_from uuid,
        waits_for text,
        correlation_id text not null,
        traceparent text not null,
        created_at timestamptz not null default now(),
        finished_at timestamptz
      ) with (fillfactor = 70);
      create index moves_order on moves (seq);
      create index moves_life on moves (life_id);
      create index moves_unfinished on moves (process, status) where status in ('queued', 'waiting', 'undoing', 'failed');
      create index moves_due on moves (process, run_at) where owner is null and status in ('queued', 'waiting', 'undoing');
      create index moves_lane on moves (lane, seq) where lane is not null and status in ('queued', 'waiting', 'undoing');
      -- Of one lane one is at work, also where two processes take at the same moment.
      create unique index moves_at_work on moves (lane) where lane is not null and owner is not null and status in ('queued', 'waiting', 'undoing');
      create index moves_owned on moves (owner) where owner is not null;
      create index moves_done on moves (finished_at) where status = 'done';
      create index moves_waiting on moves (waits_for, run_at) where waits_for is not null;
      create table move_steps (
        move_id uuid not null,
        name text not null,
        result jsonb,
        generation int not null default 0,
        attempt int not null,
        undone boolean not null default false,
        ms int not null,
        at timestamptz not null default now(),
        primary key (move_id, name)
      );
    `,
  },
];
