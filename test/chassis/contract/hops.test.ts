import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '#chassis/errors/failures.ts';
import { contextFrom, runInContext } from '#chassis/telemetry/context.ts';
import { eventually } from '../../support/eventually.ts';
import { depot, shop } from '../../support/sample-apis.ts';
import { startSamplePlatform, type SamplePlatform } from '../../support/sample-platform.ts';

for (const shape of ['together', 'apart'] as const) {
  describe(`a call through two layers ${shape}`, () => {
    let platform: SamplePlatform;
    before(async () => { platform = await startSamplePlatform(shape); platform.shelves.boxes.set('known', 1); });
    beforeEach(() => { delete platform.shelves.beforeRead; delete platform.shelves.answerRead; });
    after(() => platform.stop());

    test('a failure keeps its kind, its code and its faults over both hops', async () => {
      platform.shelves.beforeRead = () => { throw new ApiError('refused', 'Not this box.', { code: 'sealed', errors: [{ pointer: '/label', detail: 'is sealed', code: 'seal' }] }); };
      const answer = await platform.request('shop', 'GET', '/shop/v1/peeks/known');
      assert.equal(answer.status, 422);
      assert.deepEqual([answer.body['type'], answer.body['code'], answer.body['detail'], answer.body['errors']], ['/problems/refused', 'sealed', 'Not this box.', [{ pointer: '/label', detail: 'is sealed', code: 'seal' }]]);
      await assert.rejects(platform.client(shop).peek({ label: 'known' }), { kind: 'refused', code: 'sealed', message: 'Not this box.' });
    });

    test('how long to wait is passed on', async () => {
      platform.shelves.beforeRead = () => { throw new ApiError('rate-limited', 'Slowly.', { retryAfterMs: 3_600_000 }); };
      const answer = await platform.request('shop', 'GET', '/shop/v1/peeks/known');
      assert.equal(answer.status, 429);
      assert.equal(answer.headers.get('retry-after'), '3600');
    });

    test('correlation and trace reach the lower layer', async () => {
      const trace = 'c'.repeat(32);
      await runInContext({ correlationId: 'through-and-through', traceparent: `00-${trace}-${'d'.repeat(16)}-01` }, () => platform.client(shop).peek({ label: 'known' }));
      const seen = platform.shelves.calls.at(-1)?.context;
      assert.equal(seen?.correlationId, 'through-and-through');
      assert.equal(seen?.traceparent.slice(3, 35), trace);
    });

    test('the step of a move for which a call is made reaches the lower layer, and nothing else in its place', async () => {
      const step = '0b54b1a2-7a3c-4f6e-9d0b-0f3a52d1c9aa:look-it-up';
      await runInContext({ ...contextFrom(undefined, undefined), step }, () => platform.client(shop).peek({ label: 'known' }));
      const { context } = platform.shelves.calls.at(-1)!;
      assert.deepEqual([context?.step, context?.api, context?.operation], [step, 'depot', 'readBox']);
      for (const wrong of ['jane doe', '0b54b1a2-7a3c-4f6e-9d0b-0f3a52d1c9aa:', `0b54b1a2-7a3c-4f6e-9d0b-0f3a52d1c9aa:${'x'.repeat(91)}`]) {
        await platform.request('shop', 'GET', '/shop/v1/peeks/known', { headers: { 'callosum-step': wrong } });
        assert.equal(platform.shelves.calls.at(-1)!.context?.step, undefined, wrong);
      }
    });

    test('the person on whose behalf the upper layer works is known in the lower one', async () => {
      await platform.as({ subject: 'u-9', roles: ['clerk'], facilities: ['north'] }, () => platform.client(shop).peek({ label: 'known' }));
      const { principal } = platform.shelves.calls.at(-1)!.call;
      assert.deepEqual(principal, { kind: 'user', subject: 'u-9', service: 'upper', scopes: ['depot:*'], roles: ['clerk'], facilities: ['north'], bindings: {} });
    });

    test('a deadline passes down, ends the work below by its signal and answers the caller in time', async () => {
      let told: AbortSignal | undefined;
      platform.shelves.beforeRead = async (_label, call) => {
        told = call.signal;
        await sleep(30_000, undefined, { signal: call.signal });
      };
      await assert.rejects(platform.client(shop).peek({ label: 'known' }, { timeoutMs: 300 }), { kind: 'upstream-timeout' });
      await eventually(() => told?.aborted);
      platform.shelves.beforeRead = async (_label, call) => { await sleep(30_000, undefined, { signal: call.signal }); };
      const answer = await platform.request('shop', 'GET', '/shop/v1/peeks/known', { headers: { 'callosum-deadline-ms': '200' } });
      assert.equal(answer.status, 504);
      assert.equal(answer.body['type'], '/problems/upstream-timeout');
    });

    test('work that does not listen to its signal keeps nobody waiting', async () => {
      let release: () => void = () => undefined;
      platform.shelves.beforeRead = () => new Promise<void>((resolve) => { release = resolve; });
      const answer = await platform.request('shop', 'GET', '/shop/v1/peeks/known', { headers: { 'callosum-deadline-ms': '200' } });
      assert.equal(answer.status, 504);
      release();
    });

    test('a call whose time is over is not made', async () => {
      const calls = platform.shelves.calls.length;
      await assert.rejects(platform.client(depot).readBox({ label: 'known' }, { timeoutMs: 0 }), { kind: 'upstream-timeout', code: 'deadline-passed' });
      assert.equal(platform.shelves.calls.length, calls);
    });

    test('a failure that may pass is tried again within one call, and the effect carries the same key', async () => {
      const seen: unknown[] = [];
      platform.shelves.beforeWrite = () => {
        seen.push(platform.shelves.calls.at(-1)?.call.idempotencyKey);
        if (seen.length < 3) throw new ApiError('unavailable', 'Not now.');
      };
      assert.equal((await platform.client(depot).storeBox({ body: { label: 'third-time', weight: 1 } })).label, 'third-time');
      delete platform.shelves.beforeWrite;
      assert.equal(seen.length, 3);
      assert.equal(new Set(seen).size, 1);
      assert.equal(platform.shelves.writes.filter((label) => label === 'third-time').length, 1);
    });

    test('a refusal is not tried again', async () => {
      const calls = platform.shelves.calls.length;
      await assert.rejects(platform.client(depot).storeBox({ body: { label: 'heavy', weight: 1_000 } }), { kind: 'refused', code: 'too-heavy' });
      assert.equal(platform.shelves.calls.length, calls + 1);
    });

    test('many calls at once are worked off in turn and none of them fails', async () => {
      platform.shelves.beforeRead = () => sleep(5);
      const client = platform.client(shop);
      const boxes = await Promise.all(Array.from({ length: 150 }, () => client.peek({ label: 'known' })));
      assert.equal(boxes.length, 150);
    });

    test('what travels is a copy, so that nobody changes the state of another', async () => {
      const shared = { label: 'known', shelf: 1, note: undefined };
      platform.shelves.answerRead = () => shared;
      const seen = await platform.client(shop).peek({ label: 'known' });
      assert.deepEqual(seen, { label: 'known', shelf: 1 });
      assert.deepEqual(Object.keys(shared), ['label', 'shelf', 'note']);
    });
  });
}

test('a service that may not speak for others cannot do so in one process either', async () => {
  const platform = await startSamplePlatform('together', { actsForOthers: false });
  try {
    platform.shelves.boxes.set('known', 1);
    await assert.rejects(platform.as({ subject: 'u-9' }, () => platform.client(shop).peek({ label: 'known' })), { kind: 'unauthenticated' });
    assert.equal((await platform.client(shop).peek({ label: 'known' })).shelf, 1);
  } finally {
    await platform.stop();
  }
});
