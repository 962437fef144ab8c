import { fraction } from './seeded.ts';

/** Hours a supplier takes, from and to. */
export const DELAY_HOURS = {
  acknowledge: [1, 4],
  ship: [4, 24],
  remainder: [48, 96],
  backorder: [120, 168],
  transit: [12, 36],
  // Overlaps transit on purpose: some invoices come before the goods.
  invoice: [2, 48],
  resend: [24, 72],
  'late invoice': [800, 900],
} as const satisfies Record<string, readonly [number, number]>;

export type Delay = keyof typeof DELAY_HOURS;

/** @returns hours, with a part of an hour */
export function hoursUntil(delay: Delay, seed: number, ...parts: readonly (string | number)[]): number {
  const [low, high] = DELAY_HOURS[delay];
  return low + fraction(seed, delay, ...parts) * (high - low);
}
