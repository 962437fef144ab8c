import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Queries } from '#chassis/storage/database.ts';

/** Where something was found that should be nowhere. */
export interface Sighting {
  place: string;
  canary: string;
}

/** Looks for words in whatever form they may have been written: as they are, in whatever case, in hex, in base64. */
export function searcherFor(canaries: readonly string[]): (text: string) => string[] {
  const forms = canaries.map((canary) => ({ canary, plain: canary.toLowerCase(), hex: Buffer.from(canary).toString('hex'), base64: base64Forms(canary) }));
  return (text) => {
    const lower = text.toLowerCase();
    return forms.filter(({ plain, hex, base64 }) => lower.includes(plain) || lower.includes(hex) || base64.some((form) => text.includes(form))).map(({ canary }) => canary);
  };
}

/** A word begins in one of three places of a base64 group; letters that others share in are left away. */
function base64Forms(canary: string): string[] {
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(canary)]).toString('base64').replace(/=+$/, '');
    return whole.slice(Math.ceil((shift * 4) / 3), -1);
  });
}

/** Every row of every table, all of its columns; bytes as hex. */
export async function sightingsInDatabase(database: Queries, search: (text: string) => string[]): Promise<Sighting[]> {
  const columns = await database.query<{ place: string; column: string }>(
    `select format('%I.%I', c.table_schema, c.table_name) as place, c.column_name as column from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where t.table_type = 'BASE TABLE' and c.table_schema not in ('pg_catalog', 'information_schema')`);
  const sightings: Sighting[] = [];
  for (const { place, column } of columns) {
    const rows = await database.query<{ text: string | null }>(`select "${column}"::text as text from ${place}`);
    const found = new Set(rows.flatMap(({ text }) => (text === null ? [] : search(text))));
    for (const canary of found) sightings.push({ place: `${place}.${column}`, canary });
  }
  return sightings;
}

/** The files of a directory whose names the filter lets pass. */
export async function sightingsInFiles(directory: string, filter: (name: string) => boolean, search: (text: string) => string[]): Promise<Sighting[]> {
  const names = (await readdir(directory)).filter(filter);
  const each = await Promise.all(names.map(async (name) => search(await readFile(path.join(directory, name), 'latin1')).map((canary): Sighting => ({ place: name, canary }))));
  return each.flat();
}
