import { inChild } from './child.ts';
import { benchDatabase } from './database.ts';
import type { Answer, Task } from './moves-process.ts';
import { SUBJECTS, type SubjectName } from './peers/moves/subjects.ts';
import { median, ratio, round, type BenchReport, type Subject } from './report.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
/** About how long each is measured with each number of steps in each round. */
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2.5);
const STEPS = [1, 2, 10];

/**
 * Short durable jobs of one, two and ten steps whose work is nothing: what is left is what remembering costs. Ours alone
 * and with the life that asks for it, against a job queue whose user remembers steps by hand, and against a library for
 * durable workflows; each in a process of its own, on the same server, in turns.
 */
export async function moves(): Promise<BenchReport> {
  const names = Object.keys(SUBJECTS) as SubjectName[];
  const found = new Map<SubjectName, Answer[]>(names.map((name) => [name, []]));
  const database = await benchDatabase();
  try {
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      for (const [at, name] of names.entries()) {
        const url = await database.create(`peer_${turn}_${at}`);
        found.get(name)!.push(await inChild<Task, Answer, 'measured'>('moves-process.ts', { task: 'measure', subject: name, url, directory: database.directory, steps: STEPS, seconds: SECONDS }, 'measured'));
      }
    }
  } finally {
    await database.drop();
  }
  const subjects = new Map(names.map((name) => [name, subjectOf(name, found.get(name)!)]));
  const against = (ours: SubjectName, peer: SubjectName) => STEPS.flatMap((steps) => [`perSecond${steps}`, `cpuMs${steps}`].map((metric) => ratio(metric, subjects.get(ours)!, subjects.get(peer)!)));
  return {
    bench: 'moves', subjects: [...subjects.values()],
    ratios: [...against('callosum', 'graphile-worker'), ...against('callosum', 'DBOS by queue'), ...against('callosum', 'DBOS direct'), ...against('callosum with its life', 'graphile-worker'), ...against('callosum with its life', 'DBOS by queue')],
    notes: [
      'the number in a figure is that of the steps: perSecond2 are jobs of two steps a second, cpuMs2 milliseconds of processor time for one, nodeMs2 the part of that in the process',
      'callosum: asked for in a transaction, run, each step remembered, ended; callosum with its life: asked for by a transition of its life, its report taken as the next transition',
      'graphile-worker with the settings of its authors\' figures, one insert a step; without memory: a repeat begins anew',
    ],
  };
}

/** Middle values over the rounds, each for one job. */
function subjectOf(name: SubjectName, rounds: readonly Answer[]): Subject {
  const figures = STEPS.flatMap((steps, at) => {
    const kinds = rounds.map(({ kinds: all }) => all[at]!);
    const each = (of: (kind: Answer['kinds'][number]) => number) => round(median(kinds.map(of)));
    return [
      [`perSecond${steps}`, each(({ jobs, costs }) => jobs / costs.seconds)],
      [`cpuMs${steps}`, each(({ jobs, costs }) => (costs.nodeCpuMs + costs.serverCpuMs) / jobs)],
      [`nodeMs${steps}`, each(({ jobs, costs }) => costs.nodeCpuMs / jobs)],
      [`writes${steps}`, each(({ jobs, costs }) => costs.writes / jobs)],
      [`walKb${steps}`, each(({ jobs, costs }) => costs.walKb / jobs)],
    ] as const;
  });
  return { name, ...Object.fromEntries(figures), rssMb: median(rounds.map(({ rssMb }) => rssMb)) };
}
