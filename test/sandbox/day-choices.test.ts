import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { choose, MEANT_BY_THE_UNKNOWN_CODE, type Knowledge, type WorkItem } from '../../sandbox/day/choices.ts';
import { itemByNumber } from '../../sandbox/hospital/master-data.ts';
import { behaviourOf } from '../../sandbox/network/suppliers/behaviour.ts';
import { planDay } from '../../sandbox/day/plan.ts';

const plan = planDay(1, 60, new Date('2026-11-20T10:00:00Z'));
const knowledge: Knowledge = { seed: 1, requisitions: new Map(plan.requisitions.map((each) => [each.reference, each])), mayStaySilent: true };
const referenceOf = (story: string) => plan.requisitions.find((each) => each.story === story)!.reference;

const item = (kind: string, reference: string, resolutions: string[], change: Partial<WorkItem> = {}): WorkItem => ({
  id: '1', process: 'PROCURE_TO_PAY', kind, owner: 'role:department-manager/7010', facts: {}, resolutions,
  order: { id: '2', reference, orderNumber: '1001', lines: [{ line: 1, item: { number: 'IMP-1001' } }] }, ...change,
});
const approval = (story: string, change: Partial<WorkItem> = {}) => item('approval', referenceOf(story), ['approve', 'reject'], change);

describe('what people decide', () => {
  test('follows the plan: approved, rejected, left to others', () => {
    assert.equal(choose(approval('manager'), 'maya.cohen', knowledge)?.resolution, 'approve');
    assert.equal(choose(approval('rejected'), 'maya.cohen', knowledge)?.resolution, 'reject');
    assert.equal(choose(approval('withdrawn'), 'maya.cohen', knowledge), undefined);
  });

  test('leaves the first approver silent where the story wants it, and nobody further up', () => {
    assert.equal(choose(approval('escalated'), 'maya.cohen', knowledge), undefined);
    assert.equal(choose(approval('escalated', { owner: 'role:department-director/7010' }), 'helen.brandt', knowledge)?.resolution, 'approve');
  });

  test('lets nobody be silent where limits are long', () => {
    assert.equal(choose(approval('escalated'), 'maya.cohen', { ...knowledge, mayStaySilent: false })?.resolution, 'approve');
  });

  test('lets the stand-in decide what was delegated and nothing else', () => {
    assert.equal(choose(approval('delegated'), 'maya.cohen', knowledge), undefined);
    assert.equal(choose(approval('delegated'), 'tomas.novak', knowledge)?.resolution, 'approve');
    assert.equal(choose(approval('manager'), 'tomas.novak', knowledge), undefined);
  });

  test('hangs on seed and reference, never on time', () => {
    const proposals = Array.from({ length: 200 }, (_, index) => item('supplier-proposal', `use:${index}`, ['accept-proposal', 'hold-to-order', 'cancel-order']));
    const once = proposals.map((each) => choose(each, 'ben.turner', knowledge)?.resolution);
    assert.deepEqual(proposals.map((each) => choose(each, 'ben.turner', knowledge)?.resolution), once);
    assert.deepEqual(new Set(once), new Set(['accept-proposal', 'hold-to-order', 'cancel-order']));
  });

  test('cancels no order of several lines, for one of them may have come', () => {
    const several = Array.from({ length: 200 }, (_, index) => item('supplier-proposal', `use:${index}`, ['accept-proposal', 'cancel-order'], {
      order: { id: '2', reference: `use:${index}`, orderNumber: '1', lines: [{ line: 1, item: { number: 'IMP-1001' } }, { line: 2, item: { number: 'DEV-2001' } }] },
    }));
    assert.deepEqual(new Set(several.map((each) => choose(each, 'ben.turner', knowledge)?.resolution)), new Set(['accept-proposal']));
  });

  test('sends a surplus back that nobody bills, for it could never be matched', () => {
    const references = Array.from({ length: 4_000 }, (_, index) => `use:${index}`);
    const chosen = (behaviour: string) => new Set(references.filter((each) => behaviourOf(1, each, 'IMP-1001') === behaviour)
      .map((each) => choose(item('over-receipt', each, ['accept-surplus', 'return-surplus']), 'ben.turner', knowledge)?.resolution));
    assert.deepEqual(chosen('over-delivery'), new Set(['return-surplus']));
    assert.deepEqual(chosen('over-delivery-billed'), new Set(['accept-surplus', 'return-surplus']));
  });

  test('answers alike for every use of one unknown code', () => {
    const asked = ['u-1', 'u-2'].map((use) => item('missing-item-mapping', '', ['map-item', 'ignore'], { order: null, facts: { use, itemNumberInEhr: 'EHR-88417' } }));
    assert.deepEqual(choose(asked[0]!, 'sofia.weber', knowledge), choose(asked[1]!, 'sofia.weber', knowledge));
    assert.ok(itemByNumber(MEANT_BY_THE_UNKNOWN_CODE));
  });

  test('presses no button that is not offered', () => {
    assert.equal(choose(item('price-exception', 'use:1', ['something-else']), 'carla.mendes', knowledge), undefined);
    assert.equal(choose(item('a-kind-of-tomorrow', 'use:1', ['retry']), 'ben.turner', knowledge), undefined);
  });
});
