import { createHash, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { startEmbeddedPostgres } from '../../../chassis/storage/embedded-postgres.ts';
import type { EmbeddedPostgres } from '../../../chassis/storage/embedded-postgres.ts';

export interface RunningTryton {
  /** Address without the database. */
  url: string;
  database: string;
  user: string;
  password: string;
  stop(): Promise<void>;
}

export interface TrytonOptions {
  /** Keeps the seeded books between runs. */
  directory?: string;
  /** A free one when absent. */
  port?: number;
  log?: (line: string) => void;
}

const HERE = import.meta.dirname;
const PYTHON = '/usr/bin/python3';
const MODULES = [
  'account_product', 'account_invoice_stock', 'analytic_invoice', 'analytic_purchase', 'purchase_amendment', 'purchase_request',
  'purchase_requisition', 'stock_lot', 'stock_lot_sled', 'stock_lot_unit', 'stock_supply',
];
const INITIALISED_WITHIN_MS = 15 * 60_000;
const READY_WITHIN_MS = 120_000;

/**
 * A real Tryton with the books of a small hospital, each time from the same start. The first run of a year initialises
 * and seeds a database (about 100 seconds of computing); later ones copy it.
 */
export async function startTryton({ directory = resolve(HERE, '../../../node_modules/.cache/tryton'), port, log = () => undefined }: TrytonOptions = {}): Promise<RunningTryton> {
  const installed = ['/usr/bin/trytond', '/usr/bin/trytond-admin'].every(existsSync);
  if (!installed) throw new Error(`Tryton is not installed. On Debian 12: apt-get install --no-install-recommends ${packages().join(' ')}`);
  mkdirSync(directory, { recursive: true });
  const server = await startEmbeddedPostgres({ directory, durability: 'none' });
  const scratch = mkdtempSync(join(tmpdir(), 'callosum-tryton-'));
  const database = `erp_${randomBytes(6).toString('hex')}`;
  const password = 'Integration-2024!';
  try {
    const books = await seededBooks(server, scratch, password, log);
    await administer(server, `create database ${database} template ${books}`);
    const listening = port ?? await freePort();
    const process = await serve(scratch, configuration(server, scratch, listening), database, listening);
    return {
      url: `http://127.0.0.1:${listening}`, database, user: 'integration', password,
      async stop() {
        await process.stop();
        await administer(server, `drop database if exists ${database} with (force)`);
        if (!server.adopted) await server.stop();
        rmSync(scratch, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await administer(server, `drop database if exists ${database} with (force)`);
    if (!server.adopted) await server.stop();
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  }
}

function packages(): string[] {
  return readFileSync(resolve(HERE, '../packages.txt'), 'utf8').split('\n').filter((line) => line.startsWith('tryton-') || line === 'python3-psycopg2');
}

/**
 * The database that every run is copied from: initialised once for the modules, seeded once a year and for each change
 * of the seed, since the fiscal year in it is the current one.
 */
async function seededBooks(server: EmbeddedPostgres, scratch: string, password: string, log: (line: string) => void): Promise<string> {
  const seed = join(HERE, 'seed.py');
  const config = configuration(server, scratch, 0);
  const empty = await prepared(server, 'empty', [MODULES], 'template0', async (database) => {
    log('Tryton: initialising the database');
    const passwordFile = join(scratch, 'admin-password');
    writeFileSync(passwordFile, `${randomBytes(12).toString('base64url')}\n`, { mode: 0o600 });
    await run('/usr/bin/trytond-admin', ['-c', config, '-d', database, '--email', 'admin@example.test', '-u', 'ir', 'res', ...MODULES, '--activate-dependencies'], { TRYTONPASSFILE: passwordFile });
  });
  return prepared(server, 'books', [empty, new Date().getUTCFullYear(), password, readFileSync(seed, 'utf8')], empty, async (database) => {
    log('Tryton: seeding');
    await run(PYTHON, [seed, config, uriOf(server, database)], { TRYTON_USER_PASSWORD: password });
  });
}

/** Makes a database once for what it depends on, and drops those that were made for something else. */
async function prepared(server: EmbeddedPostgres, kind: string, dependsOn: unknown[], template: string, fill: (database: string) => Promise<void>): Promise<string> {
  const name = `${kind}_${createHash('sha256').update(JSON.stringify(dependsOn)).digest('hex').slice(0, 16)}`;
  const known = await databases(server, `${kind}\\_%`);
  if (known.includes(name)) return name;
  const unfinished = `unfinished_${randomBytes(6).toString('hex')}`;
  await administer(server, `create database ${unfinished} template ${template}`);
  try {
    await fill(unfinished);
    await administer(server, `alter database ${unfinished} rename to ${name}`);
  } catch (error) {
    await administer(server, `drop database if exists ${unfinished} with (force)`);
    throw error;
  }
  for (const old of known) await administer(server, `drop database ${old} with (force)`);
  return name;
}

function configuration(server: EmbeddedPostgres, scratch: string, port: number): string {
  const file = join(scratch, `trytond-${port}.conf`);
  writeFileSync(file, [
    '[database]', `uri = ${uriOf(server, '')}`, `path = ${scratch}`, '[web]', `listen = 127.0.0.1:${port}`,
    '[session]', 'authentications = password', '[password]', 'length = 8', 'entropy = 0.1', '',
  ].join('\n'), { mode: 0o600 });
  return file;
}

function uriOf(server: EmbeddedPostgres, database: string): string {
  const url = new URL(server.url());
  return `postgresql://${url.username}:${url.password}@${url.host}/${database}`;
}

async function serve(scratch: string, config: string, database: string, port: number): Promise<{ stop(): Promise<void> }> {
  const output: string[] = [];
  const child = spawn('/usr/bin/trytond', ['-c', config, '-d', database], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] });
  const keep = (chunk: Buffer) => { output.push(chunk.toString()); output.splice(0, Math.max(0, output.length - 200)); };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<void>((done) => { child.once('exit', () => done()); });
  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(killer);
  };
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!await answers(port)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`trytond does not get ready:\n${output.join('').slice(-4_000)}`);
    }
    await sleep(100);
  }
  return { stop };
}

async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":0,"method":"common.server.version","params":[]}', signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')) return false;
    throw error;
  }
}

async function run(command: string, args: string[], env: Record<string, string>): Promise<void> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: INITIALISED_WITHIN_MS });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const status = await new Promise<number | null>((done, fail) => { child.once('error', fail); child.once('close', done); });
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${Buffer.concat(output).toString().slice(-4_000)}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done); });
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => { server.close(done); });
  return port;
}

async function databases(server: EmbeddedPostgres, pattern: string): Promise<string[]> {
  const { rows } = await query<{ datname: string }>(server, 'select datname from pg_database where datname like $1', [pattern]);
  return rows.map((row) => row.datname);
}

async function administer(server: EmbeddedPostgres, statement: string): Promise<void> {
  await query(server, statement);
}

async function query<R extends pg.QueryResultRow>(server: EmbeddedPostgres, statement: string, values: string[] = []): Promise<pg.QueryResult<R>> {
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  try {
    return await client.query<R>(statement, values);
  } finally {
    await client.end();
  }
}
