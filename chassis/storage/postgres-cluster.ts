import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync, chownSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { dataDirectoryOf, giveToOwnerOf, runAs } from './postgres-account.ts';
import type { Account, Home } from './postgres-account.ts';
import type { Binaries } from './postgres-binaries.ts';
import { isAlive } from './postmaster.ts';

/**
 * `full` loses no committed row, whatever is killed or unplugged. `none` is faster and may lose the whole database with
 * the power: for tests only.
 */
export type Durability = 'full' | 'none';

/** The one database user, who owns the server. */
export const OWNER = 'callosum';

/** Make the cluster of a home, unless another process that started at the same moment does so first. */
export async function createCluster(
  home: Home,
  binaries: Binaries,
  password: string,
  durability: Durability,
): Promise<void> {
  // Made under another name, because a cluster that is only half made looks like a whole one.
  const unfinished = temporary(dataDirectoryOf(home.directory));
  const passwordFile = temporary(join(home.directory, 'initial-password'));
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveTo(home.account, unfinished, passwordFile);
  try {
    await run(
      binaries.initdb,
      [
        '-D', unfinished, '-U', OWNER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8',
        // The built-in locale sorts alike on every platform and does not change with the system's libraries.
        '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8',
        ...(durability === 'none' ? ['--no-sync'] : []),
      ],
      home.account,
    );
    renameSync(unfinished, dataDirectoryOf(home.directory));
  } catch (error) {
    // The other process's cluster has the same password.
    if (!existsSync(dataDirectoryOf(home.directory))) throw error;
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(unfinished, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Written whole or not at all, and never replaced: of several starting processes all end up with the same one. */
export function keepPassword(directory: string): string {
  const kept = join(directory, 'password');
  if (!existsSync(kept)) {
    const proposed = temporary(kept);
    writeFileSync(proposed, randomBytes(24).toString('base64url'), { mode: 0o600 });
    giveToOwnerOf(directory, proposed);
    try {
      linkSync(proposed, kept);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(proposed, { force: true });
    }
  }
  return readFileSync(kept, 'utf8');
}

/** What starts that were killed half-way left behind. */
export function removeLeftovers(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = /\.tmp-(\d+)-\w+$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      rmSync(join(directory, name), { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** A name beside the path that says which process is writing there. */
export function temporary(path: string): string {
  return `${path}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
}

function giveTo({ uid, gid }: Account, ...paths: string[]): void {
  for (const path of paths) {
    chmodSync(path, statSync(path).isDirectory() ? 0o700 : 0o600);
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  }
}

function run(program: string, args: string[], account: Account): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { ...runAs(account), windowsHide: true, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.once('error', fail);
    child.once('close', (code, signal) => {
      if (code === 0) done();
      else fail(new Error(`${program} ended with ${signal ?? `status ${code}`}: ${said.trim()}`));
    });
  });
}
