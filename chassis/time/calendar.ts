import { Type, type Static } from '@sinclair/typebox';
import { DateTime, IANAZone } from 'luxon';

const DAY_MS = 86_400_000;

/** Where the days of a business begin. */
export const CalendarSettings = Type.Object({
  /** IANA name, e.g. America/New_York. */
  timeZone: Type.String({ default: 'UTC' }),
  /** A calendar for rehearsals, on which days pass quickly: `day` began at `at`, and each lasts `dayMs`. */
  rehearsal: Type.Optional(Type.Object({
    day: Type.String({ format: 'date' }),
    at: Type.String({ format: 'date-time' }),
    dayMs: Type.Integer({ minimum: 100, maximum: DAY_MS }),
  }, { additionalProperties: false })),
}, { additionalProperties: false, default: {} });

export type CalendarSettings = Static<typeof CalendarSettings>;

/** Which day it is where the business is, and when a day begins there. Days are written 2026-11-20. */
export interface Calendar {
  dayOf(at: Date): string;
  /** The first moment of a day, also where midnight is skipped as clocks are put forward. */
  beginningOf(day: string): Date;
}

/** @throws RangeError for a time zone that nobody knows */
export function createCalendar({ timeZone, rehearsal }: CalendarSettings): Calendar {
  if (rehearsal) return rehearsed(rehearsal);
  if (!IANAZone.isValidZone(timeZone)) throw new RangeError(`No such time zone: ${timeZone}`);
  return {
    dayOf: (at) => DateTime.fromJSDate(at, { zone: timeZone }).toISODate()!,
    beginningOf: (day) => DateTime.fromISO(day, { zone: timeZone }).startOf('day').toJSDate(),
  };
}

function rehearsed({ day, at, dayMs }: NonNullable<CalendarSettings['rehearsal']>): Calendar {
  const firstDay = Date.parse(`${day}T00:00:00Z`);
  const begun = Date.parse(at);
  return {
    dayOf: (moment) => new Date(firstDay + Math.floor((moment.getTime() - begun) / dayMs) * DAY_MS).toISOString().slice(0, 10),
    beginningOf: (named) => new Date(begun + (Date.parse(`${named}T00:00:00Z`) - firstDay) / DAY_MS * dayMs),
  };
}
