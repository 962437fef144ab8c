import { X12Error } from './error.ts';
import type { Segment } from './segment.ts';
import { element } from './segment.ts';

/** Leaves out what has no value or is an empty list, so that absent stays absent and objects compare. */
export function present<T extends object>(values: T): T {
  const kept = Object.entries(values).filter(([, value]) =>
    value !== undefined && !(Array.isArray(value) && value.length === 0));
  return Object.fromEntries(kept) as T;
}

export function text(segment: Segment | undefined, number: number): string | undefined {
  const value = segment === undefined ? '' : element(segment, number).trim();
  return value === '' ? undefined : value;
}

/** @throws X12Error 'missing-content' */
export function requiredText(segment: Segment, number: number): string {
  const value = text(segment, number);
  if (value === undefined) throw new X12Error('missing-content', 'A required element is empty', placeOf(segment, number));
  return value;
}

/**
 * A decimal number (type R) as text, never a float.
 *
 * @throws X12Error 'invalid-content'
 */
export function decimal(segment: Segment, number: number): string | undefined {
  const value = text(segment, number);
  if (value !== undefined && !/^-?(\d+(\.\d*)?|\.\d+)$/.test(value)) {
    throw new X12Error('invalid-content', 'Not a decimal number', placeOf(segment, number));
  }
  return value;
}

/**
 * A number with two implied decimals (type N2): `255438` is 2554.38.
 *
 * @throws X12Error 'invalid-content'
 */
export function impliedDecimal(segment: Segment, number: number): string | undefined {
  const value = text(segment, number);
  if (value === undefined) return undefined;
  const match = /^(-?)(\d+)$/.exec(value);
  if (match === null) throw new X12Error('invalid-content', 'Not a whole number', placeOf(segment, number));
  const digits = (match[2] as string).padStart(3, '0');
  return `${match[1]}${digits.slice(0, -2).replace(/^0+(?=\d)/, '')}.${digits.slice(-2)}`;
}

/**
 * CCYYMMDD as an ISO date.
 *
 * @throws X12Error 'invalid-content'; six digits do not tell the century and are refused
 */
export function date(segment: Segment, number: number): string | undefined {
  const value = text(segment, number);
  if (value === undefined) return undefined;
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(value);
  const iso = match === null ? '' : `${match[1]}-${match[2]}-${match[3]}`;
  if (!isDate(iso)) throw new X12Error('invalid-content', 'Not a date', placeOf(segment, number));
  return iso;
}

/** Text for a decimal element. @throws X12Error 'invalid-value' */
export function printDecimal(value: string | undefined, segmentId: string, number: number): string | undefined {
  if (value !== undefined && !/^-?(\d+(\.\d*)?|\.\d+)$/.test(value)) {
    throw new X12Error('invalid-value', 'Not a decimal number', { segmentId, element: number });
  }
  return value;
}

/** Text for an element with two implied decimals. @throws X12Error 'invalid-value' when there are more than two */
export function printImpliedDecimal(value: string | undefined, segmentId: string, number: number): string | undefined {
  if (value === undefined) return undefined;
  const match = /^(-?)(\d+)(?:\.(\d{0,2})0*)?$/.exec(value);
  if (match === null) {
    throw new X12Error('invalid-value', 'Not an amount of at most two decimals', { segmentId, element: number });
  }
  const digits = `${match[2]}${(match[3] ?? '').padEnd(2, '0')}`.replace(/^0+(?=\d)/, '');
  return digits === '0' ? '0' : `${match[1]}${digits}`;
}

/** An ISO date as CCYYMMDD. @throws X12Error 'invalid-value' */
export function printDate(value: string | undefined, segmentId: string, number: number): string | undefined {
  if (value === undefined) return undefined;
  if (!isDate(value)) throw new X12Error('invalid-value', 'Not an ISO date', { segmentId, element: number });
  return value.replaceAll('-', '');
}

function isDate(iso: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(iso)) return false;
  const parsed = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(iso);
}

function placeOf(segment: Segment, number: number): { segmentId: string; position: number; element: number } {
  return { segmentId: segment.id, position: segment.position, element: number };
}
