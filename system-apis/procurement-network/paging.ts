import { positionOf } from '#chassis/contract/page.ts';
import { ApiError } from '#chassis/errors/failures.ts';

/** A place in a list that is ordered by moment and key. Cursors are the caller's to send, so they are checked. */
export function placeIn(cursor: string | undefined, isKey: (key: string) => boolean): { at: string; key: string } | undefined {
  const position = positionOf(cursor);
  if (!position) return undefined;
  const [at, key, ...more] = position;
  if (at === undefined || key === undefined || more.length > 0 || !isMoment(at) || !isKey(key)) {
    throw badCursor();
  }
  return { at, key };
}

/** The one part of a cursor that a channel made for itself. */
export function keyIn(cursor: string | undefined): string | undefined {
  const position = positionOf(cursor);
  if (position && position.length !== 1) throw badCursor();
  return position?.[0];
}

export function badCursor(): ApiError {
  return new ApiError('invalid-request', 'The cursor is not one of ours.', { errors: [{ pointer: 'query:cursor', detail: 'is not a cursor of this list' }] });
}

/** A Date takes the 31st of February for the 3rd of March, and PostgreSQL takes neither it nor the year 0. */
function isMoment(text: string): boolean {
  if (!/^[1-9]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3,6}Z$/.test(text)) return false;
  const moment = new Date(text);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().slice(0, 19) === text.slice(0, 19);
}

/** RFC 3339 has leap seconds, a Date has none. */
export function momentIn(text: string, parameter: string): Date {
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) {
    throw new ApiError('invalid-request', `The parameter ${parameter} is not a moment.`, { errors: [{ pointer: `parameter:${parameter}`, detail: 'is not a moment' }] });
  }
  return moment;
}

export interface Filters {
  where: string[];
  values: unknown[];
  /** Takes a value up and returns its placeholder. */
  bind(value: unknown): string;
}

/** Conditions for those columns that something is asked of: a plan for each set of questions, so that each has its index. */
export function filters(asked: Record<string, string | undefined>): Filters {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const where = Object.entries(asked).flatMap(([column, value]) => (value === undefined ? [] : [`${column} = ${bind(value)}`]));
  return { where: where.length > 0 ? where : ['true'], values, bind };
}
