import { setTimeout as wait } from 'node:timers/promises';
import { createDice } from '../../sandbox/ehr/day/random.ts';
import type { Target } from '../../sandbox/day/faults.ts';

export interface RandomKills {
  seed: number;
  count: number;
  /** Told of every kill, by the name of what was killed. */
  killed(name: string): void;
  signal: AbortSignal;
}

/** One kill of the database to so many of processes. */
const DATABASE_EVERY = 12;
const LONGEST_PAUSE_MS = 1_500;

/** Ends processes and, every so often, the database server as a crash does, at moments that nobody has chosen. */
export async function killAtRandom(target: Target, { seed, count, killed, signal }: RandomKills): Promise<void> {
  const dice = createDice(seed ^ 0x4b_49_4c);
  for (let kill = 1; kill <= count && !signal.aborted; kill += 1) {
    const name = dice.pick(target.processes);
    await wait(dice.between(0, LONGEST_PAUSE_MS), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    if (signal.aborted) return;
    if (target.killDatabase && kill % DATABASE_EVERY === 0) {
      await target.killDatabase();
      killed('database');
    } else {
      await target.killProcess(name);
      killed(name);
    }
  }
}
