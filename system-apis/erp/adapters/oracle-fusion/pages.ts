import { cursorOf, positionOf, type Page } from '#chassis/contract/page.ts';
import type { FusionClient, Search } from './client.ts';
import { where } from './query.ts';
import type { Row, Shape } from './record.ts';

export interface PageInput {
  cursor?: string;
  limit?: number;
}

/** No list is as long as a larger offset says, and the vendor would be asked to count to it. */
const MOST_OFFSET_DIGITS = 9;

/** The contract's default. */
export const DEFAULT_LIMIT = 50;

export interface Paged<S extends Shape, T> {
  shape: S;
  path: string;
  /** Attribute with the vendor's number of the document: it never changes, so nothing is lost or repeated while others write. */
  key: string & keyof Row<S>;
  search: Search;
  present: (rows: Row<S>[]) => Promise<T[]> | T[];
}

export async function pageById<S extends Shape, T>(client: FusionClient, { shape, path, key, search, present }: Paged<S, T>, { cursor, limit = DEFAULT_LIMIT }: PageInput): Promise<Page<T>> {
  const after = numberIn(cursor);
  const conditions = [...(search.where ?? []), ...(after === undefined ? [] : [where(`${key} > ${after}`)])];
  const { items, hasMore, last } = await client.page(shape, path, { ...search, where: conditions, orderBy: key, limit });
  const shown = await present(items);
  return { items: shown, ...(hasMore && last ? { next: cursorOf([String((last as Record<string, unknown>)[key])]) } : {}) };
}

/** For lists that have no number of their own: by position. */
export async function pageByPosition<S extends Shape, T>(client: FusionClient, { shape, path, search, present }: Omit<Paged<S, T>, 'key'>, { cursor, limit = DEFAULT_LIMIT }: PageInput): Promise<Page<T>> {
  const offset = Number(numberIn(cursor, MOST_OFFSET_DIGITS) ?? 0);
  const { items, hasMore } = await client.page(shape, path, { ...search, limit, offset });
  return { items: await present(items), ...(hasMore ? { next: cursorOf([String(offset + limit)]) } : {}) };
}

/** Keys of such lists are codes as the contract has them. */
const CODE = /^[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,63}$/;

/** A page of what is in memory, in the order of its keys. */
export function pageOfKnown<T>(items: Iterable<T>, key: (item: T) => string, { cursor, limit = DEFAULT_LIMIT }: PageInput): Page<T> {
  const position = positionOf(cursor, [CODE]);
  const after = position?.[0];
  const rest = [...items].toSorted((a, b) => (key(a) < key(b) ? -1 : 1)).filter((item) => after === undefined || key(item) > after);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, ...(rest.length > limit && last !== undefined ? { next: cursorOf([key(last)]) } : {}) };
}

/** The number that a cursor of ours holds, as text. */
export function numberIn(cursor: string | undefined, mostDigits = 18): string | undefined {
  return positionOf(cursor, [new RegExp(`^\\d{1,${mostDigits}}$`)])?.[0];
}
