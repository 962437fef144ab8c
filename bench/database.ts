import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { ensureDatabase, startEmbeddedPostgres } from '#chassis/storage/embedded-postgres.ts';

export interface BenchDatabase {
  url: string;
  /** Where the server keeps its state, by which its processes are found. */
  directory: string;
  /** An empty database beside the first one. */
  create(name: string): Promise<string>;
  drop(): Promise<void>;
}

/** A PostgreSQL of the benchmark's own, as durable as the platform's. */
export async function benchDatabase(): Promise<BenchDatabase> {
  const directory = await mkdtemp(path.join(tmpdir(), 'callosum-bench-'));
  const postgres = await startEmbeddedPostgres({ directory: path.join(directory, 'postgres') });
  const create = async (name: string) => {
    await ensureDatabase(postgres.url(), name);
    return postgres.url(name);
  };
  return {
    url: await create('bench'), directory: postgres.directory, create,
    async drop() {
      await postgres.stop();
      await rm(postgres.directory, { recursive: true, force: true });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Asked over a connection of its own, in the database of the address or in another one of the server. */
export async function askDatabase<R extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = [], database?: string): Promise<R[]> {
  const address = new URL(url);
  if (database) address.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: address.href });
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}
