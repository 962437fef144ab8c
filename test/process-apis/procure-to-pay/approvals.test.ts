import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { approvalPath, canEscalate, decidingTier, hasMoreTiers, nextTier, paymentApprover, proposalTier, spendingTier } from '../../../process-apis/procure-to-pay/approvals.ts';
import { answer, sampleOrder, samplePolicy } from './samples.ts';

const policy = samplePolicy();
const person = { costCenter: '7010', origin: 'person' as const };
const tiers = (own: string, more: { siblings?: string; recent?: string } = {}, need: { costCenter: string; origin: 'person' | 'demand' } = person, by = policy) => {
  const { path, split } = approvalPath(need, { own, siblings: '0', recent: '0', ...more }, by);
  return [path.map((tier) => tier.name).join('+'), split];
};

describe('who approves', () => {
  test('is nobody for a small amount of a person, and for a larger one of a rule', () => {
    assert.deepEqual(tiers('250.00'), ['', false]);
    assert.deepEqual(tiers('250.01'), ['manager', false]);
    assert.deepEqual(tiers('20000.00', {}, { ...person, origin: 'demand' }), ['', false]);
    assert.deepEqual(tiers('20000.01', {}, { ...person, origin: 'demand' }), ['manager+director', false]);
  });

  test('is one tier more above each limit, and the limit itself is still below it', () => {
    assert.deepEqual(['5000.00', '5000.01', '25000.00', '25000.01', '9999999.00'].map((amount) => tiers(amount)[0]), ['manager', 'manager+director', 'manager+director', 'manager+director+finance', 'manager+director+finance']);
  });

  test('is named by cost centre where the role is held per cost centre', () => {
    const { path } = approvalPath(person, { own: '30000', siblings: '0', recent: '0' }, policy);
    assert.deepEqual(path.map((tier) => tier.owner), ['role:department-manager/7010', 'role:department-director/7010', 'role:chief-financial-officer']);
  });

  test('is as the cost centre has it, where it has tiers of its own', () => {
    const own = samplePolicy({ costCenters: { 7020: { tiers: [{ name: 'surgeon', role: 'chief-surgeon', perCostCenter: false, upTo: '100' }, policy.tiers[2]!] } } });
    assert.deepEqual(tiers('300.00', {}, { ...person, costCenter: '7020' }, own), ['surgeon+finance', false]);
    assert.deepEqual(tiers('300.00', {}, person, own), ['manager', false]);
  });

  test('goes by the whole requisition, when its lines go to several suppliers', () => {
    assert.deepEqual(tiers('3000.00', { siblings: '2000.01' }), ['manager+director', false]);
  });

  test('counts along what the same person asked lately, and says so', () => {
    assert.deepEqual(tiers('200.00', { recent: '50.01' }), ['manager', true]);
    assert.deepEqual(tiers('4000.00', { recent: '1000.00' }), ['manager', false]);
    assert.deepEqual(tiers('4000.00', { recent: '1000.01' }), ['manager+director', true]);
  });

  test('does not count the demands of a rule together', () => {
    assert.deepEqual(tiers('15000.00', { recent: '15000.00' }, { ...person, origin: 'demand' }), ['', false]);
  });
});

describe('when a time limit passes', () => {
  const order = (changes: object = {}) => sampleOrder({ path: approvalPath(person, { own: '6000', siblings: '0', recent: '0' }, policy).path, ...changes });

  test('the next tier up decides, the highest at most', () => {
    assert.deepEqual([0, 1, 2, 3].map((escalations) => decidingTier(order({ escalations }), policy).name), ['manager', 'director', 'finance', 'finance']);
    assert.deepEqual([0, 1, 2].map((escalations) => canEscalate(order({ escalations }), policy)), [true, true, false]);
  });

  test('who decides in place of the lower tiers has decided for them too', () => {
    assert.equal(nextTier(order(), policy), 1);
    assert.equal(hasMoreTiers(order(), policy), true);
    assert.equal(nextTier(order({ escalations: 1 }), policy), 2);
    assert.equal(hasMoreTiers(order({ escalations: 1 }), policy), false);
    assert.equal(hasMoreTiers(order({ escalations: 2 }), policy), false);
  });

  test('an emergency without any path is reviewed from the first tier up', () => {
    assert.deepEqual([0, 1, 2].map((escalations) => decidingTier(sampleOrder({ escalations }), policy).name), ['manager', 'director', 'finance']);
  });
});

describe('that an order becomes dearer', () => {
  const order = sampleOrder({ approvedTotal: '1000.00' });

  test('is accepted by the buyer while it stays near what was approved', () => {
    assert.equal(spendingTier(order, '1150.00', policy).owner, 'role:buyer');
  });

  test('is accepted further up beyond that, by who may approve the new amount', () => {
    assert.equal(spendingTier(order, '1150.01', policy).owner, 'role:department-manager/7010');
    assert.equal(spendingTier(order, '6000.00', policy).owner, 'role:department-director/7010');
    assert.equal(spendingTier(order, '26000.00', policy).owner, 'role:chief-financial-officer');
  });

  test('is seen from what the supplier proposes', () => {
    const proposed = (unitPrice: string) => proposalTier({ ...order, answer: answer({ line: 1, outcome: 'changed', unitPrice }) }, policy).name;
    assert.deepEqual([proposed('90.00'), proposed('110.00'), proposed('116.00'), proposed('3000.00')], ['buyer', 'buyer', 'manager', 'finance']);
  });
});

test('a large payment is approved, a small one is not', () => {
  assert.equal(paymentApprover({ total: '10000.00' }, policy), undefined);
  assert.equal(paymentApprover({ total: '10000.01' }, policy), 'role:accounts-payable-manager');
});
