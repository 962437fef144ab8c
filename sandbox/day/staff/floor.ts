import type { Knowledge } from '../choices.ts';
import { pause } from '../pause.ts';
import type { Portal } from '../portal.ts';
import type { SentList } from '../sent-list.ts';

/** What everybody who works on this day has at hand. */
export interface Floor {
  knowledge: Knowledge;
  sent: SentList;
  /** Aborted when the day is over. */
  signal: AbortSignal;
  portalOf(username: string): Portal;
  dockUrl: string;
  /** Over how long work is spread; 0 is all at once. */
  spreadMs: number;
  /** ISO date that goods are received on. */
  today: string;
  /** Told what went wrong for good, for the reader of the log. */
  say(line: string): void;
}

/** Pauses between two looks at a page: short while there is something to do, longer and longer while there is nothing. */
const SHORTEST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 500;

/**
 * Looks again and again until the day is over.
 *
 * @param look returns how many things there were to do
 */
export async function makeRounds({ signal, say }: Floor, who: string, look: () => Promise<number>): Promise<void> {
  let pauseMs = SHORTEST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      pauseMs = await look() > 0 ? SHORTEST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    } catch (error) {
      if (signal.aborted) return;
      say(`${who}: ${error instanceof Error ? error.message : String(error)}`);
      pauseMs = LONGEST_PAUSE_MS;
    }
    await pause(pauseMs, signal);
  }
}

/** So many hands at once. */
export async function withHands<Thing>(hands: number, things: readonly Thing[], work: (thing: Thing) => Promise<void>): Promise<void> {
  const left = [...things];
  await Promise.all(Array.from({ length: Math.min(hands, left.length) }, async () => {
    for (let thing = left.shift(); thing !== undefined; thing = left.shift()) await work(thing);
  }));
}
