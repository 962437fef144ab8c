import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkAnswers } from '../../sandbox/reconciliation/checks/answers.ts';
import type { SeenApproval, SentRequisition } from '../../sandbox/reconciliation/sent.ts';

const approved = (tier: string, by: string): SeenApproval => ({ tier, decision: 'approved', by });
const escalated: SeenApproval = { tier: 'manager', decision: 'escalated', by: 'time-limit' };

function findings(tiers: string[], approvals: SeenApproval[]): number {
  const requisition: SentRequisition = {
    reference: 'r-1', requester: 'nina.alvarez', costCentre: '7010', facility: 'MAIN', lines: [], answer: { answer: 'accepted', number: 'REQ-1' },
    expected: { answer: 'accepted', end: 'ordered', tiers: { 'SUP-100': tiers } }, approvals: { 'SUP-100': approvals },
  };
  return checkAnswers({ uses: [], requisitions: [requisition], decisions: [], messages: [], waiting: [] }).length;
}

describe('the approvals of a need', () => {
  test('are right when each tier has decided, each by another person', () => {
    assert.equal(findings([], []), 0);
    assert.equal(findings(['manager', 'director'], [approved('manager', 'maya.cohen'), approved('director', 'helen.brandt')]), 0);
    assert.equal(findings(['manager', 'director'], [approved('manager', 'maya.cohen')]), 1);
    assert.equal(findings(['manager', 'director'], [approved('manager', 'maya.cohen'), approved('director', 'maya.cohen')]), 1);
  });

  test('are right when somebody further up has decided after the limit, and not when somebody below has', () => {
    assert.equal(findings(['manager', 'director'], [escalated, approved('director', 'helen.brandt')]), 0);
    assert.equal(findings(['manager', 'director', 'finance'], [escalated, approved('director', 'helen.brandt')]), 1);
    assert.equal(findings(['manager', 'director'], [escalated]), 1);
  });

  test('end where the acceptance of a supplier\'s proposal begins', () => {
    assert.equal(findings(['manager'], [approved('manager', 'maya.cohen'), approved('buyer', 'ben.turner')]), 0);
  });
});
