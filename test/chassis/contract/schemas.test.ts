import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { placeNotStorable } from '#chassis/contract/storable.ts';
import { ANNOTATIONS, schemaCompiler } from '#chassis/contract/schemas.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase } from '../../support/database.ts';

describe('what a contract takes', () => {
  let database: Database;
  let drop: () => Promise<void>;
  before(async () => {
    const created = await createTestDatabase();
    drop = created.drop;
    database = openDatabase({ url: created.url, log: createLog('test', 'error') });
  });
  after(async () => {
    await database.close();
    await drop();
  });

  const isTaken = (type: string, value: unknown) => database.query(`select $1::text::${type}`, [value]).then(() => true, () => false);
  const FORMATS = {
    'uuid': {
      taken: ['6f1b1a1e-0000-4000-8000-000000000000', '6F1B1A1E-0000-4000-8000-00000000000A'],
      refused: ['urn:uuid:6f1b1a1e-0000-4000-8000-000000000000'],
    },
    'date': {
      taken: ['0001-01-01', '2024-02-29', '9999-12-31'],
      refused: ['0000-01-01', '2026-02-29'],
    },
    'date-time': {
      taken: ['2026-11-20T18:00:00Z', '2026-11-20 18:00:00.123456789+01:00', '2026-11-20t18:00:00-1200', '0001-01-01T00:00:00Z'],
      refused: ['0000-06-01T00:00:00Z', '2026-02-29T00:00:00Z', '2026-11-20T18:00:00+16:00', '2026-11-20T18:00:00-23:59'],
    },
  };
  const COLUMNS: Record<string, string> = { 'uuid': 'uuid', 'date': 'date', 'date-time': 'timestamptz' };

  for (const [format, { taken, refused }] of Object.entries(FORMATS)) {
    test(`as ${format} is what the database takes`, async () => {
      const check = schemaCompiler({})({ type: 'string', format });
      for (const text of taken) assert.deepEqual([check(text).length, await isTaken(COLUMNS[format]!, text)], [0, true], text);
      for (const text of refused) assert.equal(check(text).length, 1, text);
    });
  }

  test('as a moment can be printed and read again, also at the ends of time', () => {
    const check = schemaCompiler({})({ type: 'string', format: 'date-time' });
    for (const text of ['0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00', '2016-12-31T23:59:60Z']) assert.equal(check(text).length, 1, text);
  });

  test('as text is what the database takes', async () => {
    const [NUL, HALF] = [String.fromCharCode(0), String.fromCharCode(0xd800)];
    assert.equal(placeNotStorable({ lines: [{ note: 'Zoë 🙂' }] }), undefined);
    for (const [value, place] of [
      [{ lines: [{}, { note: `a${NUL}` }] }, '/lines/1/note'], [{ note: HALF }, '/note'], [{ 'a/b~c': { [HALF]: 1 } }, `/a~1b~0c/${HALF}`], [[[NUL]], '/0/0'],
    ] as const) {
      assert.equal(placeNotStorable(value), place);
      assert.equal(await isTaken('jsonb', JSON.stringify(value)), false);
    }
  });
});

/** Where a document holds schemas, as pointers. */
function schemasIn(value: unknown, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    const place = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (name === 'schema') return [place];
    if (name === 'schemas' || name === 'messages') return Object.keys(each as object).map((schema) => `${place}/${schema}`);
    return schemasIn(each, place);
  });
}

describe('every schema of the contract', () => {
  for (const file of globSync('contracts/generated/**/*.json')) {
    test(`${file} is valid JSON Schema with nothing unknown in it, and what it refers to is there`, () => {
      const ajv = new Ajv2020.default({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
      addFormats.default(ajv);
      const read = JSON.parse(readFileSync(file, 'utf8')) as object;
      const document = 'messages' in read ? { components: read } : read;
      ajv.addVocabulary([...ANNOTATIONS, ...Object.keys(document)]);
      ajv.addSchema({ ...document, $id: 'contract' }, undefined, undefined, false);
      const places = schemasIn(document);
      assert.ok(places.length > 0);
      for (const place of places) {
        const schema = placed(document, place);
        assert.ok(ajv.validateSchema(schema), `${place}: ${ajv.errorsText()}`);
        assert.doesNotThrow(() => ajv.compile({ $ref: `contract#${encodeURI(place)}` }), place);
      }
    });
  }
});

function placed(document: object, pointer: string): object {
  return pointer.split('/').slice(1).reduce((at, name) => (at as Record<string, object>)[name.replaceAll('~1', '/').replaceAll('~0', '~')]!, document);
}
