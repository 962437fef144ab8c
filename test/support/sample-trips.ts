import { setup } from 'xstate';
import type { Client } from '#chassis/contract/connect.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { bind, effects } from '#chassis/lifecycle/life.ts';
import { move } from '#chassis/moves/move.ts';
import { depot, type DepotOperations } from './sample-apis.ts';

/** Lives whose one move carries three boxes to the depot, and a process that ends itself at a named point on the way. */
export interface TripOptions {
  process: string;
  /** The last step fails for good, so that all is taken back. */
  failing?: boolean;
  /** Called at each point of the way. */
  at?: (point: string) => Promise<void> | void;
  boxes?: Client<DepotOperations>;
}

export const FORWARD_POINTS = ['before-1', 'during-1', 'after-1', 'during-2', 'after-2', 'during-3', 'before-end', 'in-end', 'after-end'] as const;
export const BACKWARD_POINTS = ['before-undo-3', 'during-undo-3', 'during-undo-2', 'during-undo-1', 'in-end', 'after-end'] as const;

const tripChart = setup({
  types: { events: {} as { type: 'arrived' } | { type: 'carry.failed' }, context: {} as { name: string }, input: {} as { name: string } },
  actions: effects('carry'),
}).createMachine({
  context: ({ input }) => input,
  initial: 'going',
  states: { going: { entry: 'carry', on: { 'arrived': 'home', 'carry.failed': 'stranded' } }, home: { type: 'final' }, stranded: { type: 'final' } },
});

export function defineTrips(platform: Platform, { process, failing = false, at = () => undefined, boxes = platform.connect(depot) }: TripOptions): void {
  const carry = move('carry', async (run, { name }: { name: string }) => {
    for (const number of [1, 2, 3]) {
      await at(`before-${number}`);
      await run.step(`carry ${number}`, async (idempotencyKey) => {
        const stored = await boxes.storeBox({ body: { label: `${name}-${number}`, weight: 1 } }, { idempotencyKey });
        await at(`during-${number}`);
        return stored;
      }, {
        async undo(stored, idempotencyKey) {
          await at(`before-undo-${number}`);
          await boxes.removeBox({ label: stored.label }, { idempotencyKey });
          await at(`during-undo-${number}`);
        },
      });
      await at(`after-${number}`);
    }
    if (failing) await run.step('cross the river', async () => { throw new ApiError('refused', 'There is no bridge.'); });
    await at('before-end');
    return { type: 'arrived' };
  });
  platform.lives.register<{ name: string }>({
    process, version: 1, tier: 'standard', machine: tripChart, keys: () => ({}), facility: () => undefined,
    moves: { carry: bind(carry, ({ name }: { name: string }) => ({ name })) }, announcements: {}, workItems: {},
  });
  platform.moves.register(process, 'standard', [carry], async (tx, lifeId, outcome) => {
    await platform.lives.apply(tx, lifeId, outcome);
    await at('in-end');
    tx.afterCommit(() => { void at('after-end'); });
  });
}

/** Sets out once; a second start with the same name is the same trip. */
export async function setOut(platform: Platform, process: string, name: string): Promise<string> {
  return platform.database.transaction(async (tx) => (await platform.lives.start(tx, process, { name }, { identity: name })).id);
}
