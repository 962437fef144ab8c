import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setup } from 'xstate';
import { happeningIn, kindOf, replay } from '#chassis/lifecycle/corpus.ts';
import { effects, type LifeDefinition } from '#chassis/lifecycle/life.ts';
import { begin, store } from '#chassis/lifecycle/transition.ts';

interface Chart {
  waiting?: string;
  asks?: 'carry' | 'tell';
  limit?: boolean;
  workItem?: string;
  on?: string;
}

const NOW = new Date('2026-11-20T10:00:00Z');

function definition({ waiting = 'waiting', asks = 'carry', limit = true, workItem = 'look', on = 'go' }: Chart = {}, more: Partial<LifeDefinition<unknown>> = {}): LifeDefinition<unknown> {
  const machine = setup({ types: { context: {} as { label: string }, input: {} as { label: string }, events: {} as { type: string }, meta: {} as { workItem?: string } }, actions: effects('carry', 'tell'), delays: { patience: 100 } }).createMachine({
    id: 'parcel', context: ({ input }) => input, initial: waiting,
    states: { [waiting]: { on: { [on]: { target: 'under way', actions: asks } } }, 'under way': { meta: { workItem }, ...(limit ? { after: { patience: waiting } } : {}) } },
  });
  const move = { name: 'carry', run: async () => ({ type: 'carried' }) };
  return {
    process: 'parcels', version: 1, tier: 'standard', machine, keys: () => ({}), facility: () => undefined, moves: { carry: { move, input: () => ({}) as never } },
    announcements: { tell: (context) => ({ type: 'thing.happened.v1', subject: (context as { label: string }).label.toUpperCase(), data: {} }) },
    workItems: Object.fromEntries(['look', 'look twice'].map((kind) => [kind, () => ({ owner: 'role:carrier', title: kind, facts: {}, resolutions: [] })])), ...more,
  };
}

const recorded = happeningIn(definition(), store(begin(definition().machine, { label: 'p-1' }).snapshot), { type: 'go' }, NOW)!;
const differences = (present: LifeDefinition<unknown>) => replay(present, 1, recorded, NOW).map(({ what, was, now }) => `${what}: ${was} -> ${now}`);

describe('what happened to a life of a released version', () => {
  test('is told by names', () => {
    assert.equal(kindOf(recorded), 'waiting | go | under way');
    assert.deepEqual([recorded.asked, recorded.limits, recorded.work], [['carry'], ['xstate.after.patience.parcel.under way'], ['look']]);
  });

  test('happens again to the same chart', () => assert.deepEqual(differences(definition()), []));
  test('cannot happen where its state has gone', () => assert.match(differences(definition({ waiting: 'shelved' })).join(), /waiting.* -> null/));
  test('cannot happen where its event is not taken', () => assert.deepEqual(differences(definition({ on: 'start' })), ['the event has no effect any more: go -> null']));
  test('differs where something else is asked for', () => assert.deepEqual(differences(definition({ asks: 'tell' })), ['asked for: carry -> tell']));
  test('differs where nobody watches the time', () => assert.deepEqual(differences(definition({ limit: false })), ['limit: xstate.after.patience.parcel.under way -> null']));
  test('differs where other work waits for people', () => assert.deepEqual(differences(definition({ workItem: 'look twice' })), ['work item: look -> look twice']));

  test('happens to a life that was carried over, under the names of the present version', () => {
    const migrations = [{ snapshot: (stored: { context: unknown; status: string }) => ({ ...stored, value: 'shelved' }), events: { go: 'start' } }];
    assert.deepEqual(differences(definition({ waiting: 'shelved', on: 'start' }, { version: 2, migrations })), []);
  });

  test('differs where what is asked for cannot be made of what a migration left', () => {
    const migrations = [{ snapshot: (stored: { value: unknown; status: string }) => ({ ...stored, context: undefined }) }];
    assert.match(differences(definition({ asks: 'tell' }, { version: 2, migrations })).join(), /toUpperCase/);
  });
});
