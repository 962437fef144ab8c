import type { Migration } from '../storage/migrations.ts';

/** What the processes of a platform know of the systems they depend on. Times are the database's, so that nobody has to agree on clocks. */
export const RESILIENCE_SCHEMA: readonly Migration[] = [
  {
    name: 'dependencies',
    sql: `
      create table dependencies (
        target text primary key,
        tier text not null,
        state text not null check (state in ('closed', 'open', 'probing')),
        since timestamptz not null default now(),
        failure text,
        seen_by text not null,
        seen_at timestamptz not null default now(),
        failed_probes int not null default 0,
        next_probe_at timestamptz not null default now(),
        probe_by text,
        throttled_until timestamptz not null default '-infinity',
        let_go int,
        let_go_at timestamptz
      );
      create table paces (
        target text primary key,
        empty_at timestamptz not null
      );
    `,
  },
];
