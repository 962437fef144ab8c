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

/** What a part of a position looks like: a cursor is the caller's to forge, and its parts go into comparisons of their type. */
export interface Shape {
  test(part: string): boolean;
}

const WRITTEN_MOMENT = /^([1-9]\d{3}-\d\d-\d\d)[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)$/;

/** As PostgreSQL or a Date prints it. The 31st of February looks like one, but no database takes it. */
export const MOMENT: Shape = {
  test(part) {
    const day = WRITTEN_MOMENT.exec(part)?.[1];
    const midnight = new Date(`${day}T00:00:00Z`);
    return !Number.isNaN(midnight.getTime()) && midnight.toISOString().slice(0, 10) === day;
  },
};
export const UUID: Shape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads a cursor that `pageOf` made; anything else is the caller's fault, and so are parts that do not fit `shape`, one for one. */
export function positionOf(cursor: string | undefined, shape?: readonly Shape[]): string[] | undefined {
  if (cursor === undefined) return undefined;
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(position) && position.every((part) => typeof part === 'string') && fits(position, shape)) return position;
  } catch (cause) {
    throw badCursor(cause);
  }
  throw badCursor();
}

function fits(position: readonly string[], shape: readonly Shape[] | undefined): boolean {
  return shape === undefined || (position.length === shape.length && shape.every((part, index) => part.test(position[index]!)));
}

export function badCursor(cause?: unknown): ApiError {
  return new ApiError('invalid-request', 'The cursor is not one of ours.', { errors: [{ pointer: 'parameter:cursor', detail: 'is not a cursor of this list' }], cause });
}
