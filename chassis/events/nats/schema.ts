import type { Migration } from '../../storage/migrations.ts';

/** Who does what only one process may do, and how far the log has been told to the stream. */
export const NATS_SCHEMA: readonly Migration[] = [
  {
    name: 'nats',
    sql: `
      create table leaders (
        name text primary key,
        owner text
      );
      create table relays (
        stream text primary key,
        xid xid8 not null default '0',
        seq bigint not null default 0,
        -- The stream that was told up to here: when it was made, and its last number.
        made_at text not null default '',
        last_number bigint not null default 0
      );
    `,
  },
];
