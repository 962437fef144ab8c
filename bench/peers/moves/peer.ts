import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** The same job done in somebody's own way: asked for in a transaction, carried out in steps, each of which is remembered. */
export interface MovesPeer {
  /** Makes ready for `count` jobs of `steps` steps; what is returned carries them out and ends when the database has the end of the last. */
  prepare(count: number, steps: number): Promise<() => Promise<void>>;
  /** Steps that the database remembers; undefined when the peer is not meant to. */
  remembered(): Promise<number> | undefined;
  close(): Promise<void>;
}

export type OpenMovesPeer = (url: string) => Promise<MovesPeer>;

/** Jobs at once, connections to the database, and those who ask for jobs at the same time. */
export const HANDS = 24;
export const CONNECTIONS = 40;
const ASKING = 15;

/** What every step does, and what it says. */
export async function stepWork(job: number, step: number): Promise<{ number: string; amount: number }> {
  return { number: `PO-${job}-${step}`, amount: job * 100 + step };
}

/** Asks for jobs 0 to `count`, several at the same time. */
export async function askForAll(count: number, ask: (job: number) => Promise<unknown>, atOnce: number = ASKING): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) await ask(next++);
  }));
}

/** Counts jobs as their code ends, so that the database is only asked when little can be left. */
export function newCountdown(): { add(count: number): void; tick(): void; over(): Promise<void> } {
  let left = 0;
  let reached: (() => void) | undefined;
  return {
    add(count) { left += count; },
    tick() {
      left -= 1;
      if (left === 0) reached?.();
    },
    over: () => (left === 0 ? Promise.resolve() : new Promise((resolve) => { reached = resolve; })),
  };
}

/** @param text a statement whose one row says how many are left as `left` */
export async function noneLeft(pool: pg.Pool, text: string): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ left: number }>(text);
    if (rows[0]?.left === 0) return;
    await sleep(5);
  }
}
