import { MOMENT, positionOf } from '#chassis/contract/page.ts';
import { ApiError } from '#chassis/errors/failures.ts';

/** As the lists here print it. */
const PRINTED = /T[\d:]{8}\.\d{3,6}Z$/;
const PRINTED_MOMENT = { test: (part: string) => PRINTED.test(part) && MOMENT.test(part) };

/** A place in a list that is ordered by moment and key. */
export function placeIn(cursor: string | undefined, isKey: (key: string) => boolean): { at: string; key: string } | undefined {
  const position = positionOf(cursor, [PRINTED_MOMENT, { test: isKey }]);
  return position && { at: position[0]!, key: position[1]! };
}

/** The one part of a cursor that a channel made for itself, and whose shape it knows. */
export function keyIn(cursor: string | undefined): string | undefined {
  return positionOf(cursor, [{ test: () => true }])?.[0];
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
