import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, type Client } from '#chassis/contract/connect.ts';
import type { Contract } from '#chassis/contract/contract.ts';
import { within } from '#chassis/contract/deadline.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { TargetFailure } from '#chassis/resilience/target-failure.ts';
import { TIERS, type TierName } from '#chassis/resilience/tiers.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { depot, type DepotOperations } from '../../support/sample-apis.ts';

/** A client whose every call ends as the test says, and the keys of the calls that were made. */
function clientOf(tier: TierName, end: (call: number) => unknown) {
  const keys: (string | undefined)[] = [];
  const contract: Contract<DepotOperations> = { ...depot, name: `depot-${tier}`, document: { ...depot.document, 'x-tier': tier } };
  const client: Client<DepotOperations> & { close(): void } = connect(contract, {
    transport: () => ({
      async send({ idempotencyKey }) {
        const answer = end(keys.push(idempotencyKey));
        if (answer instanceof Error) throw answer;
        return answer;
      },
    }),
    log: createLog('test', 'emerg'), metrics: createMetrics('test'),
  });
  return { client, keys };
}

const down = (details: { code?: string; retryAfterMs?: number; cause?: unknown } = {}) => new ApiError('unavailable', 'Down.', details);
const box = { label: 'a', shelf: 1 };
const read = (client: Client<DepotOperations>) => client.readBox({ label: 'a' });

describe('a call that fails', () => {
  for (const tier of Object.keys(TIERS) as TierName[]) {
    test(`is repeated as often as its tier says: ${tier}`, async () => {
      const { client, keys } = clientOf(tier, () => down());
      await assert.rejects(read(client), { kind: 'unavailable' });
      assert.equal(keys.length, TIERS[tier].attempts);
      client.close();
    });
  }

  test('is repeated under the key of its first attempt, and not at all when it could have an effect twice', async () => {
    const stored = clientOf('standard', (call) => (call < 3 ? down() : box));
    assert.deepEqual(await stored.client.storeBox({ body: { label: 'a', weight: 1 } }), box);
    assert.deepEqual([stored.keys.length, new Set(stored.keys).size], [3, 1]);
    const { client, keys } = clientOf('standard', () => down());
    await assert.rejects(client.readSlip({ body: 'a slip' }));
    assert.equal(keys.length, 1);
    for (const each of [stored.client, client]) each.close();
  });

  test('is left to its caller when it would have to be waited for, when nobody was called, or when time is short', async () => {
    const { maxMs } = TIERS.standard.retry;
    for (const failure of [down({ retryAfterMs: maxMs + 1 }), down({ code: 'circuit-open', cause: new TargetFailure('behind') }), down({ code: 'target-busy' })]) {
      const { client, keys } = clientOf('standard', () => failure);
      await assert.rejects(read(client), (error: ApiError) => error.code === failure.code && error.retryAfterMs === failure.retryAfterMs);
      assert.equal(keys.length, 1);
      client.close();
    }
    const { client, keys } = clientOf('standard', () => down({ retryAfterMs: maxMs }));
    await assert.rejects(within(maxMs / 2, () => read(client)));
    assert.equal(keys.length, 1);
    client.close();
  });

  test('is no reason for a storm: many that fail are repeated within the budget of all of them', async () => {
    const { client, keys } = clientOf('standard', () => new ApiError('in-progress', 'Not yet.'));
    const { share, reserve } = TIERS.standard.retryBudget;
    for (let batch = 0; batch < 10; batch += 1) await Promise.all(Array.from({ length: 40 }, () => read(client).catch((error: ApiError) => assert.equal(error.kind, 'in-progress'))));
    assert.ok(keys.length <= 400 + 400 * share + reserve, `${keys.length} calls for 400`);
    assert.ok(keys.length >= 400 + 400 * share, 'the budget is there to be used');
    client.close();
  });

  test('names who failed: the API itself, or whoever it names', async () => {
    const own = clientOf('standard', () => down({ retryAfterMs: 9_999 }));
    await assert.rejects(read(own.client), (error: ApiError) => (error.cause as TargetFailure).target === 'depot-standard');
    const behind = clientOf('standard', () => down({ retryAfterMs: 9_999, cause: new TargetFailure('vault') }));
    for (let call = 0; call < 30; call += 1) await assert.rejects(read(behind.client), (error: ApiError) => (error.cause as TargetFailure).target === 'vault');
    assert.equal(behind.keys.length, 30, 'and its circuit is not that of the API');
    for (const { client } of [own, behind]) client.close();
  });
});
