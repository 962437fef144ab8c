import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildOptions {
  name: string;
  /** Script and arguments for Node. */
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** Everything it prints goes here. */
  logFile: string;
  /** Answers 200 once the process does its work. */
  readyUrl: string;
  /** Told of every end that nobody asked for. */
  onUnexpectedEnd?: (name: string, code: number | null) => void;
}

/** One process of the platform. A process that ends unasked is started again, a little later each time. */
export interface Child {
  readonly name: string;
  readonly pid: number | undefined;
  start(): Promise<void>;
  /** SIGKILL, as a crash; it is started again. */
  kill(): void;
  /** SIGTERM, and SIGKILL when that takes too long. */
  stop(): Promise<void>;
  ready(withinMs: number): Promise<void>;
}

const STOP_LIMIT_MS = 20_000;

export function createChild(options: ChildOptions): Child {
  const { name, args, env, cwd, logFile, readyUrl, onUnexpectedEnd } = options;
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  let child: ChildProcess | undefined;
  let stopping = false;
  let failures = 0;
  let restart: NodeJS.Timeout | undefined;

  function launch(): void {
    const started = Date.now();
    // Not our process group: a terminal's Ctrl-C must reach the platform through its order of ending, not all at once.
    const running = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env, CALLOSUM_SUPERVISED: '1' }, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    child = running;
    running.stdout?.pipe(log, { end: false });
    running.stderr?.pipe(log, { end: false });
    running.once('exit', (code, signal) => {
      if (child === running) child = undefined;
      if (stopping) return;
      // One that was killed or asked to end has not failed: it is started again at once.
      failures = signal === 'SIGKILL' || code === 0 || Date.now() - started > 10_000 ? 0 : failures + 1;
      onUnexpectedEnd?.(name, code);
      restart = setTimeout(launch, Math.min(5_000, 100 * 2 ** failures));
    });
  }

  return {
    name,
    get pid() { return child?.pid; },
    async start() { launch(); },
    kill() { child?.kill('SIGKILL'); },
    async stop() {
      stopping = true;
      clearTimeout(restart);
      const running = child;
      if (running && running.exitCode === null && running.signalCode === null) {
        const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
        running.kill('SIGTERM');
        const timer = setTimeout(() => running.kill('SIGKILL'), STOP_LIMIT_MS);
        await ended;
        clearTimeout(timer);
      }
      await new Promise<void>((resolve) => log.end(resolve));
    },
    async ready(withinMs) {
      const end = Date.now() + withinMs;
      for (;;) {
        if (await answers(readyUrl)) return;
        if (Date.now() > end || failures > 4) throw new Error(`${name} did not become ready; its log is ${logFile}`);
        await sleep(60);
      }
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Nobody listens yet: asked again until the limit.
    return false;
  }
}
