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
        -- What the broker called the last message that it acknowledged.
        last_number bigint not null default 0
      );
    `,
  },
];
