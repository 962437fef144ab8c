import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';

import { startEmbeddedPostgres } from '../../../chassis/storage/embedded-postgres.ts';
import { Books } from './books.ts';
import { makeScratch, removeAbandonedScratch, runCommand, startServer } from './server-process.ts';

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
const USER = 'integration';
const PASSWORD = 'Integration-2024!';
const MODULES = [
  'account_product', 'account_invoice_stock', 'analytic_invoice', 'analytic_purchase', 'purchase_amendment', 'purchase_request',
  'purchase_requisition', 'stock_lot', 'stock_lot_sled', 'stock_lot_unit', 'stock_supply',
];

/**
 * A real Tryton with the books of a small hospital, each time from the same start. The first run of a year initialises
 * and seeds a database (about 100 seconds of computing); later ones copy it.
 *
 * @throws Error naming the packages when Tryton is not installed
 */
export async function startTryton({ directory = resolve(HERE, '../../../node_modules/.cache/tryton'), port, log = () => undefined }: TrytonOptions = {}): Promise<RunningTryton> {
  requireInstalled();
  removeAbandonedScratch();
  mkdirSync(directory, { recursive: true });
  const postgres = await startEmbeddedPostgres({ directory, durability: 'none' });
  const books = new Books(postgres);
  const scratch = makeScratch();
  const cleanUp: (() => Promise<void> | void)[] = [async () => (await books.isShared() ? undefined : postgres.stop()), scratch.remove];
  const stop = async () => { for (const step of cleanUp) await step(); };
  try {
    await books.dropAbandoned();
    const seeded = await seededBooks(books, scratch.directory, log);
    const database = await books.copy(seeded);
    cleanUp.unshift(() => books.drop(database));
    const listening = port ?? await freePort();
    const server = await startServer(scratch.directory, writeConfiguration(books, scratch.directory, listening), database, listening);
    cleanUp.unshift(server.stop);
    return { url: `http://127.0.0.1:${listening}`, database, user: USER, password: PASSWORD, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function requireInstalled(): void {
  if (['/usr/bin/trytond', '/usr/bin/trytond-admin'].every((file) => existsSync(file))) return;
  const packages = readFileSync(resolve(HERE, '../packages.txt'), 'utf8').split('\n').filter((line) => line.startsWith('tryton-') || line === 'python3-psycopg2');
  throw new Error(`Tryton is not installed. On Debian 12: apt-get install --no-install-recommends ${packages.join(' ')}`);
}

/** Initialised once for the modules; seeded once a year, since the fiscal year in it is the current one, and for each change of the seed. */
async function seededBooks(books: Books, scratch: string, log: (line: string) => void): Promise<string> {
  const seed = join(HERE, 'seed.py');
  const config = writeConfiguration(books, scratch, 0);
  const empty = await books.prepared('empty', [MODULES], 'template0', async (database) => {
    log('Tryton: initialising the database');
    const passwordFile = join(scratch, 'admin-password');
    writeFileSync(passwordFile, `${randomBytes(12).toString('base64url')}\n`, { mode: 0o600 });
    const args = ['-c', config, '-d', database, '--email', 'admin@example.test', '-u', 'ir', 'res', ...MODULES, '--activate-dependencies'];
    await runCommand('/usr/bin/trytond-admin', args, { TRYTONPASSFILE: passwordFile });
  });
  return books.prepared('books', [empty, new Date().getUTCFullYear(), PASSWORD, readFileSync(seed, 'utf8')], empty, async (database) => {
    log('Tryton: seeding');
    await runCommand('/usr/bin/python3', [seed, config, books.uri(database)], { TRYTON_USER_PASSWORD: PASSWORD });
  });
}

function writeConfiguration(books: Books, scratch: string, port: number): string {
  const file = join(scratch, `trytond-${port}.conf`);
  writeFileSync(file, [
    '[database]', `uri = ${books.uri('')}`, `path = ${scratch}`, '[web]', `listen = 127.0.0.1:${port}`,
    '[session]', 'authentications = password', '[password]', 'length = 8', 'entropy = 0.1', '',
  ].join('\n'), { mode: 0o600 });
  return file;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done); });
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => { server.close(done); });
  return port;
}
