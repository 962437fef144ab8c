import { describeError, type Log } from '../telemetry/logger.ts';

/** What has to be ended when a deployable stops or could not be started: the last begun first. */
export interface Ending {
  add(name: string, end: () => Promise<unknown> | unknown): void;
  /** Ends everything, whatever of it fails. A second call waits for the first. */
  run(): Promise<void>;
}

export function newEnding(log: Log): Ending {
  const steps: { name: string; end: () => Promise<unknown> | unknown }[] = [];
  let running: Promise<void> | undefined;

  async function endAll(): Promise<void> {
    for (const { name, end } of steps.toReversed()) {
      try {
        await end();
      } catch (error) {
        log.error('could not be ended in order', { name, ...describeError(error) });
      }
    }
  }

  return {
    add(name, end) { steps.push({ name, end }); },
    run: () => (running ??= endAll()),
  };
}
