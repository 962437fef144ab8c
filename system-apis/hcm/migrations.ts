import type { Migration } from '#chassis/storage/migrations.ts';
import { POSITIONS_TABLE } from '#chassis/storage/positions.ts';

/** Tables of this API, in schema `hcm`. Who works here is known to the HR system alone. */
export const migrations: readonly Migration[] = [
  {
    name: '001-changes',
    sql: `
      ${POSITIONS_TABLE}
      create table troubled_changes (
        change_id text primary key,
        code text not null,
        problem text not null,
        first_seen_at timestamptz not null default now()
      );
    `,
  },
];
