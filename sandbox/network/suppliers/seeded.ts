import { createHash } from 'node:crypto';

/** A number in [0, 1) that depends on nothing but its parts. */
export function fraction(seed: number, ...parts: readonly (string | number)[]): number {
  const digest = createHash('sha256').update(JSON.stringify([seed, ...parts])).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** A whole number from `low` to `high`, both included. */
export function between(low: number, high: number, seed: number, ...parts: readonly (string | number)[]): number {
  return low + Math.floor(fraction(seed, ...parts) * (high - low + 1));
}
