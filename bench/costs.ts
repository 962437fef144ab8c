import { askDatabase } from './database.ts';
import { databaseSeconds, processSeconds } from './usage.ts';

/** What some work cost. Time depends on what else the machine does; the rest hardly does. */
export interface Costs {
  seconds: number;
  /** Of this process. */
  nodeCpuMs: number;
  /** Of the database and, where there is one, the broker. */
  serverCpuMs: number;
  /** Transactions that wrote something, savepoints of their own included. */
  writes: number;
  walKb: number;
}

/** Servers that do nothing but what is measured. */
export interface Servers {
  url: string;
  directory: string;
  broker?: number | undefined;
}

/** Measures work of this process and of its servers. */
export async function costsOf(servers: Servers, work: () => Promise<void>): Promise<Costs> {
  const end = startMeter(servers, await read(servers));
  await work();
  return end();
}

/** From now on until what is returned is called. */
export function startMeter(servers: Servers, before: Reading | Promise<Reading> = read(servers)): () => Promise<Costs> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  return async () => {
    const seconds = (performance.now() - started) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    const [first, last] = [await before, await read(servers)];
    return {
      seconds, nodeCpuMs: (user + system) / 1_000, serverCpuMs: (last.serverSeconds - first.serverSeconds) * 1_000,
      writes: last.transactions - first.transactions, walKb: (last.walBytes - first.walBytes) / 1_024,
    };
  };
}

interface Reading {
  serverSeconds: number;
  transactions: number;
  walBytes: number;
}

/** Transactions and log are counted at once, unlike the statistics of sessions, which come in up to some seconds later. */
async function read({ url, directory, broker }: Servers): Promise<Reading> {
  const serverSeconds = await databaseSeconds(directory) + (broker === undefined ? 0 : await processSeconds(broker));
  const [row] = await askDatabase<{ transactions: number; walBytes: number }>(
    url, `select pg_snapshot_xmax(pg_current_snapshot())::text::float8 as transactions, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as "walBytes"`);
  return { serverSeconds, ...row! };
}
