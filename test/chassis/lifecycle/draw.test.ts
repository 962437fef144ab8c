import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setup } from 'xstate';
import { drawChart } from '#chassis/lifecycle/draw.ts';
import { effects } from '#chassis/lifecycle/life.ts';

const chart = setup({
  types: { context: {} as { size: number }, events: {} as { type: 'packed' } | { type: 'refuse' } | { type: 'looked at' } | { type: 'call' }, meta: {} as { workItem?: string } },
  actions: effects('packBox', 'tellPacked'),
  guards: { isLarge: ({ context }) => context.size > 10 },
  delays: { packingLimit: 1_000 },
}).createMachine({
  id: 'box',
  context: { size: 1 },
  initial: 'packing',
  on: { call: { actions: 'tellPacked' } },
  states: {
    packing: { entry: ['packBox', 'tellPacked'], on: { packed: [{ guard: 'isLarge', target: 'inspecting' }, { target: 'inspecting' }], refuse: 'refused' }, after: { packingLimit: 'lateForShelf' } },
    lateForShelf: { meta: { workItem: 'late-box' }, on: { refuse: 'refused', packed: { guard: 'isLarge', target: 'inspecting' } } },
    inspecting: {
      type: 'parallel',
      onDone: 'refused',
      states: {
        weight: { initial: 'open', states: { open: { on: { 'looked at': 'closed' }, after: { 500: 'closed' } }, closed: { type: 'final' } } },
        label: { initial: 'open', states: { open: { always: { guard: 'isLarge', target: 'closed' } }, closed: { type: 'final' } } },
      },
    },
    refused: { type: 'final' },
  },
});

const lines = drawChart(chart, (action) => action === 'packBox').split('\n').map((line) => line.trim());
const has = (line: string) => assert.ok(lines.includes(line), `${line}\nis not in\n${lines.join('\n')}`);

describe('a chart is drawn', () => {
  test('from its beginning to its ends', () => {
    assert.equal(lines[0], 'stateDiagram-v2');
    has('[*] --> packing');
    has('refused --> [*]');
  });

  test('with the moves that a state makes and the work items that it opens, and without what is only told', () => {
    has('state "packing<br>⚙ pack box" as packing');
    has('state "late for shelf<br>☎ late-box" as lateForShelf');
    assert.ok(!lines.some((line) => line.includes('tell packed')));
  });

  test('with events, conditions and limits on the ways', () => {
    has('packing --> lateForShelf: ⏱ packing limit');
    has('lateForShelf --> inspecting: packed [is large]');
    has('inspecting_weight_open --> inspecting_weight_closed: looked at<br>⏱ 500 ms');
    has('inspecting_label_open --> inspecting_label_closed: [is large]');
    has('inspecting --> refused: all is done');
    has('%% in every state: call');
  });

  test('without a condition where the same happens without it', () => has('packing --> inspecting: packed'));

  test('with regions beside each other, each with its own names', () => {
    const [weight, line, label] = [lines.indexOf('state "weight" as inspecting_weight {'), lines.indexOf('--'), lines.indexOf('state "label" as inspecting_label {')];
    assert.ok(0 < weight && weight < line && line < label, lines.join('\n'));
    has('[*] --> inspecting_label_open');
  });

  test('in the same words every time', () => assert.equal(drawChart(chart, () => true), drawChart(chart, () => true)));
});
