import { cursorOf, positionOf, type Page } from '#chassis/contract/page.ts';
import { LARGEST_PAGE, type WorkdayClient } from './client.ts';
import type { Shape } from './shapes.ts';

export interface PageInput {
  cursor?: string;
  limit?: number;
}

/** No list is as long as a larger offset says. */
const OFFSET = /^\d{1,9}$/;
/** The contract's default. */
const DEFAULT_LIMIT = 50;

/**
 * The vendor pages by offset alone. Nothing leaves the lists that are read so, and what is new comes behind, so that no
 * entry is missed. A page may show less than was asked for: `present` leaves out what it gives nothing for.
 *
 * @returns undefined when that of which the list is does not exist
 */
export async function pageByOffset<T, R>(
  client: WorkdayClient, shape: Shape<T>, path: string, { cursor, limit = DEFAULT_LIMIT }: PageInput, query: Record<string, string | undefined>, present: (row: T) => R | undefined,
): Promise<Page<R> | undefined> {
  const offset = Number(positionOf(cursor, [OFFSET])?.[0] ?? 0);
  const page = await client.page(shape, path, { ...query, limit: Math.min(limit, LARGEST_PAGE), offset }, 'later');
  if (!page) return undefined;
  const next = offset + page.data.length;
  const items = page.data.flatMap((row) => present(row) ?? []) as R[];
  return { items, ...(page.data.length > 0 && next < page.total ? { next: cursorOf([String(next)]) } : {}) };
}
