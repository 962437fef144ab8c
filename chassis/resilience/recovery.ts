import type { Tier } from './tiers.ts';

/** How often waiting work is let go while a target recovers. */
export const LET_GO_EVERY_MS = 250;

/**
 * How much of the work that waited for a target may go next, so that the target meets a ramp and no wall. The rate grows
 * with what has gone already and not with the clock: after a pause it goes on where it was.
 *
 * @param letGo what has gone since the target answers again
 * @param sinceMs milliseconds since the last of it went; null when nothing has
 */
export function nextToLetGo(letGo: number, sinceMs: number | null, { firstPerSecond, growth, mostPerSecond }: Tier['recovery']): number {
  // Constant growth: speed from distance, as of a body that is accelerated.
  const perSecond = Math.min(mostPerSecond, Math.sqrt(firstPerSecond ** 2 + 2 * growth * letGo));
  return Math.floor((perSecond * Math.min(sinceMs ?? LET_GO_EVERY_MS, 2 * LET_GO_EVERY_MS)) / 1_000);
}
