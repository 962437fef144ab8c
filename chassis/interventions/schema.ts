import type { Migration } from '../storage/migrations.ts';

/** What operators asked for, what it would do, who agreed and what came of it. Kept beyond what it was about. */
export const INTERVENTIONS_SCHEMA: readonly Migration[] = [
  {
    name: 'interventions',
    sql: `
      create table interventions (
        id uuid primary key,
        kind text not null,
        process text not null,
        life_id uuid,
        move_id uuid,
        facility text,
        readable_by int not null default 1,
        params jsonb not null,
        reason text not null,
        status text not null check (status in ('asked', 'planned', 'confirmed', 'done', 'refused', 'withdrawn')),
        stops_at_plan boolean not null,
        plan jsonb,
        basis text,
        failure jsonb,
        asked_by text not null,
        asked_at timestamptz not null default date_trunc('milliseconds', now()),
        decided_by text,
        decided_at timestamptz,
        settled_at timestamptz
      );
      create index interventions_open on interventions (process, asked_at) where status in ('asked', 'confirmed');
      create index interventions_age on interventions (asked_at desc, id);
      create index interventions_settled on interventions (settled_at) where settled_at is not null;
      create index interventions_life on interventions (life_id);
    `,
  },
];
