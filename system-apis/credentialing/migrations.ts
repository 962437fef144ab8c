import type { Migration } from '#chassis/storage/migrations.ts';
import { POSITIONS_TABLE } from '#chassis/storage/positions.ts';

/** Tables of this API, in schema `credentialing`. Of what is known of somebody only codes and fingerprints are kept. */
export const migrations: readonly Migration[] = [
  {
    name: '001-changes',
    sql: `
      ${POSITIONS_TABLE}
      create table known_standings (
        person_id text primary key,
        revision bigint not null default 1,
        items jsonb not null
      );
    `,
  },
];
