import { seededRandom } from '../../faults.ts';

/** The day's dice: every draw follows from the seed. */
export interface Dice {
  /** Whole number from 0 to below. */
  below(limit: number): number;
  between(least: number, most: number): number;
  pick<T>(from: readonly [T, ...T[]] | readonly T[]): T;
  shuffle<T>(from: readonly T[]): T[];
}

export function createDice(seed: number): Dice {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    pick(from) {
      const found = from[below(from.length)];
      if (found === undefined) throw new RangeError('Nothing to pick from');
      return found;
    },
    shuffle(from) {
      const mixed = [...from];
      for (let last = mixed.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        const kept = mixed[last];
        mixed[last] = mixed[other] as (typeof mixed)[number];
        mixed[other] = kept as (typeof mixed)[number];
      }
      return mixed;
    },
  };
}
