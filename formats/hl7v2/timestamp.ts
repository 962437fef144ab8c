import { Hl7Error } from './error.ts';
import type { Hl7Location } from './error.ts';

export type Precision = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction';

/** A moment as exact as the sender gave it; what was not sent is not filled in. */
export interface Timestamp {
  /** ISO 8601 cut to the precision: `2012`, `2012-09-12`, `2012-09-12T01:12:30.5+02:00`. */
  iso: string;
  precision: Precision;
  /** `+02:00`, when the sender said so. Without it the moment is local to the sender. */
  zone?: string;
}

const PATTERN = /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,4}))?)?)?)?)?)?([+-]\d{4})?$/;

/**
 * Reads DTM, DT and TS: `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.
 *
 * The zone of a date without a time is kept in `zone` alone, as ISO 8601 has no place for it.
 *
 * @throws Hl7Error 102 at `location` when the text is none, or names a day that does not exist
 * @source HL7 v2.8 chapter 2A, DTM
 */
export function readTimestamp(text: string, location?: Hl7Location): Timestamp {
  const match = PATTERN.exec(text);
  if (match === null) throw new Hl7Error('102', 'Not an HL7 date and time', location);
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  if (!exists(Number(year), month, day, hour, minute, second)) {
    throw new Hl7Error('102', 'This date or time does not exist', location);
  }
  const zone = offset === undefined ? undefined : readZone(offset, location);
  const iso = [
    year, month && `-${month}`, day && `-${day}`, hour && `T${hour}`, minute && `:${minute}`, second && `:${second}`,
    fraction && `.${fraction}`, hour && zone,
  ].join('');
  const precision: Precision = fraction ? 'fraction' : second ? 'second' : minute ? 'minute'
    : hour ? 'hour' : day ? 'day' : month ? 'month' : 'year';
  return zone === undefined ? { iso, precision } : { iso, precision, zone };
}

/** A moment in UTC to the second, as MSH-7 wants it: `20240131235959+0000`. */
export function printTimestamp(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace(/[-T:]/g, '')}+0000`;
}

function readZone(offset: string, location: Hl7Location | undefined): string {
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(3));
  if (hours > 14 || minutes > 59) throw new Hl7Error('102', 'This time zone does not exist', location);
  return `${offset.slice(0, 3)}:${offset.slice(3)}`;
}

function exists(year: number, month = '01', day = '01', hour = '00', minute = '00', second = '00'): boolean {
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(year, Number(month) - 1, Number(day));
  return year > 0
    && date.getUTCMonth() === Number(month) - 1
    && date.getUTCDate() === Number(day)
    && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
}
