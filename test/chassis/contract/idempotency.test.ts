import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { ApiError } from '#chassis/errors/failures.ts';
import { eventually } from '../../support/eventually.ts';
import { depot, shop } from '../../support/sample-apis.ts';
import { startSamplePlatform, type SamplePlatform } from '../../support/sample-platform.ts';
import { childDiedAt, startChild } from '../../support/child-process.ts';
import type { StoreOnceMessage } from '../../support/sample-store-once.ts';

for (const shape of ['together', 'apart'] as const) {
  describe(`an effect under a key, served ${shape}`, () => {
    let platform: SamplePlatform;
    before(async () => { platform = await startSamplePlatform(shape); });
    beforeEach(() => { delete platform.shelves.beforeWrite; delete platform.shelves.afterWrite; });
    after(() => platform.stop());

    const effects = (label: string) => platform.shelves.writes.filter((written) => written === label).length;
    const store = (label: string, key: string, weight = 1) => platform.client(depot).storeBox({ body: { label, weight } }, { idempotencyKey: key });

    test('fifty repeats at once have one effect and one answer', async () => {
      platform.shelves.beforeWrite = () => new Promise((resolve) => { setTimeout(resolve, 100); });
      const answers = await Promise.allSettled(Array.from({ length: 50 }, () => store('fifty', 'fifty-times')));
      const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [JSON.stringify(answer.value)] : []));
      const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [(answer.reason as ApiError).kind] : []));
      assert.equal(new Set(given).size, 1);
      assert.ok(refused.every((kind) => kind === 'in-progress'), refused.join());
      assert.equal(effects('fifty'), 1);
      assert.deepEqual(await store('fifty', 'fifty-times'), JSON.parse(given[0]!));
      assert.equal(effects('fifty'), 1);
    });

    test('a key that was used for something else is refused', async () => {
      await store('mine', 'used-before');
      await assert.rejects(store('yours', 'used-before'), { kind: 'refused', code: 'idempotency-key-reused' });
      assert.equal(effects('yours'), 0);
      const other = platform.request('depot', 'DELETE', '/depot/v1/boxes/mine', { headers: { 'idempotency-key': 'used-before' } });
      assert.equal((await other).status, 422);
    });

    test('the order of the fields of a body makes no other request of it', async () => {
      const put = (body: string) => platform.request('depot', 'POST', '/depot/v1/boxes', { headers: { 'content-type': 'application/json', 'idempotency-key': 'order-of-fields' }, body });
      const first = await put('{"label":"ordered","weight":1}');
      assert.equal(first.status, 201);
      assert.deepEqual((await put('{"weight":1,"label":"ordered"}')).body, first.body);
      assert.equal(effects('ordered'), 1);
    });

    test('a key belongs to whoever used it', async () => {
      await platform.as({ subject: 'ann' }, () => store('of-ann', 'key-of-both'));
      await platform.as({ subject: 'bob' }, () => store('of-bob', 'key-of-both'));
      // A person with the name of a service is not that service.
      await platform.as({ subject: 'tester' }, () => store('of-tester', 'key-of-tester'));
      await store('of-service', 'key-of-tester');
      assert.deepEqual(['of-ann', 'of-bob', 'of-tester', 'of-service'].map(effects), [1, 1, 1, 1]);
    });

    test('a refusal frees the key, because nothing happened', async () => {
      await assert.rejects(store('refused-first', 'refused-key', 1_000), { kind: 'refused' });
      await store('refused-first', 'refused-key', 1);
      assert.equal(effects('refused-first'), 1);
    });

    test('after a failure that may have had its effect the operation is told to look before it acts', async () => {
      platform.shelves.afterWrite = () => { throw new Error('after the effect'); };
      await assert.rejects(store('doubtful', 'doubtful-key'), { kind: 'internal' });
      delete platform.shelves.afterWrite;
      const told: boolean[] = [];
      platform.shelves.beforeWrite = (_label, repeated) => { told.push(repeated); };
      await store('doubtful', 'doubtful-key');
      assert.deepEqual(told, [true]);
      assert.equal(effects('doubtful'), 1);
    });

    test('an effect whose caller no longer waits is remembered with its answer', async () => {
      let release: () => void = () => undefined;
      platform.shelves.beforeWrite = () => new Promise<void>((resolve) => { release = resolve; });
      await assert.rejects(platform.client(depot).storeBox({ body: { label: 'slow', weight: 1 } }, { idempotencyKey: 'slow-key', timeoutMs: 200 }));
      release();
      delete platform.shelves.beforeWrite;
      const answer = await eventually(() => store('slow', 'slow-key'));
      assert.equal(answer.label, 'slow');
      assert.equal(effects('slow'), 1);
    });

    test('the repeat of a start through two layers begins one life', async () => {
      const open = () => platform.client(shop).openParcel({ body: { label: 'one-life', weight: 1 } }, { idempotencyKey: 'one-life-key' });
      const ids = await Promise.all(Array.from({ length: 8 }, () => eventually(() => open())));
      assert.equal(new Set(ids.map(({ id }) => id)).size, 1);
      await eventually(async () => (await platform.client(shop).readParcel({ id: ids[0]!.id })).state === 'waiting');
      assert.equal(effects('one-life'), 1);
    });
  });
}

test('when the process dies after the effect, the repeat elsewhere looks and finds it', async () => {
  const platform = await startSamplePlatform('apart');
  try {
    const child = startChild('sample-store-once.ts', { url: platform.config.database.url, keys: platform.config.keys.directory, label: 'orphan', key: 'orphan-key', client: 'service:tester' });
    const { label } = await child.message<StoreOnceMessage>();
    // The effect of the dead process, where the living one will look for it.
    platform.shelves.boxes.set(label, platform.shelves.writes.push(label));
    assert.equal(await childDiedAt(child), 'SIGKILL');
    const told: boolean[] = [];
    platform.shelves.beforeWrite = (_label, repeated) => { told.push(repeated); };
    const answer = await eventually(() => platform.client(depot).storeBox({ body: { label: 'orphan', weight: 1 } }, { idempotencyKey: 'orphan-key' }));
    assert.deepEqual(answer, { label: 'orphan', shelf: 1 });
    assert.deepEqual(told, [true]);
    assert.deepEqual(platform.shelves.writes, ['orphan']);
  } finally {
    await platform.stop();
  }
});
