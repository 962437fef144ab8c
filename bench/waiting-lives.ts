import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { sampleSettings } from '../test/process-apis/consumption-to-replenishment/samples.ts';
import { samplePolicy } from '../test/process-apis/procure-to-pay/samples.ts';
import { inChild, startChild } from './child.ts';
import { askDatabase, benchDatabase, type BenchDatabase } from './database.ts';
import { ratio, round, type BenchReport, type Subject } from './report.ts';
import { databaseSeconds } from './usage.ts';
import type { Answer } from './waiting.ts';
import type { Task as LivesTask } from './waiting-lives-process.ts';
import type { Task as WorkflowsTask } from './waiting-workflows-process.ts';

const LIVES = Number(process.env['BENCH_LIVES'] ?? 20_000);
/** As many as the peer can be asked to hold here. */
const WORKFLOWS = Number(process.env['BENCH_WORKFLOWS'] ?? 2_000);
const WATCHED_S = 20;
/** What a fresh process does once, such as a first look at everything, is over by then. */
const SETTLING_MS = 8_000;

/**
 * What open orders cost that only wait: the processes' deployable idle above a database without any order, and above one
 * with thousands of them. They get there on the real path, through their moves, above systems in memory. Beside them a
 * tenth as many workflows of a library for durable execution, which wait for a message.
 */
export async function waitingLives(): Promise<BenchReport> {
  const database = await benchDatabase();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-bench-keys-'));
  try {
    await ensureServiceKeys(keys, ['processes']);
    const config = configOf(database.url, keys);
    const waiting: LivesTask = { task: 'wait', config };
    const empty = await watch('no order', OURS, waiting, database, database.url);
    const filled = await inChild<LivesTask, Answer, 'filled'>(OURS, { task: 'fill', config: { ...config, deployables: { processes: { ...config.deployables['processes']!, apis: [...PROCESSES, ...SYSTEMS] } } }, lives: LIVES }, 'filled');
    const ours = await watch('callosum', OURS, waiting, database, database.url);
    const url = await database.create('workflows');
    await inChild<WorkflowsTask, Answer, 'filled'>(PEER, { task: 'fill', url, workflows: WORKFLOWS }, 'filled');
    const peer = await watch('DBOS', PEER, { task: 'wait', url, workflows: WORKFLOWS }, database, url);
    return {
      bench: 'waiting-lives', subjects: [{ ...ours, waiting: LIVES }, { ...empty, waiting: 0 }, { ...peer, waiting: WORKFLOWS }],
      ratios: [empty, peer].flatMap((other) => ['transactionsPerSecond', 'cpuPercent', 'databaseCpuPercent', 'rssMb', 'startCpuMs'].map((metric) => ratio(metric, ours, other))),
      states: await statesIn(database.url), databaseMb: await sizeOf(database.url), filledInSeconds: round(filled.seconds, 0),
      notes: [
        'figures of the process while nothing happens; databaseCpuPercent is the whole server, which still tidies up after the filling; startMs until everything waits again',
        'DBOS: workflows in DBOS.recv with a limit of a week, with its default settings, in a process that holds nothing else; callosum: the processes\' deployable with all that belongs to it, of which loading is most of startCpuMs',
      ],
    };
  } finally {
    await database.drop();
    await rm(keys, { recursive: true, force: true });
  }
}

const OURS = 'waiting-lives-process.ts';
const PEER = 'waiting-workflows-process.ts';
const PROCESSES = ['procure-to-pay', 'consumption-to-replenishment'];
const SYSTEMS = ['erp', 'ehr', 'procurement-network'];

function configOf(url: string, keys: string): PlatformConfig {
  return {
    environment: 'test', log: { level: 'warn' }, database: { url }, keys: { directory: keys },
    deployables: { processes: { port: 0, apis: PROCESSES, moveConcurrency: 24, databaseConnections: 20, grants: { processes: { scopes: ['erp:*', 'ehr:*', 'network:*'] } } } },
    apis: { 'procure-to-pay': samplePolicy(), 'consumption-to-replenishment': sampleSettings() },
  };
}

/** Starts what waits in a process of its own and looks at it while nothing happens. */
async function watch(name: string, file: string, task: LivesTask | WorkflowsTask, { directory }: BenchDatabase, url: string): Promise<Subject> {
  const child = startChild<LivesTask | WorkflowsTask, Answer>(file);
  try {
    const { startMs, startCpuMs } = await child.ask(task, 'ready');
    await sleep(SETTLING_MS);
    const [before, databaseBefore, committed] = [await child.ask({ task: 'figures' }, 'figures'), await databaseSeconds(directory), await transactionsOf(url)];
    await sleep(WATCHED_S * 1_000);
    const [after, databaseAfter, then] = [await child.ask({ task: 'figures' }, 'figures'), await databaseSeconds(directory), await transactionsOf(url)];
    return {
      name, transactionsPerSecond: round((then - committed) / WATCHED_S), cpuPercent: round((after.cpuMs - before.cpuMs) / (WATCHED_S * 10)),
      databaseCpuPercent: round((databaseAfter - databaseBefore) * 100 / WATCHED_S), rssMb: after.rssMb, startMs, startCpuMs,
    };
  } finally {
    await child.end();
  }
}

/** Asked from another database, so that the question does not count. */
async function transactionsOf(url: string): Promise<number> {
  const [row] = await askDatabase<{ committed: string }>(url, `select xact_commit::text as committed from pg_stat_database where datname = $1`, [nameOf(url)], 'postgres');
  return Number(row?.committed);
}

async function sizeOf(url: string): Promise<number> {
  const [row] = await askDatabase<{ size: string }>(url, 'select pg_database_size($1)::text as size', [nameOf(url)], 'postgres');
  return Math.round(Number(row?.size) / 1_048_576);
}

async function statesIn(url: string): Promise<Record<string, number>> {
  const found = await askDatabase<{ state: string; lives: number }>(url, 'select state, count(*)::int as lives from chassis.lives group by state order by state');
  return Object.fromEntries(found.map(({ state, lives }) => [state, lives]));
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
