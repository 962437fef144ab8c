import type { Migration } from '#chassis/storage/migrations.ts';

/** Tables of this API, in schema `hcm`. Who works here is known to the HR system alone. */
export const migrations: readonly Migration[] = [
  {
    name: '001-changes',
    sql: `
      create table positions (
        name text primary key,
        holder text,
        revision bigint not null default 0,
        position jsonb,
        moved_at timestamptz not null default now()
      );
      create table troubled_changes (
        change_id text primary key,
        code text not null,
        problem text not null,
        first_seen_at timestamptz not null default now()
      );
    `,
  },
];
