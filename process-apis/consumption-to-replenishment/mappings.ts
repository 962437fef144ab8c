import type { Queries } from '#chassis/storage/database.ts';

/** The item that a person once named for a code of the EHR. */
export async function mappedItem(on: Queries, system: string, code: string): Promise<string | undefined> {
  const [row] = await on.query<{ item_number: string }>('select item_number from consumption_to_replenishment.item_mappings where system = $1 and code = $2', [system, code]);
  return row?.item_number;
}

export async function learnMapping(on: Queries, { system, code }: { system: string; code: string }, itemNumber: string, by: string): Promise<void> {
  await on.query(
    `insert into consumption_to_replenishment.item_mappings (system, code, item_number, mapped_by) values ($1, $2, $3, $4)
     on conflict (system, code) do update set item_number = excluded.item_number, mapped_by = excluded.mapped_by, mapped_at = now()`, [system, code, itemNumber, by]);
}
