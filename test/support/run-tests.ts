import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { globSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import path, { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { onEnd } from '../../commands/on-end.ts';
import { COMPILED } from '../../commands/platform/places.ts';
import { removeAbandonedServers, startPrivateServer } from './private-server.ts';

export type TestRun = {
  /** Folder of the tests. */
  root: string;
  /** Which of the test files belong to this run. */
  includes: (file: string) => boolean;
  /** Said when there is no such file at all. */
  whenNone: string;
  /** Words choose the files whose path contains one of them; what starts with a dash is handed to the runner. */
  args: string[];
};

/** Files at once. Most of them wait for the database or a port rather than compute. */
const CONCURRENCY = 4;
const STOP_WITHIN_MS = 5_000;

/**
 * Run test files against one PostgreSQL server that lives as long as the run.
 *
 * @returns the exit status: the runner's, or 128 plus the number of the signal that ended the run
 */
export async function runTests({ root, includes, whenNone, args }: TestRun): Promise<number> {
  const options = args.filter((arg) => arg.startsWith('-'));
  const words = args.filter((arg) => !arg.startsWith('-'));
  const files = globSync('test/**/*.test.ts', { cwd: root }).filter(includes).toSorted();
  if (files.length === 0) return refuse(whenNone);
  const chosen = words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
  if (chosen.length === 0) return refuse(`No test file matches ${words.join(' or ')}`);

  let runner: ChildProcess | undefined;
  let endedBy: NodeJS.Signals | undefined;
  onEnd((signal) => {
    endedBy = signal;
    if (runner) stopGroup(runner);
  });

  const server = await startPrivateServer();
  // What a process leaves that a test kills goes with the run. The database's account has to get through to its own.
  const temporary = await mkdtemp(path.join(tmpdir(), 'callosum-tests-'));
  await chmod(temporary, 0o711);
  try {
    if (endedBy) return 128 + constants.signals[endedBy];
    runner = spawn(
      process.execPath,
      [
        '--test', `--test-concurrency=${CONCURRENCY}`, '--test-reporter=spec',
        `--import=${import.meta.resolve('./file-limit.ts')}`,
        ...options, ...chosen.map((file) => resolve(root, file)),
      ],
      {
        cwd: root,
        env: { ...process.env, CALLOSUM_TEST_DATABASE_URL: server.url, NODE_COMPILE_CACHE: COMPILED, TMPDIR: temporary },
        stdio: ['ignore', 'inherit', 'inherit'],
        // A group of its own can be ended as a whole, with the processes that the tests started.
        detached: true,
      },
    );
    const status = await exitOf(runner);
    return endedBy ? 128 + constants.signals[endedBy] : status;
  } finally {
    // Whatever a test started and left running would outlive the run.
    if (runner) await killGroup(runner);
    await server.dispose();
    await removeAbandonedServers();
    await rm(temporary, { recursive: true, force: true });
  }
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code, signal) => done(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}

function stopGroup(runner: ChildProcess): void {
  signalGroup(runner, 'SIGTERM');
  setTimeout(() => signalGroup(runner, 'SIGKILL'), STOP_WITHIN_MS).unref();
}

async function killGroup(runner: ChildProcess): Promise<void> {
  const deadline = performance.now() + STOP_WITHIN_MS;
  while (signalGroup(runner, 'SIGKILL') && performance.now() < deadline) await sleep(20);
}

/** @returns false when nobody is left in the group */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

function refuse(reason: string): number {
  console.error(reason);
  return 1;
}
