import type { Migration } from '#chassis/storage/migrations.ts';

export const MIGRATIONS: readonly Migration[] = [
  {
    name: '001-mappings-and-demands',
    sql: `
      create table item_mappings (
        system text not null,
        code text not null,
        item_number text not null,
        mapped_by text not null,
        mapped_at timestamptz not null default now(),
        primary key (system, code)
      );
      create table stock_positions (
        facility text not null,
        location text not null,
        item_number text not null,
        demands int not null default 0,
        primary key (facility, location, item_number)
      );
      create table demands (
        reference text primary key,
        facility text not null,
        location text not null,
        item_number text not null,
        quantity numeric not null,
        rule text not null,
        caused_by text not null,
        units_per_purchasing_unit numeric not null,
        order_id uuid unique,
        arrived numeric not null default 0,
        open boolean not null default true,
        at timestamptz not null default now()
      );
      create index demands_cause on demands (caused_by, facility, location, item_number, at);
      create index demands_open on demands (facility, location, item_number) where open;
    `,
  },
];
