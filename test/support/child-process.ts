import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** A process of its own that a test may end or pause. */
export interface Child {
  readonly process: ChildProcess;
  /** The next message that it sends; fails when it ends before. */
  message<T>(): Promise<T>;
  send(message: unknown): void;
  /** Ends it, whatever it is doing, when it has not ended yet. */
  end(): Promise<void>;
}

/** Starts a program of `test/support` with one JSON argument. */
export function startChild(program: string, options: unknown): Child {
  const child = fork(resolve(import.meta.dirname, program), [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const messages: unknown[] = [];
  const waiting: { resolve: (message: never) => void; reject: (error: Error) => void }[] = [];
  child.on('message', (message) => {
    const next = waiting.shift();
    if (next) next.resolve(message as never);
    else messages.push(message);
  });
  child.on('exit', (code, signal) => {
    for (const each of waiting.splice(0)) each.reject(new Error(`${program} ended with ${signal ?? code} before it said what was awaited`));
  });
  return {
    process: child,
    message<T>() {
      if (messages.length > 0) return Promise.resolve(messages.shift() as T);
      return new Promise<T>((done, reject) => { waiting.push({ resolve: done as (message: never) => void, reject }); });
    },
    send: (message) => { child.send(message as object); },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The signal by which the process ended, or its exit code. */
export async function childDiedAt({ process: child }: Child): Promise<string | number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode ?? child.exitCode;
}
