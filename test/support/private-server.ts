import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmbeddedPostgres } from '../../chassis/storage/embedded-postgres.ts';
import type { EmbeddedPostgres } from '../../chassis/storage/embedded-postgres.ts';
import { dataDirectoryOf, locateHome } from '../../chassis/storage/postgres-account.ts';
import { findPostmaster, isAlive, isGone } from '../../chassis/storage/postmaster.ts';

const PREFIX = 'callosum-test-';
const STATE = 'postgres';

export type PrivateServer = {
  /** Address of the maintenance database. */
  url: string;
  directory: string;
  postmaster: number;
  /** Stop the server and delete everything it kept. */
  dispose(): Promise<void>;
};

/**
 * A PostgreSQL server for this process alone: fast, without durability, in a temporary directory that carries the
 * process id, so that a later run can clear away what a killed one left behind.
 */
export async function startPrivateServer(): Promise<PrivateServer> {
  await removeAbandonedServers();
  const home = makeTemporaryHome();
  let server: EmbeddedPostgres;
  try {
    server = await startEmbeddedPostgres({ directory: home.directory, durability: 'none' });
  } catch (error) {
    home.remove();
    throw error;
  }
  return {
    url: server.url(),
    directory: home.directory,
    postmaster: findPostmaster(dataDirectoryOf(server.directory))?.pid ?? 0,
    dispose: async () => {
      await server.stop();
      home.remove();
    },
  };
}

/** A directory for the state of one server, inside a temporary one that carries the process id. */
export function makeTemporaryHome(): { directory: string; parent: string; remove: () => void } {
  const parent = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // Run as root, the server is another user, who has to get through.
  chmodSync(parent, 0o711);
  return { directory: join(parent, STATE), parent, remove: () => remove(parent) };
}

/** Stop and delete the private servers whose owner is gone. */
export async function removeAbandonedServers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const directory = join(tmpdir(), name);
    const found = lstatSync(directory, { throwIfNoEntry: false });
    if (!found?.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) continue;
    await endServer(dataDirectoryOf(locateHome(join(directory, STATE))));
    remove(directory);
  }
}

async function endServer(data: string): Promise<void> {
  const postmaster = findPostmaster(data);
  if (!postmaster) return;
  // Nothing is worth writing any more.
  process.kill(postmaster.pid, 'SIGQUIT');
  if (!(await isGone(postmaster.pid, data, 15_000))) {
    throw new Error(`The abandoned test server in ${data} (process ${postmaster.pid}) does not end`);
  }
}

function remove(directory: string): void {
  const options = { recursive: true, force: true, maxRetries: 5 };
  rmSync(locateHome(join(directory, STATE)), options);
  rmSync(directory, options);
}
