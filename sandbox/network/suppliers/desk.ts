import type { Settings } from '../settings.ts';

/** What every supplier has at hand. */
export interface Desk {
  seed: number;
  settings: Settings;
  now(): Date;
  /** Today as an ISO day. */
  today(): string;
}

/** The ISO day so many days after another. */
export function dayAfter(isoDay: string, days: number): string {
  const date = new Date(`${isoDay}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
