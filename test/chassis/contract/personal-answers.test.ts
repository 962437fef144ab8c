import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import { createIdempotency, type Idempotency, type IntendedEffect } from '#chassis/contract/idempotency.ts';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import { defineApi } from '#chassis/deployable/api-module.ts';
import { mistakesIn } from '#chassis/deployable/deployable.ts';
import { takeLease, type Lease } from '#chassis/storage/lease.ts';
import { openStore, type Store } from '../payloads/store.ts';

const key = { name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string' } };
const answered = (schema: object) => ({ parameters: [key], responses: { 200: { description: 'done', content: { 'application/json': { schema } } } } });
const registry: Contract = {
  name: 'registry', layer: 'system', version: 'v1',
  document: {
    openapi: '3.1.0', servers: [{ url: '/registry/v1' }],
    paths: {
      '/people': { post: { operationId: 'addPerson', ...answered({ $ref: '#/components/schemas/Entry' }) } },
      '/rooms': { post: { operationId: 'addRoom', ...answered({ type: 'object', properties: { number: { type: 'integer' }, next: { $ref: '#/components/schemas/Room' } } }) } },
    },
    components: { schemas: {
      Entry: { type: 'object', properties: { number: { type: 'integer' }, person: { type: 'array', items: { $ref: '#/components/schemas/Person' } } } },
      Person: { type: 'object', properties: { name: { 'type': 'string', 'x-data-class': 'pii' } } },
      Room: { type: 'object', properties: { next: { $ref: '#/components/schemas/Room' }, floor: { 'type': 'integer', 'x-data-class': 'internal' } } },
    } },
  },
};

describe('the answer to an effect under a key', () => {
  let store: Store;
  let lease: Lease;
  let idempotency: Idempotency;
  before(async () => {
    store = await openStore();
    lease = await takeLease(store.url, store.log);
    idempotency = createIdempotency({ ...store, lease, keepDays: 91 });
  });
  after(async () => {
    await lease.release();
    await store.leave();
  });

  const intended = (id: string, isPersonal: boolean): IntendedEffect => ({ api: 'registry', client: 'service:tester', key: id, operation: 'addPerson', input: {}, isPersonal });
  const kept = async (id: string) => JSON.stringify(await store.database.query('select * from chassis.idempotency where key = $1', [id]));

  test('is known to be about a person from its contract, however deep it says so', () => {
    const { operations } = compileContract(registry);
    assert.deepEqual([...operations.values()].map(({ id, answersPersonalData }) => [id, answersPersonalData]), [['addPerson', true], ['addRoom', false]]);
  });

  test('is given again and lies in no table in the clear when it is about a person', async () => {
    const answer = { number: 7, person: [{ name: 'Ottoline Canary' }] };
    assert.deepEqual(await idempotency.once(intended('personal', true), async () => answer), answer);
    assert.deepEqual(await idempotency.once(intended('personal', true), () => assert.fail('a second effect')), answer);
    assert.doesNotMatch(await kept('personal'), /Canary/);

    await idempotency.once(intended('other', false), async () => ({ number: 7 }));
    assert.match(await kept('other'), /"output":\{"number":7\}/);
  });

  test('about a person is written with another key when the one at hand is lost', async () => {
    const answer = { number: 8, person: [] };
    const once = idempotency.once(intended('key-lost', true), async () => {
      await store.database.query('delete from chassis.data_keys');
      return answer;
    });
    assert.deepEqual(await once, answer);
    assert.deepEqual(await idempotency.once(intended('key-lost', true), () => assert.fail('a second effect')), answer);
  });

  test('about a person is kept for as long as its key', async () => {
    const [row] = await store.database.query<{ days: number }>(`select round(extract(epoch from expires_at - now()) / 86400)::int as days from chassis.payloads where purpose = 'answer' limit 1`);
    assert.equal(row?.days, 91);
  });

  test('about a person needs master keys, and without them nothing starts', () => {
    const module = defineApi()({ contract: registry, settings: Type.Object({}), create: () => ({ operations: {} }) });
    const config = { environment: 'test' as const, log: { level: 'error' as const }, database: { url: 'postgresql://nowhere' }, keys: { directory: '/nowhere' }, apis: {}, deployables: { people: { port: 0, apis: ['registry'] } } };
    assert.deepEqual(mistakesIn('people', config, [module]), ['/payloads: is required by registry, which keeps bodies']);
    assert.deepEqual(mistakesIn('people', { ...config, payloads: { masterKeys: [{ id: 'a', file: '/nowhere' }] } }, [module]), []);
  });
});
