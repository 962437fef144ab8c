import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { keepPartitions, makePartitions } from '#chassis/events/partitions.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { startProbe } from '../test/support/probe.ts';
import { eventually } from '../test/support/eventually.ts';
import { benchDatabase } from './database.ts';
import { round, type BenchReport, type Subject } from './report.ts';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 1_000_000);
const DAYS = 20;
const KEPT_DAYS = 5;
const TYPE = 'thing.happened.v1';
const MB = 1_048_576;

/** Disk that events take over twenty days of which five are kept: what is told, handled by a group and forgotten again. */
export async function eventStorage(): Promise<BenchReport> {
  const server = await benchDatabase();
  const log = createLog('bench', 'error');
  const database = openDatabase({ url: server.url, log, maxConnections: 4 });
  let handled = 0;
  const probe = await startProbe(server.url, (platform) => platform.subscribe({ group: 'bench', types: [TYPE], handle: async () => { handled += 1; } }), { name: 'bench' });
  const subjects: Subject[] = [];
  try {
    for (let day = 1; day <= DAYS; day += 1) {
      const began = performance.now();
      const daysAgo = DAYS - day + 2;
      await tell(database, 1, daysAgo);
      // As on that day: what is kept is counted from it.
      const keep = { eventsDays: daysAgo + KEPT_DAYS, groupsDays: 30 };
      await makePartitions(database, keep, log);
      await tell(database, EVENTS / DAYS - 1, daysAgo);
      await eventually(() => handled >= day * EVENTS / DAYS, 600_000);
      await keepPartitions(database, keep, log);
      await database.query('checkpoint');
      subjects.push({ name: `day ${day}`, told: day * EVENTS / DAYS, ...await sizes(database, server.directory), seconds: round((performance.now() - began) / 1_000, 1) });
    }
    const most = (figure: string) => Math.max(...subjects.map((each) => Number(each[figure])));
    const atFull = subjects[KEPT_DAYS + 1]!;
    return {
      bench: 'event-storage', subjects,
      ratios: ['logMb', 'inboxMb', 'databaseMb'].map((metric) => ({ metric, ours: 'the most of any day', peer: `day ${KEPT_DAYS + 2}, the first on which as much is dropped as told`, ratio: round(most(metric) / Number(atFull[metric])) })),
    };
  } finally {
    await probe.stop();
    await database.close();
    await server.drop();
  }
}

async function tell(database: Database, count: number, daysAgo: number): Promise<void> {
  const most = 10_000;
  for (let left = count; left > 0; left -= most) {
    await database.query(
      `insert into chassis.events (id, type, source, subject, facility, data, correlation_id, traceparent, keys, at)
       select gen_random_uuid(), $1, 'bench', 'order-' || n % 1000, 'north', jsonb_build_object('orderNumber', 'PO' || n, 'note', repeat('x', 300)), gen_random_uuid()::text,
         '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', array['order:PO' || n, 'facility:north'], date_trunc('day', now()) - $3::int * interval '1 day' + n * interval '1 millisecond'
       from generate_series(1, $2::int) n`, [TYPE, Math.min(left, most), daysAgo]);
  }
}

async function sizes(database: Database, directory: string): Promise<Record<string, number>> {
  const [row] = await database.query<{ partitions: number; kept: number; log_mb: number; inbox_mb: number; database_mb: number }>(
    `select (select count(*) from chassis.event_partitions where to_at <= now()) as partitions, (select count(*) from chassis.events) as kept,
       (select sum(pg_total_relation_size(relid)) from pg_partition_tree('chassis.events') where isleaf)::float8 / ${MB} as log_mb,
       (select sum(pg_total_relation_size(relid)) from pg_partition_tree('chassis.inbox') where isleaf)::float8 / ${MB} as inbox_mb,
       pg_database_size(current_database())::float8 / ${MB} as database_mb`);
  const [directoryBytes, walBytes] = await Promise.all([bytesIn(directory), bytesIn(path.join(directory, 'data', 'pg_wal'))]);
  return {
    partitions: row!.partitions, kept: row!.kept, logMb: round(row!.log_mb, 1), inboxMb: round(row!.inbox_mb, 1), databaseMb: round(row!.database_mb, 1),
    directoryMb: round(directoryBytes / MB, 1), ofItWalMb: round(walBytes / MB, 1),
  };
}

/** The server makes and removes files meanwhile. */
async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const sums = await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => stat(path.join(entry.parentPath, entry.name)).then(({ size }) => size, (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return 0;
  })));
  return sums.reduce((sum, size) => sum + size, 0);
}
