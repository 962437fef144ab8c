import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { person, startExperience, type ExperiencePlatform } from '../experience-platform.ts';
import { ask } from './graph-client.ts';
import { hospitalBelow } from './hospital-below.ts';

const times = (count: number, part: (index: number) => string) => Array.from({ length: count }, (_, index) => part(index)).join(' ');

/** A chain of fragments of which each spreads the next one twice. */
const doubling = (count: number) => `{ orders { items { ...f0 } } } ${times(count, (index) => `fragment f${index} on Order { id ${index + 1 < count ? `...f${index + 1} ...f${index + 1}` : ''} }`)}`;

const refused: [title: string, query: string, variables?: object][] = [
  ['deeper than the graph', `{ ${'orders { items { '.repeat(1)}${'lines { item { '.repeat(50)}number${' } }'.repeat(50)} } } }`],
  ['a thousand aliases', `{ ${times(1_000, (index) => `a${index}: me { id }`)} }`],
  ['forty aliases', `{ ${times(40, (index) => `a${index}: me { id }`)} }`],
  ['ten thousand tokens', `{ me { ${times(10_000, () => 'id')} } }`],
  ['five hundred directives', `{ me { id ${times(500, () => '@include(if: true)')} } }`],
  ['circular fragments', '{ orders { items { ...a } } } fragment a on Order { ...b } fragment b on Order { ...a }'],
  ['a page of a million', '{ orders(first: 1000000) { items { id } } }'],
  ['a page of a million by variable', 'query ($n: Int!) { orders(first: $n) { items { id } } }', { n: 1_000_000 }],
  ['a page of a million by the default of a variable', 'query ($n: Int = 1000000) { orders(first: $n) { items { id } } }'],
  ['pages within lists that multiply', '{ requisitions(first: 100) { items { orders { lines { item { number } } timeline { event } } } } }'],
  ['the same behind fragments', '{ requisitions(first: 100) { items { ...r } } } fragment r on Requisition { orders { ...o } } fragment o on Order { lines { item { number } } timeline { event } }'],
  ['not GraphQL', '{ me { id '],
  ['an unknown field', '{ me { password } }'],
  ['a subscription', 'subscription { me { id } }'],
  ['introspection', '{ __schema { types { name } } }'],
  ['introspection of one type', '{ __type(name: "Order") { name } }'],
  ['the federation entry', '{ _service { sdl } }'],
  ['two operations without saying which', 'query a { me { id } } query b { me { id } }'],
];

describe('an operation is refused with 400 before anything is done for it:', () => {
  const below = hospitalBelow();
  const nina = person('nina.alvarez');
  let platform: ExperiencePlatform;
  before(async () => { platform = await startExperience({ below: below.modules }); });
  after(() => platform.stop());
  beforeEach(() => { below.seen.length = 0; });

  for (const [title, query, variables] of refused) {
    test(title, async () => {
      const long = query.length > 20_000;
      const { status, headers, body } = await ask(platform, nina, query, variables);
      assert.equal(status, 400, JSON.stringify(body));
      assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/);
      assert.equal(body.type, '/problems/invalid-request');
      assert.equal(body.code, long ? undefined : 'graph-request-invalid');
      assert.equal(body.data, undefined);
      assert.equal(below.seen.length, 0);
    });
  }

  test('fragments that double are counted without being unfolded', async () => {
    const { status, body } = await ask(platform, nina, doubling(60));
    assert.equal(status, 200);
    assert.deepEqual(body.data, { orders: { items: [] } });
  });

  test('a batch, a text, a form, a GET', async () => {
    const operation = { query: '{ me { id } }' };
    const batch = await platform.send(nina, 'POST', '/portal/v1/graphql', Array.from({ length: 100 }, () => operation));
    assert.equal(batch.status, 400);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/graphql']) {
      const other = await platform.send(nina, 'POST', '/portal/v1/graphql', JSON.stringify(operation), { 'content-type': type });
      assert.equal(other.status, 415, type);
    }
    const get = await platform.send(nina, 'GET', `/portal/v1/graphql?query=${encodeURIComponent('mutation { withdrawRequisition(number: "R-1") { number } }')}`);
    assert.equal(get.status, 405);
    assert.equal(below.seen.length, 0);
  });

  test('an operation by its hash alone', async () => {
    const { status } = await platform.send(nina, 'POST', '/portal/v1/graphql', { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } });
    assert.equal(status, 400);
  });

  test('nothing is suggested to who guesses', async () => {
    const { body } = await ask(platform, nina, '{ me { nam } }');
    assert.deepEqual(body.errors as unknown, [{ pointer: '/query', detail: 'line 1, column 8: Cannot query field "nam" on type "Person"', code: 'GRAPHQL_VALIDATION_FAILED' }]);
    const variable = await ask(platform, nina, 'mutation ($input: RequisitionInput!) { submitRequisition(input: $input) { number } }', { input: { referenc: 'x' } });
    assert.equal(variable.status, 400);
    assert.ok(!JSON.stringify(variable.body).includes('reference"'), JSON.stringify(variable.body));
  });

  test('what a person typed is not repeated in the refusal', async () => {
    const canary = 'JANE-DOE-1970-01-01';
    const operations: [string, object?][] = [
      [`{ me { id } } "${canary}"`],
      [`{ orders(first: "${canary}") { items { id } } }`],
      [`mutation { receiveGoods(orderId: "x", input: { reference: "a", receivedOn: "${canary}", lines: [] }) { id } }`],
      ['query ($first: Int) { orders(first: $first) { items { id } } }', { first: canary }],
      ['mutation ($input: GoodsReceivedInput!) { receiveGoods(orderId: "x", input: $input) { id } }', { input: { reference: 'a', receivedOn: '2026-11-20', lines: [{ line: 1, quantity: canary }] } }],
      ['mutation ($input: GoodsReceivedInput!) { receiveGoods(orderId: "x", input: $input) { id } }', { input: { reference: 'a', receivedOn: canary, lines: [] } }],
      ['mutation ($input: GoodsReceivedInput!) { receiveGoods(orderId: "x", input: $input) { id } }', { input: { reference: 'a', receivedOn: '2026-11-20', lines: [], [canary]: 1 } }],
    ];
    for (const [query, variables] of operations) {
      const { status, body } = await ask(platform, nina, query, variables);
      assert.equal(status, 400, query);
      assert.ok(!JSON.stringify(body).includes(canary), JSON.stringify(body));
    }
  });

  test('the place of a fault in the variables is named', async () => {
    const { body } = await ask(platform, nina, 'mutation ($input: GoodsReceivedInput!) { receiveGoods(orderId: "x", input: $input) { id } }',
      { input: { reference: 'a', receivedOn: '2026-11-20', lines: [{ line: 1, quantity: 'two' }] } });
    assert.deepEqual(body.errors as unknown, [{ pointer: '/variables/input/lines/0/quantity', detail: 'does not fit its type', code: 'BAD_USER_INPUT' }]);
  });
});

test('a portal under development may ask for the graph itself', async () => {
  const below = hospitalBelow();
  const platform = await startExperience({ below: below.modules, portal: { introspection: true } });
  try {
    const { body } = await ask(platform, person('nina.alvarez'), '{ __schema { queryType { name } } }');
    assert.deepEqual(body.data, { __schema: { queryType: { name: 'Query' } } });
  } finally {
    await platform.stop();
  }
});
