import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { runAs } from './postgres-account.ts';
import type { Account } from './postgres-account.ts';

export type Postmaster = { pid: number; port: number; status: string };

type Identity = 'gone' | 'ours' | 'another program' | 'unclear';

/** How long a fast shutdown may take before connections and checkpoint are given up; recovery then replays the log. */
const FAST_SHUTDOWN_MS = 60_000;
const IMMEDIATE_SHUTDOWN_MS = 15_000;

/** What the lock file in a data directory says, whether or not that process still lives. */
export function readLockFile(data: string): Postmaster | undefined {
  const lines = readIfPossible(join(data, 'postmaster.pid'))?.split('\n');
  const pid = Number(lines?.[0]);
  if (!lines || !Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? '' };
}

/**
 * The live postmaster of a data directory. A lock file whose process id now belongs to another program is removed,
 * because PostgreSQL itself would take that program for a postmaster and refuse to start.
 */
export function findPostmaster(data: string): Postmaster | undefined {
  const found = readLockFile(data);
  if (!found) return undefined;
  const identity = identify(found.pid, data);
  if (identity === 'ours') return found;
  if (identity === 'another program' && readLockFile(data)?.pid === found.pid) {
    rmSync(join(data, 'postmaster.pid'), { force: true });
  }
  return undefined;
}

/** Fast shutdown: sessions are ended, everything is written, the process exits. Nothing happens when it is gone already. */
export async function stopPostmaster(pid: number, data: string, account: Account, pgCtl: string): Promise<void> {
  // A process id that was kept may belong to somebody else by now.
  if (identify(pid, data) !== 'ours') return;
  signal('INT', pid, account, pgCtl);
  if (await isGone(pid, data, FAST_SHUTDOWN_MS)) return;
  signal('QUIT', pid, account, pgCtl);
  if (await isGone(pid, data, IMMEDIATE_SHUTDOWN_MS)) return;
  throw new Error(`PostgreSQL (process ${pid}, ${data}) did not stop`);
}

/** @returns false when the postmaster of the data directory is still there after the time given */
export async function isGone(pid: number, data: string, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (identify(pid, data) === 'ours') {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** A process of another user counts as alive; a dead one that nobody has waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // Such a process has no command line any more.
  return commandLine(pid)?.length !== 0;
}

function identify(pid: number, data: string): Identity {
  if (!isAlive(pid)) return 'gone';
  const command = commandLine(pid);
  // A system that hides the processes of others leaves only the lock file's word.
  if (command === undefined) return 'ours';
  if (!basename(command[0] ?? '').startsWith('postgres')) return 'another program';
  // A postmaster stands in its data directory; unlike its arguments, this stays right when the directory is moved.
  const place = statOf(`/proc/${pid}/cwd`);
  const wanted = statOf(data);
  if (place && wanted) return place.ino === wanted.ino && place.dev === wanted.dev ? 'ours' : 'another program';
  return command.includes(data) || command.join(' ').includes(data) ? 'ours' : 'unclear';
}

function commandLine(pid: number): string[] | undefined {
  if (platform() === 'linux') {
    return readIfPossible(`/proc/${pid}/cmdline`)?.split('\0').filter((word) => word !== '');
  }
  if (platform() === 'win32') return undefined;
  try {
    const line = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return line.trim().split(' ');
  } catch (error) {
    // ps ends with 1 when there is no such process; a system without ps cannot say.
    return (error as { status?: unknown }).status === 1 ? [] : undefined;
  }
}

function signal(name: 'INT' | 'QUIT', pid: number, account: Account, pgCtl: string): void {
  // Windows has no signals: Node would end the process at once, while pg_ctl asks PostgreSQL to do it.
  if (platform() === 'win32') {
    spawnSync(pgCtl, ['kill', name, String(pid)], { ...runAs(account), stdio: 'ignore' });
    return;
  }
  try {
    process.kill(pid, `SIG${name}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readIfPossible(path: string): string | undefined {
  return ifPossible(() => readFileSync(path, 'utf8'));
}

function statOf(path: string): { ino: bigint; dev: bigint } | undefined {
  return ifPossible(() => statSync(path, { bigint: true }));
}

/** Undefined when it is not there, or is not for us to see. */
function ifPossible<Seen>(look: () => Seen): Seen | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
