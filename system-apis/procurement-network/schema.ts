import type { Migration } from '#chassis/storage/migrations.ts';

/** Orders out, documents in, and the interchanges of both ways. What was sent and received lies in the store of bodies. */
export const migrations: readonly Migration[] = [
  {
    name: '001-orders',
    sql: `
      create table dispatched_orders (
        order_number text primary key,
        supplier_number text not null,
        channel text not null,
        status text not null check (status in ('sending', 'sent', 'withdrawn')),
        revision int not null default 0,
        body jsonb not null,
        sent_at timestamptz,
        correlation_id text not null,
        traceparent text not null,
        created_at timestamptz not null default now()
      );
      create index dispatched_orders_sent on dispatched_orders (sent_at, order_number) where sent_at is not null;
      create index dispatched_orders_supplier on dispatched_orders (supplier_number, sent_at, order_number) where sent_at is not null;
      create table order_versions (
        order_number text not null references dispatched_orders on delete cascade,
        revision int not null,
        body jsonb not null,
        created_at timestamptz not null default now(),
        primary key (order_number, revision)
      );
      create sequence control_numbers as int minvalue 1 maxvalue 999999999 cycle;
      create table sent_interchanges (
        id bigint generated always as identity primary key,
        channel text not null,
        supplier_number text not null,
        control_number int not null,
        order_number text not null,
        revision int not null,
        purpose text not null check (purpose in ('original', 'replacement', 'cancellation')),
        body uuid not null,
        outcome text not null default 'prepared' check (outcome in ('prepared', 'accepted', 'rejected')),
        answer text,
        prepared_at timestamptz not null default now(),
        answered_at timestamptz
      );
      create unique index sent_interchanges_version on sent_interchanges (order_number, revision, purpose) where outcome <> 'rejected';
      create index sent_interchanges_number on sent_interchanges (channel, control_number);
    `,
  },
  {
    name: '002-documents',
    sql: `
      create table received_interchanges (
        id bigint generated always as identity primary key,
        channel text not null,
        sender text not null,
        control_number text not null,
        supplier_number text,
        outcome text not null check (outcome in ('accepted', 'partly-accepted', 'rejected', 'refused')),
        content_hash text not null,
        body uuid not null,
        answer_body uuid not null,
        repeats int not null default 0,
        received_at timestamptz not null default now()
      );
      create unique index received_interchanges_number on received_interchanges (channel, sender, control_number) where outcome <> 'refused';
      create table documents (
        id uuid primary key,
        kind text not null check (kind in ('acknowledgement', 'ship-notice', 'invoice', 'interchange')),
        channel text not null,
        source text not null,
        supplier_number text,
        order_number text,
        number text,
        status text not null check (status in ('announced', 'rejected')),
        duplicate_of uuid references documents,
        problem text,
        content jsonb,
        content_hash text,
        body uuid not null,
        received_at timestamptz not null default now(),
        unique (channel, source)
      );
      create unique index documents_originals on documents (channel, supplier_number, kind, number, content_hash) where status = 'announced' and duplicate_of is null;
      create index documents_newest on documents (received_at desc, id desc);
      create index documents_order on documents (order_number, received_at desc, id desc);
      create index documents_supplier on documents (supplier_number, received_at desc, id desc);
    `,
  },
];
