import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { sampleSettings } from '../test/process-apis/consumption-to-replenishment/samples.ts';
import { samplePolicy } from '../test/process-apis/procure-to-pay/samples.ts';
import { benchDatabase } from './database.ts';
import { printReport, ratio, round, type BenchReport, type Subject } from './report.ts';
import type { Answer, Task } from './waiting-lives-process.ts';

const LIVES = Number(process.env['BENCH_LIVES'] ?? 20_000);
const WATCHED_S = 20;
/** What a fresh process does once, such as a first look at everything, is over by then. */
const SETTLING_MS = 8_000;

/**
 * What open orders cost that only wait: the processes' deployable idle above a database without any order, and above one
 * with thousands of them. They get there on the real path, through their moves, above systems in memory.
 */
export async function waitingLives(): Promise<BenchReport> {
  const database = await benchDatabase();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-bench-keys-'));
  try {
    await ensureServiceKeys(keys, ['processes']);
    const config = configOf(database.url, keys);
    const empty = await watch('no order', config, database.url);
    const filled = await inChild({ task: 'fill', config: { ...config, deployables: { processes: { ...config.deployables['processes']!, apis: [...PROCESSES, ...SYSTEMS] } } }, lives: LIVES }, 'filled');
    const ours = await watch('callosum', config, database.url);
    return {
      bench: 'waiting-lives', subjects: [{ ...ours, lives: LIVES }, { ...empty, lives: 0 }], ratios: [ratio('transactionsPerSecond', ours, empty), ratio('cpuPercent', ours, empty), ratio('rssMb', ours, empty)],
      states: await statesIn(database.url), databaseMb: await sizeOf(database.url), filledInSeconds: round(filled.seconds, 0),
    };
  } finally {
    await database.drop();
    await rm(keys, { recursive: true, force: true });
  }
}

const PROCESSES = ['procure-to-pay', 'consumption-to-replenishment'];
const SYSTEMS = ['erp', 'ehr', 'procurement-network'];

function configOf(url: string, keys: string): PlatformConfig {
  return {
    environment: 'test', log: { level: 'warn' }, database: { url }, keys: { directory: keys },
    deployables: { processes: { port: 0, apis: PROCESSES, moveConcurrency: 24, databaseConnections: 20, grants: { processes: { scopes: ['erp:*', 'ehr:*', 'network:*'] } } } },
    apis: { 'procure-to-pay': samplePolicy(), 'consumption-to-replenishment': sampleSettings() },
  };
}

/** Starts the deployable in a process of its own and looks at it while nothing happens. */
async function watch(name: string, config: PlatformConfig, url: string): Promise<Subject> {
  const child = start();
  try {
    const { startMs, startCpuMs } = await ask(child, { task: 'wait', config }, 'ready');
    await sleep(SETTLING_MS);
    const [before, committed] = [await ask(child, { task: 'figures' }, 'figures'), await transactionsOf(url)];
    await sleep(WATCHED_S * 1_000);
    const [after, then] = [await ask(child, { task: 'figures' }, 'figures'), await transactionsOf(url)];
    return { name, transactionsPerSecond: round((then - committed) / WATCHED_S), cpuPercent: round((after.cpuMs - before.cpuMs) / (WATCHED_S * 10)), rssMb: after.rssMb, startMs, startCpuMs };
  } finally {
    await end(child);
  }
}

async function inChild<Said extends Answer['said']>(task: Task, said: Said): Promise<Extract<Answer, { said: Said }>> {
  const child = start();
  try {
    return await ask(child, task, said);
  } finally {
    await end(child);
  }
}

function start(): ChildProcess {
  return fork(path.join(import.meta.dirname, 'waiting-lives-process.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function ask<Said extends Answer['said']>(child: ChildProcess, task: Task, said: Said): Promise<Extract<Answer, { said: Said }>> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null) => reject(new Error(`the process ended with ${code} before it had ${said}`));
    child.once('exit', gone);
    child.once('message', (answer: Answer) => {
      child.off('exit', gone);
      if (answer.said === said) resolve(answer as Extract<Answer, { said: Said }>);
      else reject(new Error(`said ${answer.said} and not ${said}`));
    });
    child.send(task);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.send({ task: 'end' } satisfies Task);
  await exited;
}

/** Asked from another database, so that the question does not count. */
async function transactionsOf(url: string): Promise<number> {
  const [row] = await rows<{ committed: string }>(url, 'postgres', `select xact_commit::text as committed from pg_stat_database where datname = $1`, [new URL(url).pathname.slice(1)]);
  return Number(row?.committed);
}

async function sizeOf(url: string): Promise<number> {
  const [row] = await rows<{ size: string }>(url, 'postgres', 'select pg_database_size($1)::text as size', [new URL(url).pathname.slice(1)]);
  return Math.round(Number(row?.size) / 1_048_576);
}

async function statesIn(url: string): Promise<Record<string, number>> {
  const found = await rows<{ state: string; lives: number }>(url, new URL(url).pathname.slice(1), 'select state, count(*)::int as lives from chassis.lives group by state order by state');
  return Object.fromEntries(found.map(({ state, lives }) => [state, lives]));
}

async function rows<R extends pg.QueryResultRow>(url: string, database: string, text: string, values: unknown[] = []): Promise<R[]> {
  const address = new URL(url);
  address.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: address.href });
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}

if (import.meta.main) {
  const report = await waitingLives();
  if (process.argv.includes('--json')) console.log(JSON.stringify(report));
  else printReport(report);
}
