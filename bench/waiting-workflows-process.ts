import { setTimeout as sleep } from 'node:timers/promises';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { carryOut } from './child.ts';
import { cpuMs, figures, type Answer } from './waiting.ts';

/** What the benchmark asks of this process. */
export type Task = { task: 'fill' | 'wait'; url: string; workflows: number } | { task: 'figures' };

const PATIENCE_S = 7 * 86_400;
let waiting = 0;

/** Waits for an answer as an order waits for its approval. */
const order = DBOS.registerWorkflow(async () => {
  waiting += 1;
  await DBOS.recv('approval', { timeoutSeconds: PATIENCE_S });
}, { name: 'order' });

carryOut<Task, Answer>(async (task) => {
  if (task.task === 'figures') return figures();
  const started = performance.now();
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: task.url, executorID: 'bench', applicationVersion: 'bench@1', logLevel: 'error' });
  await DBOS.launch();
  if (task.task === 'fill') for (let number = 0; number < task.workflows; number += 1) await DBOS.startWorkflow(order, { workflowID: `PO-${number}` })();
  // After a start those of the last run are taken up again.
  while (waiting < task.workflows) await sleep(20);
  const startMs = Math.round(performance.now() - started);
  return task.task === 'fill' ? { said: 'filled', seconds: startMs / 1_000 } : { said: 'ready', startMs, startCpuMs: cpuMs() };
}, () => DBOS.shutdown());
