import type { Migration } from '../storage/migrations.ts';

/** Effects that were begun under a key, and their answers. */
export const IDEMPOTENCY_SCHEMA: readonly Migration[] = [
  {
    name: 'idempotency',
    sql: `
      create table idempotency (
        api text not null,
        client text not null,
        key text collate "C" not null,
        operation text not null,
        fingerprint text not null,
        status text not null check (status in ('started', 'unknown', 'finished')),
        owner text,
        answer jsonb,
        started_at timestamptz not null default now(),
        finished_at timestamptz,
        primary key (key, api, client)
      );
      create index idempotency_age on idempotency (started_at);
    `,
  },
];
