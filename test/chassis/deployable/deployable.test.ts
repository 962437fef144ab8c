import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { depot, shop } from '../../support/sample-apis.ts';
import { startSamplePlatform, type SamplePlatform } from '../../support/sample-platform.ts';

for (const shape of ['together', 'apart'] as const) {
  describe(`two APIs ${shape}`, () => {
    let platform: SamplePlatform;
    before(async () => { platform = await startSamplePlatform(shape); });
    after(() => platform.stop());

    test('a life begins, its move calls the system below, and the outcome is announced', async () => {
      const client = platform.client(shop);
      const { id } = await client.openParcel({ body: { label: 'first', weight: 2 } });
      await eventually(async () => (await client.readParcel({ id })).state === 'waiting');
      assert.deepEqual(platform.shelves.writes, ['first']);
      assert.deepEqual(await platform.client(depot).readBox({ label: 'first' }), { label: 'first', shelf: 1 });
    });

    test('a repeat with the same idempotency key gets the first answer and has no second effect', async () => {
      const client = platform.client(shop);
      const input = { body: { label: 'second', weight: 2 } };
      const answers = [await client.openParcel(input, { idempotencyKey: 'same-key-1' }), await client.openParcel(input, { idempotencyKey: 'same-key-1' })];
      assert.deepEqual(answers[0], answers[1]);
    });

    test('faults of the input come back with their place', async () => {
      const client = platform.client(shop);
      await assert.rejects(client.openParcel({ body: { label: 'Nö', weight: -1 } }), (error: Error & { kind: string; errors: { pointer: string }[] }) => {
        assert.equal(error.kind, 'invalid-request');
        assert.deepEqual(error.errors.map((fault) => fault.pointer).sort(), ['/label', '/weight']);
        return true;
      });
    });
  });
}
