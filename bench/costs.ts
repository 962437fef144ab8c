import { askDatabase } from './database.ts';
import { databaseSeconds } from './usage.ts';

/** What some work cost. Time depends on what else the machine does; the rest hardly does. */
export interface Costs {
  seconds: number;
  /** Of this process. */
  nodeCpuMs: number;
  databaseCpuMs: number;
  /** Transactions that wrote something, savepoints of their own included. */
  writes: number;
  walKb: number;
}

/** Measures work of this process and of a database server that does nothing else. */
export async function costsOf(server: { url: string; directory: string }, work: () => Promise<void>): Promise<Costs> {
  const before = await written(server.url);
  const database = await databaseSeconds(server.directory);
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const databaseCpuMs = (await databaseSeconds(server.directory) - database) * 1_000;
  const after = await written(server.url);
  return { seconds, nodeCpuMs: (user + system) / 1_000, databaseCpuMs, writes: after.transactions - before.transactions, walKb: (after.walBytes - before.walBytes) / 1_024 };
}

/** Counted at once, unlike the statistics of sessions, which come in up to some seconds later. */
async function written(url: string): Promise<{ transactions: number; walBytes: number }> {
  const [row] = await askDatabase<{ transactions: number; walBytes: number }>(
    url, `select pg_snapshot_xmax(pg_current_snapshot())::text::float8 as transactions, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as "walBytes"`);
  return row!;
}
