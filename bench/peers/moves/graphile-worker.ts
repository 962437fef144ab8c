import { Logger, run, type Task } from 'graphile-worker';
import pg from 'pg';
import { askForAll, CONNECTIONS, HANDS, newCountdown, noneLeft, stepWork, type MovesPeer } from './peer.ts';

/** @source worker.graphile.org/docs/performance, the settings of its own figures */
const PRESET = { concurrentJobs: HANDS, maxPoolSize: HANDS + 1, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };

interface Payload {
  job: number;
  steps: number;
}

/** A careful user's task: every result is kept before the next step, and kept ones are read when a job is run again. */
export const openRemembering = (url: string) => open(url, true);

/** The bare task: a job that is run again begins from its first step. */
export const openForgetful = (url: string) => open(url, false);

async function open(url: string, remembers: boolean): Promise<MovesPeer> {
  const countdown = newCountdown();
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS - PRESET.maxPoolSize });
  await pool.query('create table steps (job_id bigint not null, step int not null, result jsonb not null, primary key (job_id, step))');

  const forgetful: Task = async (payload) => {
    const { job, steps } = payload as Payload;
    for (let step = 0; step < steps; step += 1) await stepWork(job, step);
    countdown.tick();
  };
  const remembering: Task = async (payload, { job: { id, attempts }, withPgClient }) => {
    const { job, steps } = payload as Payload;
    const known = new Set<number>();
    // The first run has nothing to read.
    if (attempts > 1) {
      const { rows } = await withPgClient((client) => client.query<{ step: number }>({ name: 'known', text: 'select step from steps where job_id = $1', values: [id] }));
      for (const row of rows) known.add(row.step);
    }
    for (let step = 0; step < steps; step += 1) {
      if (known.has(step)) continue;
      const result = await stepWork(job, step);
      await withPgClient((client) => client.query({ name: 'keep', text: 'insert into steps (job_id, step, result) values ($1, $2, $3)', values: [id, step, JSON.stringify(result)] }));
    }
    countdown.tick();
  };

  const runner = await run({
    preset: { worker: { connectionString: url, ...PRESET } }, taskList: { work: remembers ? remembering : forgetful }, parsedCronItems: [], noHandleSignals: true, logger: new Logger(() => () => undefined),
  });
  return {
    async prepare(count, steps) {
      countdown.add(count);
      return async () => {
        await askForAll(count, (job) => addJob(pool, { job, steps }));
        await countdown.over();
        await noneLeft(pool, 'select count(*)::int as left from graphile_worker.jobs');
      };
    },
    remembered: remembers ? async () => (await pool.query<{ count: number }>('select count(*)::int as count from steps')).rows[0]!.count : () => undefined,
    async close() {
      await runner.stop();
      await pool.end();
    },
  };
}

/** In a transaction, as beside a change of the caller's own. */
async function addJob(pool: pg.Pool, payload: Payload): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query({ name: 'add', text: 'select graphile_worker.add_job($1, $2)', values: ['work', JSON.stringify(payload)] });
    await client.query('commit');
  } finally {
    client.release();
  }
}
