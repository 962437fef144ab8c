/** How much an API matters decides how hard it is tried and what goes first. One table, no constants in code. */
export const TIERS = {
  critical: { timeoutMs: 10_000, attempts: 3, concurrency: 64, priority: 0, moveAttempts: 40 },
  standard: { timeoutMs: 15_000, attempts: 3, concurrency: 48, priority: 5, moveAttempts: 30 },
  deferrable: { timeoutMs: 30_000, attempts: 2, concurrency: 16, priority: 10, moveAttempts: 20 },
} as const;

export type TierName = keyof typeof TIERS;
export type Tier = (typeof TIERS)[TierName];
