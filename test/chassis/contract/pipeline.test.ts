import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { after, before, describe, test } from 'node:test';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { startSamplePlatform, type RawAnswer, type SamplePlatform } from '../../support/sample-platform.ts';

const JSON_BODY = { 'content-type': 'application/json' };
const NOBODY = '00000000-0000-4000-8000-000000000000';
let serial = 0;
const freshKey = () => `key-of-this-test-${serial += 1}`;

function assertProblem(answer: RawAnswer, status: number, kind: string): void {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  assert.equal(answer.body['type'], `/problems/${kind}`);
  assert.equal(answer.body['status'], status);
  assert.equal(answer.body['correlationId'], answer.headers.get('correlation-id'));
}

for (const shape of ['together', 'apart'] as const) {
  describe(`a contract served ${shape}`, () => {
    let platform: SamplePlatform;
    before(async () => { platform = await startSamplePlatform(shape); platform.shelves.boxes.set('known', 1); });
    after(() => platform.stop());

    const store = (body: unknown, headers: Record<string, string> = {}) => platform.request('depot', 'POST', '/depot/v1/boxes', {
      headers: { ...JSON_BODY, 'idempotency-key': freshKey(), ...headers }, body: typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body),
    });
    const pointers = (answer: RawAnswer) => (answer.body['errors'] as { pointer: string }[]).map((fault) => fault.pointer);

    test('a caller without the scope of the operation is refused', async () => {
      const reader = await createServiceTokens({ service: 'reader', keyDirectory: platform.config.keys.directory, grants: {} });
      const token = await reader.sign(platform.audience('depot'));
      const answer = await platform.request('depot', 'POST', '/depot/v1/boxes', { token, headers: { ...JSON_BODY, 'idempotency-key': freshKey() }, body: '{"label":"a","weight":1}' });
      assertProblem(answer, 403, 'forbidden');
      assert.equal(answer.body['code'], 'missing-scope');
      assert.equal((await platform.request('depot', 'GET', '/depot/v1/boxes/known', { token })).status, 200);
    });

    test('an operation that names no scope takes those of the whole contract', async () => {
      const reader = await createServiceTokens({ service: 'reader', keyDirectory: platform.config.keys.directory, grants: {} });
      const slip = { headers: { 'content-type': 'application/x-slip' }, body: 'one\ntwo' };
      assertProblem(await platform.request('depot', 'POST', '/depot/v1/slips', { ...slip, token: await reader.sign(platform.audience('depot')) }), 403, 'forbidden');
      assert.deepEqual((await platform.request('depot', 'POST', '/depot/v1/slips', slip)).body, { lines: 2 });
    });

    test('without a token, or with one that is not to be trusted, nobody gets in', async () => {
      const stranger = await createServiceTokens({ service: 'stranger', keyDirectory: platform.config.keys.directory, grants: {} });
      for (const token of [null, 'nonsense', await stranger.sign(platform.audience('depot')), await platform.tokens.sign('elsewhere')]) {
        const answer = await platform.request('depot', 'GET', '/depot/v1/boxes/known', { token });
        assertProblem(answer, 401, 'unauthenticated');
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
      }
      const basic = await platform.request('depot', 'GET', '/depot/v1/boxes/known', { token: null, headers: { authorization: 'Basic dXNlcjpwYXNz' } });
      assertProblem(basic, 401, 'unauthenticated');
    });

    test('every fault of a body is named with its place', async () => {
      const answer = await store({ label: 'Nö', weight: '3', colour: 'red' });
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointers(answer).toSorted(), ['/colour', '/label', '/weight']);
      assertProblem(await store('[]'), 400, 'invalid-request');
      assertProblem(await store(''), 400, 'invalid-request');
    });

    test('a property that pollutes prototypes is unknown like any other', async () => {
      assertProblem(await store('{"label":"a","weight":1,"__proto__":{"polluted":true}}'), 400, 'invalid-request');
      assertProblem(await platform.request('depot', 'GET', '/depot/v1/boxes/known?__proto__=1'), 400, 'invalid-request');
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    });

    test('parameters become what the contract says they are, and defaults are filled in', async () => {
      await platform.request('depot', 'GET', '/depot/v1/boxes/known?verbose=true&copies=3');
      assert.deepEqual(platform.shelves.calls.at(-1)?.input, { label: 'known', verbose: true, copies: 3 });
      await platform.request('depot', 'GET', '/depot/v1/boxes/known');
      assert.deepEqual(platform.shelves.calls.at(-1)?.input, { label: 'known', verbose: false, copies: 1 });
    });

    test('a parameter that is unknown, malformed or given twice is refused', async () => {
      for (const [query, pointer] of [['copies=many', 'parameter:copies'], ['copies=0', 'parameter:copies'], ['colour=red', 'parameter:colour'], ['copies=1&copies=2', 'parameter:copies'], ['body=x', '']]) {
        const answer = await platform.request('depot', 'GET', `/depot/v1/boxes/known?${query}`);
        assertProblem(answer, 400, 'invalid-request');
        assert.deepEqual(pointers(answer), [pointer]);
      }
      assertProblem(await platform.request('depot', 'GET', '/depot/v1/boxes/NOT%20A%20LABEL'), 400, 'invalid-request');
    });

    test('text that no database can store is refused with its place, and nothing is begun', async () => {
      const peeked = await platform.request('shop', 'GET', '/shop/v1/peeks/a%00b');
      const key = freshKey();
      const decide = (note: string) => platform.request('shop', 'POST', `/shop/v1/decisions/${NOBODY}`, { headers: { ...JSON_BODY, 'idempotency-key': key }, body: `{"resolution":"fetch","note":"${note}"}` });
      const decided = await decide('half: \\ud83d');
      for (const [answer, pointer] of [[peeked, 'parameter:label'], [decided, '/note']] as const) {
        assertProblem(answer, 400, 'invalid-request');
        assert.deepEqual([answer.body['code'], pointers(answer)], ['text-not-storable', [pointer]]);
      }
      assertProblem(await decide('the key is still free'), 404, 'not-found');
    });

    test('a body of another media type, charset or encoding is refused', async () => {
      const others: Record<string, string>[] = [{ 'content-type': 'text/plain' }, { 'content-type': 'application/x-www-form-urlencoded' }, { 'content-type': 'application/json; charset=iso-8859-7' }, { 'content-encoding': 'compress' }];
      for (const headers of others) {
        assertProblem(await store({ label: 'a', weight: 1 }, headers), 415, 'unsupported-media-type');
      }
    });

    test('a body that is no JSON is refused without quoting it', async () => {
      const answer = await store('{"label": "Jane Canary');
      assertProblem(answer, 400, 'invalid-request');
      assert.equal(answer.body['code'], 'invalid-json');
      assert.ok(!JSON.stringify(answer.body).includes('Canary'));
    });

    test('a body that is too large is refused, packed or not', async () => {
      const large = JSON.stringify({ label: 'a'.repeat(5_000_000), weight: 1 });
      assertProblem(await store(large), 413, 'too-large');
      assertProblem(await store(gzipSync(large), { 'content-encoding': 'gzip' }), 413, 'too-large');
    });

    test('a deeply nested body is refused like any other wrong one', async () => {
      assertProblem(await store(`{"label":"a","weight":1,"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 400, 'invalid-request');
    });

    test('an effect needs a key of a fitting form', async () => {
      for (const key of ['', 'short', 'x'.repeat(129), 'with space in it']) {
        const answer = await store({ label: 'a', weight: 1 }, { 'idempotency-key': key });
        assertProblem(answer, 400, 'invalid-request');
        assert.deepEqual(pointers(answer), ['header:Idempotency-Key']);
      }
    });

    test('an address that is not there and a method that is not taken are told apart', async () => {
      assertProblem(await platform.request('depot', 'GET', '/depot/v1/nothing'), 404, 'not-found');
      assertProblem(await platform.request('depot', 'GET', '/depot/v1/Boxes/known'), 404, 'not-found');
      const answer = await platform.request('depot', 'PATCH', '/depot/v1/boxes/known');
      assertProblem(answer, 405, 'method-not-allowed');
      assert.equal(answer.headers.get('allow'), 'GET, DELETE');
    });

    test('an answer that breaks its contract does not go out, and neither does what it was', async () => {
      platform.shelves.answerRead = () => ({ label: 'known', shelf: 'Jane Canary' });
      const answer = await platform.request('depot', 'GET', '/depot/v1/boxes/known');
      delete platform.shelves.answerRead;
      assertProblem(answer, 500, 'internal');
      assert.equal(answer.body['code'], 'answer-breaks-contract');
      assert.ok(!JSON.stringify(answer.body).includes('Canary'));
    });

    test('an unexpected error tells the caller nothing about itself', async () => {
      platform.shelves.beforeRead = () => { throw new TypeError('Jane Canary at /secret/path'); };
      const answer = await platform.request('depot', 'GET', '/depot/v1/boxes/known');
      delete platform.shelves.beforeRead;
      assertProblem(answer, 500, 'internal');
      assert.deepEqual(Object.keys(answer.body).toSorted(), ['correlationId', 'detail', 'instance', 'status', 'title', 'type']);
      assert.equal(answer.body['detail'], 'An unexpected error occurred.');
      assert.ok(!JSON.stringify(answer.body).includes('Canary'));
    });

    test('a problem names the template of the route and not the path', async () => {
      const answer = await platform.request('depot', 'GET', '/depot/v1/boxes/absent');
      assertProblem(answer, 404, 'not-found');
      assert.equal(answer.body['instance'], '/depot/v1/boxes/{label}');
    });

    test('correlation and trace of a caller are kept, and what does not fit their form is replaced', async () => {
      const trace = 'a'.repeat(32);
      const kept = await platform.request('depot', 'GET', '/depot/v1/boxes/known', { headers: { 'correlation-id': 'corr-from-outside', 'traceparent': `00-${trace}-${'b'.repeat(16)}-01` } });
      assert.equal(kept.headers.get('correlation-id'), 'corr-from-outside');
      const seen = platform.shelves.calls.at(-1)?.context;
      assert.equal(seen?.correlationId, 'corr-from-outside');
      assert.match(seen?.traceparent ?? '', new RegExp(`^00-${trace}-(?!b{16})[0-9a-f]{16}-01$`));
      const replaced = await platform.request('depot', 'GET', '/depot/v1/boxes/known', { headers: { 'correlation-id': '<script>alert(1)</script>', 'traceparent': 'nonsense' } });
      assert.match(replaced.headers.get('correlation-id') ?? '', /^[0-9a-f-]{36}$/);
      assert.match(platform.shelves.calls.at(-1)?.context?.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    });

    test('who calls is in the token and nowhere else', async () => {
      await platform.request('depot', 'GET', '/depot/v1/boxes/known', { headers: { 'x-user': 'admin', 'x-roles': 'admin', 'x-scopes': 'depot:*', 'callosum-principal': '{"subject":"admin"}', 'forwarded': 'for=1.2.3.4' } });
      assert.deepEqual(platform.shelves.calls.at(-1)?.call.principal, { kind: 'service', subject: 'tester', service: 'tester', scopes: ['shop:*', 'depot:*'], roles: [], facilities: [], bindings: {} });
    });

    test('a deadline that makes no sense is not obeyed', async () => {
      for (const deadline of ['0', '-5', 'soon', '1e3', '999999999999']) {
        assert.equal((await platform.request('depot', 'GET', '/depot/v1/boxes/known', { headers: { 'callosum-deadline-ms': deadline } })).status, 200, deadline);
      }
    });

    test('headers that protect browsers are set and the software behind is not named', async () => {
      const { headers } = await platform.request('depot', 'GET', '/depot/v1/boxes/known');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('x-powered-by'), null);
    });
  });
}
