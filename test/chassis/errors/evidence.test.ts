import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { evidenceOf, noteEvidence } from '#chassis/errors/evidence.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { targetOf, withTarget } from '#chassis/resilience/target-failure.ts';
import { depot } from '../../support/sample-apis.ts';
import { startSamplePlatform, type SamplePlatform } from '../../support/sample-platform.ts';

const REFERENCE = '11111111-2222-4333-8444-555555555555';
const OTHER = '99999999-2222-4333-8444-555555555555';

test('the evidence of a failure is found whatever the failure becomes', () => {
  const refusal = new Error('what the vendor said');
  noteEvidence(refusal, REFERENCE);
  noteEvidence(refusal, OTHER);
  const shared = new Error('no connection');
  const waiting = [REFERENCE, OTHER].map((reference) => {
    const each = withTarget(new ApiError('unavailable', 'It is away.', { cause: shared }), 'vendor');
    noteEvidence(each, reference);
    return each;
  });
  assert.deepEqual(waiting.map(evidenceOf), [REFERENCE, OTHER], 'each its own, whatever they failed of');
  assert.deepEqual(waiting.map(targetOf), ['vendor', 'vendor']);
  const failure = withTarget(new ApiError('unavailable', 'It is away.', { cause: new Error('between', { cause: refusal }) }), 'vendor');
  assert.equal(evidenceOf(failure), REFERENCE);
  assert.equal(evidenceOf(new ApiError('refused', 'no', { cause: new Error('else') })), undefined);
});

for (const shape of ['together', 'apart'] as const) {
  describe(`the evidence of a failure in an API that is served ${shape}`, () => {
    let platform: SamplePlatform;
    before(async () => { platform = await startSamplePlatform(shape); });
    after(() => platform.stop());

    for (const kind of ['unavailable', 'refused'] as const) {
      test(`is known to its caller: ${kind}`, async () => {
        platform.shelves.beforeWrite = () => {
          const failure = new ApiError(kind, 'The vendor failed.', { code: 'vendor-failed' });
          noteEvidence(failure, REFERENCE);
          throw failure;
        };
        const failure = await platform.client(depot).storeBox({ body: { label: 'evident', weight: 1 } }, { idempotencyKey: `evident-${kind}` }).catch((error: unknown) => error);
        assert.deepEqual([(failure as ApiError).code, evidenceOf(failure)], ['vendor-failed', REFERENCE]);
      });
    }
  });
}
