import { assign, raise, setup } from 'xstate';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { bind, effects, type LifeDefinition } from '#chassis/lifecycle/life.ts';
import { move, type Move, type Run } from '#chassis/moves/move.ts';

/** Lives to test with: books that readers borrow, from the request until book and fee are settled. */
export interface Loan {
  reader: string;
  title: string;
  library?: string | undefined;
  asked: number;
  patienceMs: number;
}

export type LoanEvent =
  | { type: 'approve'; by?: string; note?: string } | { type: 'reject' } | { type: 'ask-more' } | { type: 'returned' } | { type: 'paid' }
  | { type: 'handed-out' } | { type: 'hand-out.failed' } | { type: 'extend' };

export const loanChart = setup({
  types: { context: {} as Loan, input: {} as Partial<Loan>, events: {} as LoanEvent, meta: {} as { workItem?: string } },
  actions: { ...effects('announceOpened', 'handOut'), countQuestion: assign({ asked: ({ context }) => context.asked + 1 }) },
  guards: { isPatient: ({ context }) => context.asked < 3 },
  delays: { patience: ({ context }) => context.patienceMs },
}).createMachine({
  context: ({ input }) => ({ reader: 'r-1', title: 'a book', asked: 0, patienceMs: 60_000, ...input }),
  initial: 'deciding',
  states: {
    deciding: {
      entry: 'announceOpened',
      meta: { workItem: 'approval' },
      on: { 'approve': 'lent', 'reject': 'rejected', 'ask-more': { guard: 'isPatient', actions: 'countQuestion' } },
      after: { patience: 'forgotten' },
    },
    lent: {
      entry: 'handOut',
      type: 'parallel',
      states: {
        book: { initial: 'out', states: { out: { on: { returned: 'back' } }, back: { type: 'final' } } },
        fee: { initial: 'open', states: { open: { on: { paid: 'settled' } }, settled: { type: 'final' } } },
      },
      onDone: 'closed',
    },
    rejected: { type: 'final' },
    forgotten: { type: 'final' },
    closed: { type: 'final' },
  },
});

export interface LoanOptions {
  process?: string;
  handOut?: (run: Run, loan: { title: string }) => Promise<unknown>;
  definition?: Partial<LifeDefinition<Loan>>;
}

/** Makes loans known to a platform, under a name of their own where a test needs several. */
export function defineLoans(platform: Platform, { process = 'loans', handOut = async () => undefined, definition = {} }: LoanOptions = {}): void {
  const handing: Move<{ title: string }> = move('hand-out', async (run, loan: { title: string }) => {
    await handOut(run, loan);
    return { type: 'handed-out' };
  });
  platform.lives.register<Loan>({
    process, version: 1, tier: 'standard', machine: loanChart,
    keys: (loan) => ({ reader: loan.reader, title: [loan.title] }),
    facility: (loan) => loan.library,
    moves: { handOut: bind(handing, ({ title }: Loan) => ({ title })) },
    announcements: { announceOpened: (loan) => ({ type: 'thing.happened.v1', subject: loan.title, data: { title: loan.title } }) },
    workItems: { approval: (loan) => ({ owner: 'role:librarian', title: `May ${loan.reader} have ${loan.title}?`, facts: { asked: loan.asked }, resolutions: ['approve', 'reject', 'ask-more'] }) },
    defers: ['returned', 'paid'],
    ...definition,
  });
  platform.moves.register(process, 'standard', [handing], async (tx, lifeId, outcome) => { await platform.lives.apply(tx, lifeId, outcome); });
}

/** A chart that sends an event to itself at once, and remembers where it was. */
export const forgetfulChart = setup({
  types: { events: {} as { type: 'go' } | { type: 'pause' } | { type: 'resume' } | { type: 'next' } },
}).createMachine({
  initial: 'starting',
  states: {
    starting: { entry: raise({ type: 'go' }), on: { go: 'working' } },
    working: {
      initial: 'first',
      on: { pause: 'paused' },
      states: { first: { on: { next: 'second' } }, second: {}, last: { type: 'history' } },
    },
    paused: { on: { resume: 'working.last' } },
  },
});
