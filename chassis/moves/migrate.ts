import { runMigrations } from 'graphile-worker';
import type { Database } from '../storage/database.ts';

/** The job library's own tables, in schema `graphile_worker`. */
export async function migrateMoves(database: Database): Promise<void> {
  await runMigrations({ pgPool: database.pool });
}
