import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureDatabase, startEmbeddedPostgres } from '#chassis/storage/embedded-postgres.ts';

/** A PostgreSQL of the benchmark's own, as durable as the platform's. */
export async function benchDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'callosum-bench-'));
  const postgres = await startEmbeddedPostgres({ directory: path.join(directory, 'postgres') });
  await ensureDatabase(postgres.url(), 'bench');
  return {
    url: postgres.url('bench'),
    async drop() {
      await postgres.stop();
      await rm(postgres.directory, { recursive: true, force: true });
      await rm(directory, { recursive: true, force: true });
    },
  };
}
