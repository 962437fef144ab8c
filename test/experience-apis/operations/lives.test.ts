import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileContract } from '#chassis/contract/contract.ts';
import { operations } from '#contracts/generated/experience/operations/v1.ts';

test('a life that two machines with long names moved to a state of many regions can be read', () => {
  const at = '2026-11-20T18:00:00Z';
  const state = Array.from({ length: 10 }, (_, index) => `open.region-${index}.waiting-for-an-answer`).join(' + ');
  const actor = `client:${crypto.randomUUID()} and client:${crypto.randomUUID()}`;
  const life = {
    id: crypto.randomUUID(), process: 'trips', version: 1, status: 'active', state, correlationId: 'c', startedAt: at, changedAt: at, keys: [], limits: [], kept: [],
    timeline: [{ at, event: 'forced', state, actor, correlationId: 'c' }],
  };
  assert.deepEqual(compileContract(operations).operations.get('getLife')!.checkAnswer!(life), []);
});
