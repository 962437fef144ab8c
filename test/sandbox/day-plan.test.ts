import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { readFileSync } from 'node:fs';
import { demoAccounts } from '../../sandbox/identity/accounts.ts';
import { itemByNumber, masterData } from '../../sandbox/hospital/master-data.ts';
import { PERSON_NEEDS_NO_APPROVAL_UP_TO, TIERS, tiersFor } from '../../sandbox/day/approval-policy.ts';
import { planDay } from '../../sandbox/day/plan.ts';
import { MIX } from '../../sandbox/day/stories.ts';

const today = new Date('2026-11-20T10:00:00Z');
const plan = planDay(1, 50, today);

describe('the plan of a day', () => {
  test('follows from seed and patients alone', () => {
    assert.deepEqual(planDay(1, 50, today), plan);
    assert.notDeepEqual(planDay(2, 50, today).requisitions, plan.requisitions);
  });

  test('lies in the past, for the books refuse what is used in the future', () => {
    assert.equal(plan.day, '2026-11-19');
    assert.ok(plan.happenings.every((each) => Date.parse(each.at) < today.getTime()));
  });

  test('asks about 0.6 times per patient, each under a reference of its own, and tells every story on a day of 60', () => {
    assert.equal(plan.requisitions.length, 30);
    assert.equal(new Set(plan.requisitions.map((each) => each.reference)).size, 30);
    const told = new Set<string>(planDay(3, 60, today).requisitions.map((each) => each.story));
    assert.deepEqual(MIX.filter((story) => !told.has(story)), []);
  });

  test('lets people ask for what the hospital buys, in its unit, unless it is meant to be refused', () => {
    for (const { lines, expected, reference } of plan.requisitions.filter((each) => each.expected.answer === 'accepted')) {
      assert.equal(expected.answer, 'accepted', reference);
      for (const line of lines) {
        const item = itemByNumber(line.item);
        assert.deepEqual([item?.status, item?.purchasingUom, item?.supplier], ['active', line.unit, line.supplier], reference);
        assert.ok(line.quantity > 0);
      }
    }
  });

  test('never orders by hand what the rule of the same shelf may order, for then timing would decide', () => {
    for (const { facility, location, lines } of plan.requisitions.filter((each) => each.expected.answer === 'accepted')) {
      for (const line of lines) {
        const rule = masterData.stockingRules.find((each) => each.facility === facility && each.location === location && each.item === line.item);
        assert.ok(rule === undefined || rule.maximum === rule.reorderPoint, `${location} ${line.item}`);
      }
    }
  });

  test('has nobody approve for the cost centre that they ask for', () => {
    for (const { requester, costCentre } of plan.requisitions) {
      const account = demoAccounts.find((each) => each.username === requester)!;
      assert.ok(!account.roles.some((role) => role.startsWith('department-')) || !account.costCenters.includes(costCentre));
    }
  });

  test('counts along what the same person asked before', () => {
    const halves = plan.requisitions.filter((each) => each.story === 'split');
    assert.equal(halves.length, 2);
    assert.deepEqual(halves.map((each) => each.expected.answer === 'accepted' && Object.values(each.expected.tiers)), [[[]], [['manager']]]);
  });

  test('leaves an approver silent only where one approval is needed', () => {
    for (const patients of [3, 50, 500]) {
      for (const { story, expected } of planDay(1, patients, today).requisitions.filter((each) => each.story === 'escalated')) {
        assert.deepEqual(expected.answer === 'accepted' && Object.values(expected.tiers), [['manager']], story);
      }
    }
  });
});

describe('the rules of approval as people know them', () => {
  test('are those of the configuration', () => {
    const config = parse(readFileSync('config/sandbox.yaml', 'utf8').replaceAll(/\$\{\w+:-(\w+)\}/g, '$1')) as {
      apis: { 'procure-to-pay': { personNeedsNoApprovalUpTo: string; tiers: { name: string; upTo: string }[] } };
    };
    const policy = config.apis['procure-to-pay'];
    assert.equal(policy.personNeedsNoApprovalUpTo, PERSON_NEEDS_NO_APPROVAL_UP_TO);
    assert.deepEqual(policy.tiers.map(({ name, upTo }) => ({ name, upTo })), TIERS);
  });

  test('ask one tier more where parts stay under a limit that the whole exceeds', () => {
    assert.deepEqual(tiersFor('250.00', '0'), []);
    assert.deepEqual(tiersFor('250.01', '0'), ['manager']);
    assert.deepEqual(tiersFor('150.00', '150.00'), ['manager']);
    assert.deepEqual(tiersFor('5000.00', '0'), ['manager']);
    assert.deepEqual(tiersFor('4000.00', '1000.01'), ['manager', 'director']);
    assert.deepEqual(tiersFor('25000.01', '0'), ['manager', 'director', 'finance']);
  });
});
