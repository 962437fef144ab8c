import { setup } from 'xstate';
import { bind, effects } from '#chassis/lifecycle/life.ts';
import { move } from '#chassis/moves/move.ts';
import { startProbe, type Probe } from '../../../test/support/probe.ts';
import { askForAll, CONNECTIONS, HANDS, newCountdown, noneLeft, stepWork, type MovesPeer } from './peer.ts';

interface Job {
  job: number;
  steps: number;
}

const chart = setup({
  types: { context: {} as Job, input: {} as Job, events: {} as { type: 'go' } | { type: 'worked'; number: string } },
  actions: effects('work'),
}).createMachine({
  context: ({ input }) => input,
  initial: 'resting',
  states: { resting: { on: { go: 'working' } }, working: { entry: 'work', on: { worked: 'over' } }, over: { type: 'final' } },
});

/** Moves with nothing around them: asked for in a transaction and run, as the peers do it. Nobody takes their report. */
export const openEngine = (url: string) => open(url, async ({ probe, lives }) => {
  await askForAll(lives.length, (job) => probe.tx((tx) => probe.platform.moves.enqueue(tx, { process: 'alone', lifeId: lives[job]!.id, name: 'work', input: lives[job]!.input })));
});

/** As the platform uses them: a life's transition asks for the move, and the move's report is the life's next transition. */
export const openWithLife = (url: string) => open(url, async ({ probe, lives }) => {
  await askForAll(lives.length, (job) => probe.tx((tx) => probe.platform.lives.apply(tx, lives[job]!.id, { type: 'go' })));
});

interface Prepared {
  probe: Probe;
  lives: { id: string; input: { job: number; steps: number } }[];
}

async function open(url: string, askForMoves: (prepared: Prepared) => Promise<void>): Promise<MovesPeer> {
  const countdown = newCountdown();
  let batch = 0;
  const work = move('work', async (run, { job, steps }: Job) => {
    let last = '';
    for (let step = 0; step < steps; step += 1) last = (await run.step(`step ${step}`, () => stepWork(job, step))).number;
    countdown.tick();
    return { type: 'worked', number: last };
  });
  const probe = await startProbe(url, ({ lives, moves }) => {
    lives.register<Job>({
      process: 'jobs', version: 1, tier: 'standard', machine: chart, keys: ({ job }) => ({ job: String(job) }), facility: () => undefined,
      moves: { work: bind(work, (context: Job) => context) }, announcements: {}, workItems: {},
    });
    moves.register('jobs', 'standard', [work], async (tx, lifeId, outcome) => { await lives.apply(tx, lifeId, outcome); });
    moves.register('alone', 'standard', [work], async () => undefined);
  }, { name: 'bench', moveConcurrency: HANDS, databaseConnections: CONNECTIONS });
  const { database, lives } = probe.platform;
  return {
    async prepare(count, steps) {
      batch += 1;
      countdown.add(count);
      const made: Prepared['lives'] = [];
      await askForAll(count, async (job) => {
        const input = { job, steps };
        made[job] = { id: (await probe.tx((tx) => lives.start(tx, 'jobs', input, { identity: `${batch}-${job}` }))).id, input };
      });
      return async () => {
        await askForMoves({ probe, lives: made });
        await countdown.over();
        await noneLeft(database.pool, `select count(*)::int as left from chassis.moves where status <> 'done'`);
      };
    },
    async remembered() {
      return (await database.query<{ count: number }>('select count(*)::int as count from chassis.move_steps'))[0]!.count;
    },
    close: probe.stop,
  };
}
