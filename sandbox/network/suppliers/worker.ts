/** Something that works in passes and sleeps in between. */
export interface Worker {
  /** Starts a pass now, or right after the one that runs. */
  wake(): void;
  /** Lets the running pass finish; there is none after it. */
  stop(): Promise<void>;
}

const AFTER_FAILURE_MS = 1000;
const LONGEST_SLEEP_MS = 60_000;

/**
 * Repeats a pass.
 *
 * @param pass does what is due and returns the milliseconds until something else is, undefined when nothing is in sight
 */
export function startWorker(name: string, pass: () => Promise<number | undefined>): Worker {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let woken = false;
  let stopped = false;

  const run = async () => {
    let wait: number | undefined = 0;
    while (!stopped && (woken || wait === 0)) {
      woken = false;
      try {
        wait = await pass();
      } catch (error) {
        console.error(`network: ${name} failed and will try again`, error);
        wait = AFTER_FAILURE_MS;
      }
    }
    running = undefined;
    if (!stopped && wait !== undefined) {
      timer = setTimeout(start, Math.min(Math.ceil(wait), LONGEST_SLEEP_MS));
    }
  };
  const start = () => {
    clearTimeout(timer);
    running ??= run();
  };

  start();
  return {
    wake() {
      if (stopped) return;
      woken = true;
      start();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
