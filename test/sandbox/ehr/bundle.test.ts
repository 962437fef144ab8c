import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { JsonObject } from '../../../sandbox/ehr/json.ts';
import { issuesOf, patient, withEhr } from './support.ts';

describe('Bundles in the simulated EHR', () => {
  const { send } = withEhr();
  const SYNTHEA = new URL('../../../sandbox/data/synthea/fhir/', import.meta.url);

  interface ResponseEntry {
    resource?: JsonObject;
    response: { status: string; location?: string; etag?: string; outcome?: JsonObject };
  }
  const entriesOf = (body: JsonObject) => body.entry as unknown as ResponseEntry[];
  const bundle = (type: string, ...entry: object[]) => ({ resourceType: 'Bundle', type, entry });
  const post = (type: string, resource: object, fullUrl?: string, more: object = {}) => ({ fullUrl, resource, request: { method: 'POST', url: type, ...more } });
  const total = async (query: string) => (await send('GET', `${query}&_summary=count`)).body.total;

  const encounter = (subject: string) => ({ resourceType: 'Encounter', status: 'in-progress', class: { code: 'EMER' }, subject: { reference: subject } });

  test('a transaction resolves urn:uuid references in either direction', async () => {
    const person = 'urn:uuid:0b0f7a3e-1111-4a4a-8a8a-000000000001';
    const { status, body } = await send('POST', '', bundle('transaction', post('Encounter', encounter(person)), post('Patient', patient('Forward'), person)));
    assert.equal(status, 200);
    const [visit, made] = entriesOf(body);
    assert.equal(visit?.response.status, '201');
    assert.deepEqual(visit?.resource?.subject, { reference: `Patient/${String(made?.resource?.id)}` });
  });

  test('a transaction is all or nothing', async () => {
    const { status, body } = await send('POST', '', bundle(
      'transaction', post('Patient', patient('Atomic')), post('Patient', patient('Atomic', { gender: 'purple' })),
    ));
    assert.equal(status, 422);
    assert.deepEqual(issuesOf(body)[0]?.expression, ['Bundle.entry[1]', 'Patient.gender']);
    assert.equal(await total('Patient?identifier=MRN-Atomic'), 0);
  });

  test('a transaction with a reference that leads nowhere leaves nothing behind', async () => {
    for (const subject of ['Patient/absent', 'urn:uuid:0b0f7a3e-1111-4a4a-8a8a-00000000dead']) {
      const { status } = await send('POST', '', bundle('transaction', post('Patient', patient('Dangling')), post('Encounter', encounter(subject))));
      assert.equal(status, 422);
    }
    assert.equal(await total('Patient?identifier=MRN-Dangling'), 0);
  });

  test('conditional creates inside transactions make one resource between them', async () => {
    const send1 = () => send('POST', '', bundle(
      'transaction',
      post('Patient', patient('Shared'), 'urn:uuid:0b0f7a3e-1111-4a4a-8a8a-000000000002', { ifNoneExist: 'identifier=MRN-Shared' }),
      post('Encounter', encounter('urn:uuid:0b0f7a3e-1111-4a4a-8a8a-000000000002')),
    ));
    const replies = await Promise.all([send1(), send1(), send1()]);
    assert.deepEqual(replies.map((each) => entriesOf(each.body)[0]?.response.status).sort(), ['200', '200', '201']);
    assert.equal(await total('Patient?identifier=MRN-Shared'), 1);
  });

  test('conditional references find their resource, and a miss refuses the transaction', async () => {
    await send('POST', 'Patient', patient('Known'));
    const found = await send('POST', '', bundle('transaction', post('Encounter', encounter('Patient?identifier=MRN-Known'))));
    assert.equal(found.status, 200);
    const missed = await send('POST', '', bundle('transaction', post('Encounter', encounter('Patient?identifier=MRN-Unknown'))));
    assert.equal(missed.status, 412);
  });

  test('a transaction deletes, creates, updates and reads in that order', async () => {
    await send('PUT', 'Location/old', { resourceType: 'Location', id: 'old', name: 'Old' });
    await send('PUT', 'Location/kept', { resourceType: 'Location', id: 'kept', name: 'Kept' });
    const { status, body } = await send('POST', '', bundle(
      'transaction',
      { request: { method: 'GET', url: 'Location/kept' } },
      { resource: { resourceType: 'Location', id: 'kept', name: 'Renamed' }, request: { method: 'PUT', url: 'Location/kept', ifMatch: 'W/"1"' } },
      { request: { method: 'DELETE', url: 'Location/old' } },
    ));
    assert.equal(status, 200);
    const [read, changed, deleted] = entriesOf(body);
    assert.equal(read?.resource?.name, 'Renamed');
    assert.equal(changed?.response.etag, 'W/"2"');
    assert.equal(deleted?.response.status, '204');
  });

  test('two entries about one resource are refused', async () => {
    const twice = { resource: { resourceType: 'Location', id: 'x', name: 'X' }, request: { method: 'PUT', url: 'Location/x' } };
    assert.equal((await send('POST', '', bundle('transaction', twice, twice))).status, 400);
  });

  test('a batch answers each entry by itself', async () => {
    const { status, body } = await send('POST', '', bundle(
      'batch', post('Patient', patient('Batch')), post('Patient', { resourceType: 'Patient', gender: 'purple' }),
      { request: { method: 'GET', url: 'Patient?identifier=MRN-Batch' } }, { request: { method: 'GET', url: 'Patient/absent' } },
    ));
    assert.equal(status, 200);
    assert.deepEqual(entriesOf(body).map((each) => each.response.status), ['201', '422', '200', '404']);
    assert.equal(entriesOf(body)[1]?.response.outcome?.resourceType, 'OperationOutcome');
    assert.equal(entriesOf(body)[2]?.resource?.total, 1);
  });

  for (const [title, body] of [
    ['a Bundle of another type', bundle('collection')],
    ['an entry without a request', bundle('batch', { resource: patient('X') })],
    ['an unknown method', bundle('batch', { request: { method: 'PATCH', url: 'Patient/1' } })],
    ['something else', patient('X')],
  ] as const) {
    test(`${title} is refused with 400`, async () => {
      assert.equal((await send('POST', '', body)).status, 400);
    });
  }

  test('every Synthea bundle is accepted as the transaction that it is', async () => {
    for (const file of readdirSync(SYNTHEA)) {
      const text = readFileSync(new URL(file, SYNTHEA), 'utf8');
      const { status, body } = await send('POST', '', text);
      assert.equal(status, 200, `${file}: ${JSON.stringify(body).slice(0, 400)}`);
    }
    assert.ok(Number(await total('Encounter?status=finished')) > 200);
  });
});
