import { describeError, type Log } from '../telemetry/logger.ts';
import { backoffMs } from '../resilience/backoff.ts';

/** Work that goes on beside requests: started once, stopped once; `stop` returns when the turn under way has ended. */
export interface Background {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface LoopOptions {
  name: string;
  /** One turn of work. Returns true when there may be more to do at once. */
  turn(): Promise<boolean>;
  /** Pause when there was nothing to do and nobody called `wake`. */
  pollMs: number;
  log: Log;
}

/** Runs `turn` again and again, at once while there is work, else when woken or after a pause; failures slow it down. */
export function loop({ name, turn, pollMs, log }: LoopOptions): Background & { wake(): void } {
  let stopping = false;
  let woken = false;
  let endPause: (() => void) | undefined;
  let wakeable = true;
  let running: Promise<void> | undefined;
  let failures = 0;

  async function run(): Promise<void> {
    while (!stopping) {
      woken = false;
      const again = await turn().then((more) => { failures = 0; return more; }, (error: unknown) => {
        failures += 1;
        log.warn('background work failed, will go on', { name, attempt: failures, ...describeError(error) });
        return false;
      });
      if (stopping) return;
      wakeable = failures === 0;
      if (failures > 0) await pause(backoffMs(failures, { maxMs: 5_000 }));
      else if (!again && !woken) await pause(pollMs);
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        endPause = undefined;
        resolve();
      }
      endPause = done;
    });
  }

  return {
    wake() {
      woken = true;
      if (wakeable) endPause?.();
    },
    async start() {
      running = run();
    },
    async stop() {
      stopping = true;
      endPause?.();
      await running;
    },
  };
}
