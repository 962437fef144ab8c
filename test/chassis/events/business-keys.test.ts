import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { keyPlaces, keyReader, mistakesInKeys } from '#chassis/events/business-keys.ts';
import type { EventSchemaDocument } from '#chassis/events/event-schemas.ts';
import contracts from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startProbe, type Probe } from '../../support/probe.ts';

const line = { type: 'object', properties: { part: { type: 'string', 'x-business-key': 'part' } } };
const document: EventSchemaDocument = {
  messages: { 'thing.happened.v1': { $ref: '#/components/schemas/Thing' }, 'nameless.happened.v1': {} },
  schemas: {
    Thing: {
      type: 'object',
      properties: {
        number: { $ref: '#/components/schemas/Code', 'x-business-key': 'thing' },
        count: { type: 'integer' },
        owner: { type: 'object', properties: { number: { type: 'integer', 'x-business-key': 'owner' } } },
        lines: { type: 'array', items: { $ref: '#/components/schemas/Line' } },
        named: { type: 'array', items: { type: 'string', 'x-business-key': '*' } },
        inner: { $ref: '#/components/schemas/Thing' },
      },
    },
    Line: line,
    Code: { type: 'string' },
  },
};

describe('business keys', () => {
  const read = keyReader(keyPlaces(document, 'thing.happened.v1'));

  test('are read where the contract marks them: in nested objects and lists, each once, whatever else is there', () => {
    assert.deepEqual(read({ number: 'T-1', count: 7, owner: { number: 12 }, lines: [{ part: 'A' }, { part: 'B' }, { part: 'A' }, {}], named: ['other:9'] }).toSorted(),
      ['other:9', 'owner:12', 'part:A', 'part:B', 'thing:T-1']);
    assert.deepEqual(read({ lines: null, owner: {} }), []);
  });

  test('are bounded in number and length, and the outer ones stay', () => {
    const keys = read({ number: 'T-1', lines: [{ part: 'x'.repeat(500) }, ...Array.from({ length: 200 }, (_, index) => ({ part: `P-${index}` }))] });
    assert.deepEqual([keys.length, keys[0], keys[1]], [32, 'thing:T-1', 'part:P-0']);
  });

  test('a type without any, one of no proper name and one of a person are mistakes in the contract', () => {
    const wrong: EventSchemaDocument = {
      messages: { 'a.happened.v1': {}, 'b.happened.v1': { $ref: '#/components/schemas/B' }, 'c.happened.v1': { $ref: '#/components/schemas/C' } },
      schemas: {
        B: { properties: { number: { 'x-business-key': 'Order Number' } } },
        C: { properties: { person: { 'x-data-class': 'phi', properties: { number: { 'x-business-key': 'person' } } } } },
      },
    };
    assert.deepEqual(mistakesInKeys(wrong), [
      'a.happened.v1: has no property marked x-business-key, so that nobody finds its events',
      'b.happened.v1/number: the business key Order Number is no name in kebab-case',
      'c.happened.v1/person/number: what is known of a person is no business key',
    ]);
  });

  test('every event of ours has one', () => {
    assert.deepEqual(mistakesInKeys(contracts), []);
    assert.deepEqual(keyReader(keyPlaces(contracts, 'invoice.received.v1'))({ supplierNumber: 'SUP-1', orderNumber: '4711', number: 'INV-9', lines: [{ line: 1, itemNumber: 'I-1' }] }).toSorted(),
      ['invoice:INV-9', 'item:I-1', 'order:4711', 'supplier:SUP-1']);
  });

  describe('of events that are told', () => {
    let database: TestDatabase;
    let probe: Probe;
    before(async () => {
      database = await createTestDatabase();
      probe = await startProbe(database.url, () => undefined, { eventSchemas: document });
    });
    after(async () => {
      await probe.stop();
      await database.drop();
    });

    test('stand beside them, and events are found by them', async () => {
      await probe.tx(async (tx) => {
        await probe.platform.events.publish(tx, { type: 'thing.happened.v1', subject: 's', data: { number: 'T-1', lines: [{ part: 'A' }] } });
        await probe.platform.events.publish(tx, { type: 'thing.happened.v1', subject: 's', data: { number: 'T-2' } });
        await probe.platform.events.publish(tx, { type: 'nameless.happened.v1', subject: 's', data: { number: 'T-1' } });
      });
      const found = await probe.platform.database.query(`select keys from chassis.events where keys @> array['part:A']`);
      assert.deepEqual(found, [{ keys: ['thing:T-1', 'part:A'] }]);
    });
  });
});
