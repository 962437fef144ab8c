/**
 * How much an API matters decides how hard it is tried and what goes first. One table, no constants in code.
 *
 * `moveAttempts` at no more than a minute apart outlast a maintenance window of a day: what waits for a system that is
 * down is woken when it is back, and giving up would take back work that nothing is wrong with.
 */
export const TIERS = {
  critical: { timeoutMs: 10_000, attempts: 3, concurrency: 64, priority: 0, moveAttempts: 2_000 },
  standard: { timeoutMs: 15_000, attempts: 3, concurrency: 48, priority: 5, moveAttempts: 2_000 },
  deferrable: { timeoutMs: 30_000, attempts: 2, concurrency: 16, priority: 10, moveAttempts: 1_000 },
} as const;

export type TierName = keyof typeof TIERS;
export type Tier = (typeof TIERS)[TierName];
