import type { Migration } from '#chassis/storage/migrations.ts';
import { POSITIONS_TABLE } from '#chassis/storage/positions.ts';

/** Tables of this API, in schema `ehr`. What messages say lies in the store of bodies. */
export const migrations: readonly Migration[] = [
  {
    name: '001-messages',
    sql: `
      create table messages (
        id uuid primary key,
        seq bigint generated always as identity,
        sender text not null,
        control_id text not null,
        sha256 bytea not null,
        message_type text,
        version text,
        received_at timestamptz not null default now(),
        body uuid not null,
        bytes int not null,
        status text not null check (status in ('received', 'processed', 'rejected', 'failed')),
        acknowledgement text not null check (acknowledgement in ('AA', 'AE', 'AR')),
        problem text,
        duplicates int not null default 0,
        owns_control_id boolean not null,
        processed_at timestamptz
      );
      create unique index messages_same on messages (sender, control_id, sha256);
      create unique index messages_control_id on messages (sender, control_id) where owns_control_id;
      create index messages_owners on messages (received_at) where owns_control_id;
      create unique index messages_order on messages (seq);
      create index messages_status on messages (status, seq);
      create index messages_type on messages (message_type, seq);
      create index messages_age on messages (received_at);
      create table message_processing (
        name text primary key
      );
      insert into message_processing (name) values ('in order');
    `,
  },
  {
    name: '002-uses',
    sql: `
      ${POSITIONS_TABLE}
      create table troubled_uses (
        use_id text primary key,
        version text not null,
        code text not null,
        problem text not null,
        attempts int not null default 0,
        status text not null check (status in ('retrying', 'given-up')),
        next_at timestamptz not null default now(),
        first_seen_at timestamptz not null default now(),
        last_tried_at timestamptz not null default now()
      );
      create index troubled_uses_due on troubled_uses (next_at) where status = 'retrying';
    `,
  },
];
