import { ApiError } from '../errors/failures.ts';

/** One page of a list; `next` is the cursor of the following one, absent on the last. */
export interface Page<T> {
  items: T[];
  next?: string;
}

/** Cuts rows that were read one too many into a page. The position of the last row becomes the cursor. */
export function pageOf<R, T>(rows: R[], limit: number, position: (row: R) => string[], present: (row: R) => T): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(present), ...(rows.length > limit && last !== undefined ? { next: cursorOf(position(last)) } : {}) };
}

export function cursorOf(position: string[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** What the parts of positions look like: a cursor is the caller's to forge, and its parts go into comparisons of their type. */
export const MOMENT = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d(:?\d\d)?)$/;
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads a cursor that `pageOf` made; anything else is the caller's fault, and so are parts that do not fit their `shape`. */
export function positionOf(cursor: string | undefined, shape: readonly RegExp[] = []): string[] | undefined {
  if (cursor === undefined) return undefined;
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(position) && position.every((part) => typeof part === 'string') && shape.every((part, index) => part.test(position[index] ?? ''))) return position;
  } catch (cause) {
    throw badCursor(cause);
  }
  throw badCursor();
}

function badCursor(cause?: unknown): ApiError {
  return new ApiError('invalid-request', 'The cursor is not one of ours.', { errors: [{ pointer: 'query:cursor', detail: 'is not a cursor of this list' }], cause });
}
