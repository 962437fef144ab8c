import { Logger, run, runMigrations, type Task } from 'graphile-worker';
import pg from 'pg';
import { CONNECTIONS, factOf, HANDLE, HANDS, inBatches, type EventsPeer, type EventsPeerOptions, type Fact } from './peer.ts';

/** @source worker.graphile.org/docs/performance, the settings of its own figures */
const PRESET = { concurrentJobs: HANDS, maxPoolSize: HANDS + 1, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };

const ADD_MANY = 'select count(*) from graphile_worker.add_jobs(array(select json_populate_recordset(null::graphile_worker.job_spec, $1::json)))';

/** The same with a job queue: one job for every fact and group, asked for in the publisher's transaction. It keeps no order and no history. */
export async function openJobs({ url, groups }: EventsPeerOptions): Promise<EventsPeer> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS - PRESET.maxPoolSize });
  const options = { preset: { worker: { connectionString: url, ...PRESET } }, logger: new Logger(() => () => undefined) };
  await runMigrations(options);
  const names = Array.from({ length: groups }, (_, group) => `group-${group}`);
  return {
    publish: (count, way) => inBatches(count, way, (numbers) => addJobs(pool, numbers.flatMap((n) => names.map((identifier) => ({ identifier, payload: factOf(n) }))))),
    async subscribe(heard) {
      const taskOf = (group: number): Task => async (payload, { withPgClient }) => {
        const fact = payload as Fact;
        heard(group, fact);
        await withPgClient((client) => client.query({ name: 'handle', text: HANDLE, values: [names[group], fact.n] }));
      };
      const runner = await run({ ...options, taskList: Object.fromEntries(names.map((name, group) => [name, taskOf(group)])), parsedCronItems: [], noHandleSignals: true });
      return { stop: () => runner.stop() };
    },
    close: () => pool.end(),
  };
}

async function addJobs(pool: pg.Pool, jobs: { identifier: string; payload: Fact }[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const [only, ...others] = jobs;
    if (only && others.length === 0) await client.query({ name: 'add', text: 'select graphile_worker.add_job($1, $2)', values: [only.identifier, JSON.stringify(only.payload)] });
    else await client.query({ name: 'add many', text: ADD_MANY, values: [JSON.stringify(jobs)] });
    await client.query('commit');
  } finally {
    client.release();
  }
}
