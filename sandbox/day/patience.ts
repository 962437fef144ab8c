import { setTimeout as wait } from 'node:timers/promises';

const PAUSE_MS = 200;
const PATIENCE_MS = 60_000;

/** Does something again until it works: what the day itself needs may be broken on purpose at this moment. */
export async function patiently<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || Date.now() > until) throw error;
      await wait(PAUSE_MS, undefined, { signal });
    }
  }
}
