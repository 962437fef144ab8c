import { cursorOf, positionOf, type Page } from '#chassis/contract/page.ts';
import type { Context, Domain, TrytonClient } from './client.ts';
import type { Row, Shape } from './record.ts';

export interface PageInput {
  cursor?: string;
  limit?: number;
}

/** The contract's default. */
export const DEFAULT_LIMIT = 50;

/**
 * A page in the order of the ids, which never change, so that nothing is lost or repeated while others write. What
 * `present` leaves out makes the page shorter.
 */
export async function pageById<S extends Shape, T>(
  client: TrytonClient, shape: S, domain: Domain, { cursor, limit = DEFAULT_LIMIT }: PageInput,
  present: (rows: Row<S>[]) => Promise<(T | undefined)[]> | (T | undefined)[], context?: Context,
): Promise<Page<T>> {
  const position = numbersIn(cursor, 1);
  const from: Domain = position ? [['id', '>', position[0]]] : [];
  const rows = await client.search(shape, [...domain, ...from], { limit: limit + 1, ...(context ? { context } : {}) });
  const shown = rows.slice(0, limit);
  const items = (await present(shown)).filter((item) => item !== undefined);
  const last = shown.at(-1) as { id: number } | undefined;
  return { items, ...(rows.length > limit && last ? { next: cursorOf([String(last.id)]) } : {}) };
}

/** Keys of such lists are codes as the contract has them. */
const CODE = /^[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,63}$/;

/** A page of what is in memory, in the order of its keys. */
export function pageOfKnown<T>(items: T[], key: (item: T) => string, { cursor, limit = DEFAULT_LIMIT }: PageInput): Page<T> {
  const position = positionOf(cursor, [CODE]);
  const after = position?.[0];
  const rest = items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)).filter((item) => after === undefined || key(item) > after);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, ...(rest.length > limit && last !== undefined ? { next: cursorOf([key(last)]) } : {}) };
}

/** Below 2^53, so that the number is the text. */
const ID = /^\d{1,15}$/;

/** The ids that a cursor of ours holds. */
export function numbersIn(cursor: string | undefined, count: number): number[] | undefined {
  return positionOf(cursor, Array<RegExp>(count).fill(ID))?.map(Number);
}

/** Part of a text, whatever its case; the wildcards of SQL stand for themselves. */
export function contains(field: string, part: string): Domain {
  return [field, 'ilike', `%${part.replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`];
}
