import type { Database, Queries } from '#chassis/storage/database.ts';
import type { Migration } from '#chassis/storage/migrations.ts';
import type { Shortage } from './rules.ts';

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
        caused_by text not null,
        open boolean not null default true,
        at timestamptz not null default now(),
        unique (caused_by, facility, location, item_number)
      );
      create index demands_open on demands (facility, location, item_number) where open;
    `,
  },
];

export interface Position {
  facility: string;
  location: string;
  itemNumber: string;
}

/** A need that was recorded: what is asked for under which reference. */
export interface Demand {
  reference: string;
  quantity: number;
  rule: Shortage['rule'];
}

/**
 * Decides and records in one transaction that holds the position, so that two uses at once do not both order. Asked again
 * for the same cause it returns what was recorded then.
 */
export async function recordDemand(database: Database, position: Position, causedBy: string, decide: (onItsWay: number) => Shortage | undefined): Promise<Demand | undefined> {
  const place = [position.facility, position.location, position.itemNumber];
  return database.transaction(async (tx) => {
    const [locked] = await tx.query<{ demands: number }>(
      `insert into consumption_to_replenishment.stock_positions (facility, location, item_number) values ($1, $2, $3)
       on conflict (facility, location, item_number) do update set demands = stock_positions.demands returning demands`, place);
    const [known] = await tx.query<{ reference: string; quantity: string }>(
      'select reference, quantity::text from consumption_to_replenishment.demands where caused_by = $4 and facility = $1 and location = $2 and item_number = $3', [...place, causedBy]);
    if (known) return { reference: known.reference, quantity: Number(known.quantity), rule: known.reference.startsWith('use:') ? 'replace-each-use' : 'reorder-point' };
    const [way] = await tx.query<{ quantity: string }>(
      'select coalesce(sum(quantity), 0)::text as quantity from consumption_to_replenishment.demands where open and facility = $1 and location = $2 and item_number = $3', place);
    const shortage = decide(Number(way!.quantity));
    if (!shortage) return undefined;
    const number = locked!.demands + 1;
    // A piece replaced belongs to its use; a lot belongs to the place, which has had so many.
    const reference = shortage.rule === 'replace-each-use' ? `use:${causedBy}` : `reorder:${position.facility}/${position.location}/${position.itemNumber}/${number}`;
    await tx.query(
      'insert into consumption_to_replenishment.demands (reference, facility, location, item_number, quantity, caused_by) values ($4, $1, $2, $3, $5, $6)',
      [...place, reference, shortage.quantity, causedBy]);
    await tx.query('update consumption_to_replenishment.stock_positions set demands = $4 where facility = $1 and location = $2 and item_number = $3', [...place, number]);
    return { reference, quantity: shortage.quantity, rule: shortage.rule };
  });
}

/** Nothing more is on its way for this reference: received, refused, rejected or cancelled. */
export async function closeDemand(on: Queries, reference: string): Promise<void> {
  await on.query('update consumption_to_replenishment.demands set open = false where reference = $1', [reference]);
}

export async function mappedItem(on: Queries, system: string, code: string): Promise<string | undefined> {
  const [row] = await on.query<{ item_number: string }>('select item_number from consumption_to_replenishment.item_mappings where system = $1 and code = $2', [system, code]);
  return row?.item_number;
}

export async function learnMapping(on: Queries, system: string, code: string, itemNumber: string): Promise<void> {
  await on.query(
    `insert into consumption_to_replenishment.item_mappings (system, code, item_number, mapped_by) values ($1, $2, $3, 'work item')
     on conflict (system, code) do update set item_number = excluded.item_number, mapped_at = now()`, [system, code, itemNumber]);
}
