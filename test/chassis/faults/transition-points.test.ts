import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setup } from 'xstate';
import { beginningOf, transitionsOf } from '#chassis/faults/transition-points.ts';
import { begin, take } from '#chassis/lifecycle/transition.ts';

const chart = setup({ guards: { isBig: () => true }, delays: { patience: 1_000 } }).createMachine({
  id: 'box', initial: 'closed',
  on: { seen: {} },
  states: {
    closed: { on: { open: [{ guard: 'isBig', target: 'checked' }, { target: 'open' }] }, after: { patience: 'gone' } },
    checked: { always: 'open' },
    open: { type: 'parallel', onDone: 'gone', states: { lid: { initial: 'up', states: { up: { on: { fall: 'down' } }, down: { type: 'final' } } } } },
    gone: { type: 'final' },
  },
});

describe('the transitions at which a process can die', () => {
  it('are all that an event or a limit takes, each branch by its condition, and the beginning', () => {
    assert.deepEqual(transitionsOf('boxes', chart), [
      beginningOf('boxes'), 'boxes: anywhere on seen', 'boxes: closed on open if isBig', 'boxes: closed on open', 'boxes: closed after patience', 'boxes: open.lid.up on fall',
    ]);
  });

  it('leave out what follows within the same commit', () => {
    const opened = take(chart, begin(chart, undefined).snapshot, { type: 'open' })!;
    assert.deepEqual(opened.snapshot.value, { open: { lid: 'up' } }, 'two states further in one step');
    assert.ok(transitionsOf('boxes', chart).every((name) => !name.includes('checked') && !name.includes('xstate.done')));
  });
});
