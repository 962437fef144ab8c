import type { Migration } from '../storage/migrations.ts';

/** Calls to vendors, cut by day so that forgetting is dropping a table, and messages of which no event tells. */
export const HISTORY_SCHEMA: readonly Migration[] = [
  {
    name: 'history',
    sql: `
      create table vendor_calls (
        id uuid not null,
        at timestamptz not null,
        service text not null,
        adapter text not null,
        route text not null,
        outcome text not null,
        status int,
        ms int not null,
        api text,
        operation text,
        move_id uuid,
        step text,
        correlation_id text not null,
        evidence uuid
      ) partition by range (at);
      create index vendor_calls_move on vendor_calls (move_id) where move_id is not null;
      create index vendor_calls_correlation on vendor_calls (correlation_id) where move_id is null;
      create index vendor_calls_evidence on vendor_calls (evidence) where evidence is not null;
      create table inbound_messages (
        api text not null,
        id text not null,
        kind text not null,
        outcome text not null,
        problem text,
        keys text[] not null,
        facility text,
        correlation_id text not null,
        at timestamptz not null default now(),
        primary key (api, id, outcome)
      );
      create index inbound_messages_keys on inbound_messages using gin (keys);
      create index inbound_messages_age on inbound_messages (at);
      create index inbound_messages_correlation on inbound_messages (correlation_id);
    `,
  },
];
