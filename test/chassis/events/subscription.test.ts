import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkSubscription, type Subscription } from '#chassis/events/subscription.ts';
import { createTestDatabase } from '../../support/database.ts';
import { startProbe } from '../../support/probe.ts';

const good: Subscription = { group: 'readers', types: ['thing.happened.v1'], handle: async () => undefined };
const check = (more: Partial<Subscription>, others: Subscription[] = []) => checkSubscription({ ...good, ...more }, others, new Set(['thing.happened.v1']));

describe('a subscription that can never work', () => {
  test('keeps its deployable from starting, and is named', async () => {
    const database = await createTestDatabase();
    try {
      await assert.rejects(startProbe(database.url, (platform) => platform.subscribe({ ...good, types: ['nobody.declared.v1'] })), /readers: no contract describes the events nobody\.declared\.v1/);
    } finally {
      await database.drop();
    }
  });

  test('is one to nothing, one that shares its group, or one with limits that cannot be kept', () => {
    assert.doesNotThrow(() => check({ handleWithinMs: 25_000 }, [{ ...good, group: 'others' }]));
    assert.throws(() => check({ types: [] }), /subscribes to nothing/);
    assert.throws(() => check({}, [good]), /two subscriptions of one group/);
    for (const handleWithinMs of [0, -1, 25_001, NaN]) assert.throws(() => check({ handleWithinMs }), /may take from 1 to 25000 ms/);
    for (const maxAttempts of [0, 1.5]) assert.throws(() => check({ maxAttempts }), /at least one attempt/);
  });
});
