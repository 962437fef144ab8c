import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { askForAll, CONNECTIONS, HANDS, newCountdown, noneLeft, stepWork, type MovesPeer } from './peer.ts';

/** By default a second; as low as still brings more jobs. */
const POLL_MS = 20;

/** Asked for through its queue, which is as durable as an insert. */
export const openQueued = (url: string) => open(url, (work) => async (count, steps) => {
  await askForAll(count, (job) => DBOS.startWorkflow(work, { queueName: 'jobs' })(job, steps));
});

/** Called where it is wanted: as many at once as have hands elsewhere. */
export const openDirect = (url: string) => open(url, (work) => async (count, steps) => {
  await askForAll(count, (job) => work(job, steps), HANDS);
});

type Work = (job: number, steps: number) => Promise<void>;

async function open(url: string, way: (work: Work) => (count: number, steps: number) => Promise<void>): Promise<MovesPeer> {
  const countdown = newCountdown();
  const work = DBOS.registerWorkflow(async (job: number, steps: number) => {
    for (let step = 0; step < steps; step += 1) await DBOS.runStep(() => stepWork(job, step), { name: `step ${step}` });
    countdown.tick();
  }, { name: 'work' });
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, systemDatabasePoolSize: CONNECTIONS, applicationVersion: 'bench@1', logLevel: 'error' });
  await DBOS.launch();
  await DBOS.registerQueue('jobs', { workerConcurrency: HANDS, minPollingIntervalMs: POLL_MS });
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  const carryOut = way(work);
  return {
    async prepare(count, steps) {
      countdown.add(count);
      return async () => {
        await carryOut(count, steps);
        await countdown.over();
        await noneLeft(pool, `select count(*)::int as left from dbos.workflow_status where status in ('ENQUEUED', 'PENDING')`);
      };
    },
    remembered: async () => (await pool.query<{ count: number }>('select count(*)::int as count from dbos.operation_outputs')).rows[0]!.count,
    async close() {
      await DBOS.shutdown();
      await pool.end();
    },
  };
}
