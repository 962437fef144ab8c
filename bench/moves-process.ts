import { carryOut } from './child.ts';
import { costsOf, type Costs, type Servers } from './costs.ts';
import type { MovesPeer } from './peers/moves/peer.ts';
import { SUBJECTS, type SubjectName } from './peers/moves/subjects.ts';

/** What the benchmark asks of its child processes, and what they answer. */
export type Task = { task: 'measure'; subject: SubjectName; url: string; directory: string; steps: readonly number[]; seconds: number };
export type Answer = { said: 'measured'; kinds: { jobs: number; costs: Costs }[]; rssMb: number };

/** Steps, in whatever number of jobs. */
const WARM_UP = 120;

carryOut<Task, Answer>(async ({ subject, url, directory, steps, seconds }) => {
  const peer = await (await SUBJECTS[subject]())(url);
  const kinds: Answer['kinds'] = [];
  for (const each of steps) {
    const few = Math.ceil(WARM_UP / each);
    const warm = await measure(peer, { url, directory }, few, each);
    const jobs = Math.round(Math.max(few, few / warm.seconds * seconds));
    kinds.push({ jobs, costs: await measure(peer, { url, directory }, jobs, each) });
  }
  const rssMb = Math.round(process.memoryUsage.rss() / 1_048_576);
  await peer.close();
  return { said: 'measured', kinds, rssMb };
});

async function measure(peer: MovesPeer, servers: Servers, jobs: number, steps: number): Promise<Costs> {
  const go = await peer.prepare(jobs, steps);
  const before = await peer.remembered();
  const costs = await costsOf(servers, go);
  const after = await peer.remembered();
  if (before !== undefined && after !== before + jobs * steps) throw new Error(`${after! - before} steps are remembered of ${jobs * steps}`);
  return costs;
}
