import type { Migration } from '#chassis/storage/migrations.ts';

/** Tables of this API, in schema `credentialing`. Of what is known of somebody only codes and fingerprints are kept. */
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
      create table known_standings (
        person_id text primary key,
        revision bigint not null default 1,
        items jsonb not null
      );
    `,
  },
];
