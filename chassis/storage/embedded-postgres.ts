import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { dataDirectoryOf, giveToOwnerOf, prepareHome, runAs } from './postgres-account.ts';
import type { Home } from './postgres-account.ts';
import { findBinaries } from './postgres-binaries.ts';
import type { Binaries } from './postgres-binaries.ts';
import { createCluster, keepPassword, OWNER, removeLeftovers, temporary } from './postgres-cluster.ts';
import type { Durability } from './postgres-cluster.ts';
import { findPostmaster, readLockFile, stopPostmaster } from './postmaster.ts';
import type { Postmaster } from './postmaster.ts';

export type { Durability } from './postgres-cluster.ts';

export type EmbeddedPostgresOptions = {
  /** Where the state is kept; made when missing. */
  directory: string;
  durability?: Durability;
  /** Told in a line each what is worth knowing: moved data, an adopted server. */
  log?: (line: string) => void;
};

export type EmbeddedPostgres = {
  /** Address of a database for the owner of the server; without a name, of the maintenance database. */
  url(database?: string): string;
  port: number;
  /** Where the state really is: not the requested directory when root had to move it. */
  directory: string;
  /** True when the server was running already, left behind by a process that was killed or started by another. */
  adopted: boolean;
  /** Fast shutdown; settles when the server has exited. */
  stop(): Promise<void>;
};

const READY_WITHIN_MS = 300_000;
const LOG_LIMIT_BYTES = 10_000_000;
const START_ATTEMPTS = 6;

/** What the server says when trying once more can help: a taken port, or the children of a killed postmaster still leaving. */
const PASSING_TROUBLE = /could not bind|address already in use|lock file .* already exists|shared memory block/i;

