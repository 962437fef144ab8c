import type { Migration } from '../storage/migrations.ts';

/** Bodies that are kept, encrypted, and the keys that encrypt them, wrapped. Master keys are never here. */
export const PAYLOADS_SCHEMA: readonly Migration[] = [
  {
    name: 'payloads',
    sql: `
      create table master_keys (
        id text primary key,
        proof bytea not null,
        known_since timestamptz not null default now(),
        current_since timestamptz
      );
      create table data_keys (
        id uuid primary key,
        master_key text not null references master_keys,
        wrapped bytea not null,
        made_at timestamptz not null default now()
      );
      create index data_keys_master on data_keys (master_key);
      create table payloads (
        reference uuid primary key,
        purpose text not null,
        media_type text not null,
        encoding text not null check (encoding in ('plain', 'deflate')),
        data_key uuid not null,
        nonce bytea not null,
        content bytea not null,
        stored_at timestamptz not null default now(),
        expires_at timestamptz not null
      );
      alter table payloads alter column content set storage external;
      create index payloads_expiry on payloads (expires_at) where expires_at < 'infinity';
      create index payloads_data_key on payloads (data_key);
      create table payload_readings (
        reference uuid not null,
        read_by text not null,
        reason text not null,
        at timestamptz not null default now()
      );
      create index payload_readings_of on payload_readings (reference, at);
      create index payload_readings_age on payload_readings (at);
    `,
  },
];
