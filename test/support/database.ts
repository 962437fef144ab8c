import { randomBytes } from 'node:crypto';

import pg from 'pg';

import { startPrivateServer } from './private-server.ts';
import type { PrivateServer } from './private-server.ts';

export type TestDatabase = {
  url: string;
  /** Ends the sessions that are still open and removes the database. */
  drop(): Promise<void>;
};

const OBJECT_IN_USE = '55006';

let ownServer: Promise<PrivateServer> | undefined;

/**
 * A fresh, empty database for one test or one file of tests.
 *
 * It lives on the server that `npm test` started for all files (CALLOSUM_TEST_DATABASE_URL), or, when a file is run by
 * itself, on a server of its own that goes away with the file.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = process.env['CALLOSUM_TEST_DATABASE_URL'] ?? (await (ownServer ??= startOwnServer())).url;
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(adminUrl, `create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => drop(adminUrl, name) };
}

/**
 * The server itself waits some seconds for sessions that are just being closed: ended by force, one of them would fail in
 * whoever has let go of it already. What is still open after that is ended.
 */
async function drop(adminUrl: string, name: string): Promise<void> {
  try {
    await administer(adminUrl, `drop database if exists ${name}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === OBJECT_IN_USE)) throw error;
    await administer(adminUrl, `drop database if exists ${name} with (force)`);
  }
}

async function administer(adminUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function startOwnServer(): Promise<PrivateServer> {
  const server = await startPrivateServer();
  // No hook of the test runner: those run in the order in which they were made, this one before those of the file.
  process.once('beforeExit', () => { void server.dispose(); });
  return server;
}