/** Fit for two cores and a few hundred megabytes. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '400',
  shared_buffers: '256MB',
  wal_compression: 'on',
  checkpoint_timeout: '15min',
  max_wal_size: '2GB',
  random_page_cost: '1.1',
  jit: 'off',
  update_process_title: 'off',
  // Where many commit at once, one trip to the disk serves several; microseconds, and only then.
  commit_delay: '150',
  commit_siblings: '4',
  // Containers give 64 MB of shared memory, which one parallel query can exhaust, and two cores gain little from it.
  max_parallel_workers_per_gather: '0',
  // Readers of the event log wait for the oldest open transaction, so a forgotten one would hold up all of them.
  idle_in_transaction_session_timeout: '60s',
  // Statements and the details of constraint errors carry business data, which has no place in a log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

const WITHOUT_DURABILITY: Record<string, string> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

/**
 * Start PostgreSQL from the binaries that npm installed, or adopt the server that already runs on this directory.
 *
 * The server outlives this process unless `stop` is called: a killed platform finds its database again, running or
 * not, with every committed row. Starting the same directory from several processes at once is safe; they share one
 * server.
 *
 * @throws Error saying what to do when this platform or user cannot run it
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { durability = 'full', log = () => undefined } = options;
  const home = prepareHome(resolve(options.directory), log);
  const binaries = await findBinaries(home, log);
  removeLeftovers(home.directory);
  const password = keepPassword(home.directory);
  const data = dataDirectoryOf(home.directory);
  if (!existsSync(data)) await createCluster(home, binaries, password, durability);

  const { postmaster, adopted } = await startOrAdopt(home, binaries, durability);
  if (adopted) log(`PostgreSQL: adopted the server that was already running, process ${postmaster.pid}`);
  rememberPort(home.directory, postmaster.port);

  let stopping: Promise<void> | undefined;
  return {
    url: (database = 'postgres') =>
      `postgres://${OWNER}:${password}@127.0.0.1:${postmaster.port}/${encodeURIComponent(database)}`,
    port: postmaster.port,
    directory: home.directory,
    adopted,
    stop: () => (stopping ??= stopPostmaster(postmaster.pid, data, home.account, binaries.pgCtl)),
  };
}

/** Create a database unless it exists; several callers at once are safe. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // duplicate_database, or the same noticed a moment later by the catalogue's index
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await client.end();
  }
}

async function startOrAdopt(
  home: Home,
  binaries: Binaries,
  durability: Durability,
): Promise<{ postmaster: Postmaster; adopted: boolean }> {
  const data = dataDirectoryOf(home.directory);
  const logFile = join(home.directory, 'postgres.log');
  rotate(logFile);
  for (let attempt = 1; ; attempt += 1) {
    const running = findPostmaster(data);
    if (running) {
      const ready = await whenReady(running.pid, data, () => findPostmaster(data)?.pid !== running.pid);
      if (ready) return { postmaster: ready, adopted: true };
      continue;
    }
    const logStart = existsSync(logFile) ? statSync(logFile).size : 0;
    const ready = await launch(home, binaries, durability, logFile);
    if (ready) return { postmaster: ready, adopted: false };
    const said = readFrom(logFile, logStart);
    if (attempt === START_ATTEMPTS || !PASSING_TROUBLE.test(said)) {
      throw new Error(`PostgreSQL did not start in ${home.directory}:\n${said.trim()}`);
    }
    await sleep(attempt * 200);
  }
}

/** @returns undefined when the server exited instead of getting ready */
async function launch(
  home: Home,
  binaries: Binaries,
  durability: Durability,
  logFile: string,
): Promise<Postmaster | undefined> {
  const data = dataDirectoryOf(home.directory);
  const port = await choosePort(home.directory);
  const settings = { ...SETTINGS, ...(durability === 'none' ? WITHOUT_DURABILITY : {}) };
  const output = openSync(logFile, 'a', 0o600);
  giveToOwnerOf(home.directory, logFile);
  try {
    const child = spawn(
      binaries.postgres,
      ['-D', data, '-p', String(port), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      // Its own process group: Ctrl-C reaches the platform only, which needs its database until the end.
      { ...runAs(home.account), detached: true, windowsHide: true, stdio: ['ignore', output, output] },
    );
    let exited = false;
    child.once('exit', () => (exited = true));
    await new Promise<void>((done, fail) => child.once('spawn', done).once('error', fail));
    child.unref();
    return await whenReady(child.pid ?? 0, data, () => exited);
  } finally {
    closeSync(output);
  }
}

async function whenReady(pid: number, data: string, hasEnded: () => boolean): Promise<Postmaster | undefined> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!hasEnded()) {
    const found = readLockFile(data);
    if (found?.pid === pid && found.status === 'ready') return found;
    if (performance.now() > deadline) throw new Error(`PostgreSQL (process ${pid}, ${data}) does not get ready`);
    await sleep(20);
  }
  return undefined;
}

async function choosePort(directory: string): Promise<number> {
  const file = join(directory, 'state.json');
  if (existsSync(file)) {
    const { port } = JSON.parse(readFileSync(file, 'utf8')) as { port: number };
    if ((await listenOn(port)) === port) return port;
  }
  const free = await listenOn(0);
  if (free === undefined) throw new Error('No free port on 127.0.0.1');
  return free;
}

/** @returns the port if it could be had, and was given back; undefined if somebody else has it */
function listenOn(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(undefined));
    server.listen(port, '127.0.0.1', () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => done(taken));
    });
  });
}

function rememberPort(directory: string, port: number): void {
  const file = join(directory, 'state.json');
  const unfinished = temporary(file);
  writeFileSync(unfinished, `${JSON.stringify({ port })}\n`, { mode: 0o600 });
  giveToOwnerOf(directory, unfinished);
  renameSync(unfinished, file);
}

function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`);
}

function readFrom(file: string, start: number): string {
  const bytes = Buffer.alloc(Math.max(0, statSync(file).size - start));
  const handle = openSync(file, 'r');
  try {
    readSync(handle, bytes, 0, bytes.length, start);
  } finally {
    closeSync(handle);
  }
  return bytes.toString('utf8');
}

