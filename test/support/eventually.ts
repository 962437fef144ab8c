import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `look` returns something, and fails with what it last threw or saw after `withinMs`. */
export async function eventually<T>(look: () => Promise<T | undefined | false | null> | T | undefined | false | null, withinMs = 60_000): Promise<T> {
  const end = Date.now() + withinMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false && seen !== null) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    await sleep(25);
  }
  throw new Error(`did not come about within ${withinMs} ms; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`, { cause: last });
}
