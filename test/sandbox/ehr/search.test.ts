import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { JsonObject } from '../../../sandbox/ehr/json.ts';
import { issuesOf, nextLink, patient, resourcesOf, withEhr } from './support.ts';

describe('search in the simulated EHR', () => {
  let laterMs = 0;
  const { send } = withEhr({ pageLifetimeMs: 60_000, now: () => Date.now() + laterMs });

  before(async () => {
    const people: [id: string, more: JsonObject][] = [
      ['ada', { name: [{ family: 'Lovelace', given: ['Ada'] }], gender: 'female', birthDate: '1815-12-10' }],
      ['ines', { name: [{ family: 'Muñoz', given: ['Inés'] }], gender: 'female', birthDate: '1990-03' }],
      ['alan', { name: [{ family: 'Turing', given: ['Alan'] }], gender: 'male', birthDate: '1912-06-23' }],
      ['grace', { name: [{ family: 'Hopper', given: ['Grace'] }], gender: 'female', birthDate: '1906-12-09', identifier: [{ system: 'urn:test:a,b|c', value: 'odd|id' }] }],
    ];
    for (const [id, more] of people) await send('PUT', `Patient/${id}`, { ...patient(id, more), id });
    await send('PUT', 'Encounter/e1', {
      resourceType: 'Encounter', id: 'e1', status: 'finished', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      subject: { reference: 'Patient/ada' }, period: { start: '2026-03-01T08:00:00Z', end: '2026-03-04T12:00:00Z' },
    });
    for (const [id, code, performedDateTime] of [['p1', '415070008', '2026-03-02T09:00:00Z'], ['p2', '232717009', '2026-03-03']]) {
      await send('PUT', `Procedure/${id}`, {
        resourceType: 'Procedure', id, status: 'completed', code: { coding: [{ system: 'http://snomed.info/sct', code }] },
        subject: { reference: 'Patient/ada' }, encounter: { reference: 'Encounter/e1' }, performedDateTime,
      });
    }
  });

  const searches: [query: string, expected: string[]][] = [
    ['Patient?_id=ada,alan', ['ada', 'alan']],
    ['Patient?gender=female', ['ada', 'grace', 'ines']],
    ['Patient?gender:not=female', ['alan']],
    ['Patient?identifier=MRN-ada', ['ada']],
    ['Patient?identifier=urn:test:mrn|MRN-ada', ['ada']],
    ['Patient?identifier=urn:test:other|MRN-ada', []],
    ['Patient?identifier=urn:test:mrn|', ['ada', 'alan', 'ines']],
    ['Patient?identifier=urn:test:a\\,b\\|c|odd\\|id', ['grace']],
    ['Patient?family=munoz', ['ines']],
    ['Patient?name=ala', ['alan']],
    ['Patient?family:contains=lace', ['ada']],
    ['Patient?family:exact=Love', []],
    ['Patient?family=%25', []],
    ['Patient?birthdate=1990', ['ines']],
    ['Patient?birthdate=1990-03-15', []],
    ['Patient?birthdate=ge1906-12-09&birthdate=lt1990', ['alan', 'grace']],
    ['Patient?birthdate=gt1912-06-23', ['ines']],
    ['Patient?birthdate=ne1815-12-10', ['alan', 'grace', 'ines']],
    ['Patient?death-date:missing=false', []],
    ['Patient?gender=male,unknown', ['alan']],
    ['Procedure?patient=ada', ['p1', 'p2']],
    ['Procedure?patient=Patient/ada', ['p1', 'p2']],
    ['Procedure?patient:Patient=ada', ['p1', 'p2']],
    ['Procedure?encounter=e1&code=http://snomed.info/sct|415070008', ['p1']],
    ['Procedure?date=2026-03-02', ['p1']],
    ['Procedure?date=sa2026-03-02', ['p2']],
    ['Encounter?date=2026-03', ['e1']],
    ['Encounter?date=2026-03-02', []],
    ['Encounter?date=ge2026-03-04', ['e1']],
    ['Encounter?class=IMP&status=finished', ['e1']],
  ];
  for (const [query, expected] of searches) {
    test(`${query} finds ${expected.join(', ') || 'nothing'}`, async () => {
      const { status, body } = await send('GET', query);
      assert.equal(status, 200);
      assert.deepEqual(resourcesOf(body).map((each) => each.id).sort(), expected);
      assert.equal(body.total, expected.length);
    });
  }

  test('a search may be posted as a form', async () => {
    const { body } = await send('POST', 'Patient/_search', 'family=Turing', { 'Content-Type': 'application/x-www-form-urlencoded' });
    assert.deepEqual(resourcesOf(body).map((each) => each.id), ['alan']);
  });

  test('results are sorted by one key after another, also descending', async () => {
    const order = async (sort: string) => resourcesOf((await send('GET', `Patient?_sort=${sort}`)).body).map((each) => each.id);
    assert.deepEqual(await order('birthdate'), ['ada', 'grace', 'alan', 'ines']);
    assert.deepEqual(await order('-birthdate'), ['ines', 'alan', 'grace', 'ada']);
    assert.deepEqual(await order('gender,-family'), ['ines', 'ada', 'grace', 'alan']);
  });

  test('_lastUpdated finds what changed since a poll, to the millisecond', async () => {
    const { body } = await send('POST', 'Location', { resourceType: 'Location', name: 'First' });
    const seen = (body.meta as JsonObject).lastUpdated as string;
    assert.deepEqual(resourcesOf((await send('GET', `Location?_lastUpdated=gt${seen}`)).body), []);
    assert.deepEqual(resourcesOf((await send('GET', `Location?_lastUpdated=ge${seen}&_sort=_lastUpdated`)).body).map((each) => each.id), [body.id]);
  });

  test('_include brings the patient and the encounter once, marked as included', async () => {
    const { body } = await send('GET', 'Procedure?_include=Procedure:patient&_include=Procedure:encounter');
    assert.deepEqual(resourcesOf(body, 'include').map((each) => each.id).sort(), ['ada', 'e1']);
    assert.equal(body.total, 2);
  });

  test('_summary=count answers a total without entries', async () => {
    const { body } = await send('GET', 'Patient?gender=female&_summary=count&_sort=birthdate');
    assert.equal(body.total, 3);
    assert.equal(body.entry, undefined);
  });

  test('pages follow opaque next links and stay as they were while the record changes', async () => {
    const first = await send('GET', 'Patient?_sort=birthdate&_count=3');
    assert.deepEqual(resourcesOf(first.body).map((each) => each.id), ['ada', 'grace', 'alan']);
    await send('PUT', 'Patient/older', { ...patient('older', { birthDate: '1700-01-01' }), id: 'older' });
    const link = nextLink(first.body) ?? '';
    assert.match(link, /\/Patient\?sessionID=[\w-]+$/);
    const second = await send('GET', link);
    assert.deepEqual(resourcesOf(second.body).map((each) => each.id), ['ines']);
    assert.equal(nextLink(second.body), undefined);
    assert.equal((await send('GET', link)).status, 200);
    await send('DELETE', 'Patient/older');
  });

  test('a next link expires with 410, and a forged one never works', async () => {
    const link = nextLink((await send('GET', 'Patient?_count=1')).body) ?? '';
    laterMs = 60_001;
    assert.equal((await send('GET', link)).status, 410);
    assert.equal((await send('GET', 'Patient?sessionID=Zm9yZ2VkLjA')).status, 410);
  });

  test('an unknown parameter is ignored with a note inside a 200, as Epic does', async () => {
    const { status, body } = await send('GET', 'Patient?shoe-size=42&gender=male');
    assert.equal(status, 200);
    assert.deepEqual(resourcesOf(body).map((each) => each.id), ['alan']);
    const [note] = resourcesOf(body, 'outcome');
    assert.equal(issuesOf(note ?? {})[0]?.severity, 'information');
    assert.match(JSON.stringify(note), /59109/);
  });

  test('an unknown parameter is refused under strict handling', async () => {
    assert.equal((await send('GET', 'Patient?shoe-size=42', undefined, { Prefer: 'handling=strict' })).status, 400);
  });

  for (const query of ['birthdate=tomorrow', '_count=-1', '_count=x', '_sort=shoe', 'patient.name=x', 'gender:above=x', 'birthdate=ap1900', '_include=Patient:name', 'family=', "identifier='; drop table ehr.resource; --&_sort='"]) {
    test(`Patient?${query} is refused with 400`, async () => {
      const { status, body } = await send('GET', `Patient?${query}`);
      assert.equal(status, 400);
      assert.equal(body.resourceType, 'OperationOutcome');
    });
  }
});
