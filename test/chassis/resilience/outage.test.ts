import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { TargetFailure } from '#chassis/resilience/target-failure.ts';
import { openDatabase } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { shop } from '../../support/sample-apis.ts';
import { startSamplePlatform } from '../../support/sample-platform.ts';

for (const shape of ['together', 'apart'] as const) {
  describe(`an outage of the system below, ${shape}`, () => {
    test('makes moves wait, lets the rest go on, and wakes them once when it is over', async (t) => {
      const platform = await startSamplePlatform(shape);
      t.after(() => platform.stop());
      const client = platform.client(shop);
      const { shelves } = platform;
      let calls = 0;
      shelves.beforeWrite = () => { calls += 1; throw new ApiError('unavailable', 'The depot burns.', { retryAfterMs: 30_000 }); };
      const parcels = await Promise.all(Array.from({ length: 24 }, (_, index) => client.openParcel({ body: { label: `p-${index}`, weight: 1 } })));
      await eventually(() => calls >= 10);
      // Others of its operations still answer, and so does the upper layer.
      assert.equal((await client.readParcel({ id: parcels[0]!.id })).state, 'storing');
      delete shelves.beforeWrite;
      // Without being woken each would wait for the half minute that it was asked to.
      await client.openParcel({ body: { label: 'the-one-that-finds-out', weight: 1 } });
      await eventually(async () => (await Promise.all(parcels.map(({ id }) => client.readParcel({ id })))).every(({ state }) => state === 'waiting'), 20_000);
      assert.deepEqual(shelves.writes.toSorted(), [...new Set(shelves.writes)].toSorted());
      assert.equal(shelves.writes.length, 25);
    });

    test('behind one part of an API leaves the other parts in use, and is what the moves wait for', async (t) => {
      const platform = await startSamplePlatform(shape);
      t.after(() => platform.stop());
      const client = platform.client(shop);
      const { shelves } = platform;
      shelves.beforeWrite = (label) => {
        if (label.startsWith('vault')) throw new ApiError('unavailable', 'The vault is shut.', { retryAfterMs: 30_000, cause: new TargetFailure('vault') });
      };
      const closed = await Promise.all(Array.from({ length: 30 }, (_, index) => client.openParcel({ body: { label: `vault-${index}`, weight: 1 } })));
      await eventually(() => shelves.calls.filter(({ operation }) => operation === 'storeBox').length >= 30);
      const open = await Promise.all(Array.from({ length: 10 }, (_, index) => client.openParcel({ body: { label: `open-${index}`, weight: 1 } })));
      await eventually(async () => (await Promise.all(open.map(({ id }) => client.readParcel({ id })))).every(({ state }) => state === 'waiting'));
      assert.deepEqual(new Set((await Promise.all(closed.map(({ id }) => client.readParcel({ id })))).map(({ state }) => state)), new Set(['storing']));
      const database = openDatabase({ url: platform.config.database.url, log: createLog('test', 'error'), maxConnections: 1 });
      t.after(() => database.close());
      await eventually(async () => (await database.query(`select 1 from chassis.moves where status = 'waiting' and waits_for = 'vault'`)).length === 30);
      assert.deepEqual(await database.query('select target from chassis.dependencies'), []);
    });
  });
}
