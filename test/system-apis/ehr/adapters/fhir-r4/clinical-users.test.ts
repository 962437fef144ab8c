import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { recordedClinicians } from '../../../../../sandbox/ehr/books.ts';
import { SYSTEMS } from '../../../../../sandbox/ehr/hospital-record.ts';
import type { JsonObject } from '../../../../../sandbox/ehr/json.ts';
import { clinicalUsersConformance } from '../../clinical-users-conformance.ts';
import { settingsFor, startRecordSystem, type RecordSystem } from './record-system.ts';

clinicalUsersConformance('a FHIR record', async () => {
  const system = await startRecordSystem();
  await system.vendor.load();
  return { call: (name, input) => system.call(name, input), leave: () => system.stop() };
});

const name = { given: 'Rosalind', family: 'Achterberg' };
const nurse = 'MAIN/CATHLAB/nurse';

describe('clinical users of a FHIR record', () => {
  let system: RecordSystem;
  let books: pg.Pool;
  before(async () => {
    system = await startRecordSystem({ settings: { departments: { 'MAIN-EPLAB': 'RHYTHM' } } });
    await system.vendor.load();
    books = new pg.Pool({ connectionString: system.databaseUrl, max: 1 });
  });
  after(async () => {
    await books.end();
    await system.stop();
  });

  const hold = (personId: string, roles: string[], more: object = { name }) => system.call('holdClinicalUser', { personId, body: { roles, ...more } });
  const inTheBooks = async (person: string) => (await recordedClinicians(books)).filter((each) => each.person === person);
  const found = async (query: string) => ((await system.send('GET', query)).entry ?? []) as { resource: JsonObject }[];
  const versions = async () => (await books.query(`select type, id, version from ehr.resource where type like 'Practitioner%' order by type, id`)).rows;

  test('are in its books as they are held, and practitioners without a person id are nobody\'s business', async () => {
    await hold('P-1', [nurse, 'MAIN/RHYTHM/physician'], { name, npi: '1234567893' });
    assert.deepEqual(await inTheBooks('P-1'), [{ person: 'P-1', npi: '1234567893', family: 'Achterberg', isActive: true, roles: ['MAIN-CATHLAB nurse', 'MAIN-EPLAB physician'], everHeld: 2 }]);
    assert.ok((await found('Practitioner?_count=200')).length > 1);
    assert.deepEqual((await system.call('listClinicalUsers', {})).items.map((each) => each.personId), ['P-1']);
  });

  test('end and begin again as the same role, which is never deleted', async () => {
    await hold('P-2', [nurse]);
    await hold('P-2', []);
    assert.deepEqual(await inTheBooks('P-2'), [{ person: 'P-2', npi: null, family: 'Achterberg', isActive: false, roles: [], everHeld: 1 }]);
    await hold('P-2', [nurse]);
    const [clinician] = await inTheBooks('P-2');
    assert.deepEqual([clinician?.roles, clinician?.everHeld], [['MAIN-CATHLAB nurse'], 1]);
  });

  test('are not written to when nothing changes', async () => {
    await hold('P-3', [nurse]);
    const before = await versions();
    await hold('P-3', [nurse]);
    assert.deepEqual(await versions(), before);
  });

  test('take a new name and provider number, and keep everything else that is known of them', async () => {
    await hold('P-4', [nurse]);
    const [{ resource }] = await found(`Practitioner?identifier=${SYSTEMS.person}|P-4`) as [{ resource: JsonObject }];
    await system.send('PUT', `Practitioner/${String(resource.id)}`, { ...resource, gender: 'female', name: [...(resource.name as JsonObject[]), { use: 'maiden', family: 'Birch' }] });
    await hold('P-4', [nurse], { name: { given: 'Rosalind', family: 'Cole' }, npi: '1234567893' });
    const now = await system.send('GET', `Practitioner/${String(resource.id)}`);
    assert.deepEqual([now.gender, (now.name as JsonObject[]).map((each) => each.family)], ['female', ['Cole', 'Birch']]);
    assert.deepEqual((await inTheBooks('P-4'))[0]?.npi, '1234567893');
  });

  test('lose what the record system\'s own staff gave them, whatever it is called', async () => {
    await hold('P-5', [nurse]);
    const [{ resource }] = await found(`Practitioner?identifier=${SYSTEMS.person}|P-5`) as [{ resource: JsonObject }];
    await system.send('POST', 'PractitionerRole', { resourceType: 'PractitionerRole', practitioner: { reference: `Practitioner/${String(resource.id)}` }, code: [{ text: 'may do anything' }] });
    await hold('P-5', [nurse]);
    const roles = await found(`PractitionerRole?practitioner=Practitioner/${String(resource.id)}`);
    assert.deepEqual(roles.map((each) => [each.resource.active, each.resource.code]).filter(([active]) => active === false), [[false, [{ text: 'may do anything' }]]]);
  });

  for (const [what, scope] of [['new practitioner', { methods: ['POST'], pathIncludes: '/Practitioner', times: 1 }], ['new role', { methods: ['POST'], pathIncludes: '/PractitionerRole', times: 1 }]] as const) {
    test(`are there once although the answer about a ${what} was lost`, async () => {
      const person = `P-lost-${what.slice(4, 6)}`;
      system.vendor.faults.set({ kind: 'answerLost', rate: 1 }, scope);
      await assert.rejects(hold(person, [nurse]));
      system.vendor.faults.set({ kind: 'none' });
      assert.deepEqual((await hold(person, [nurse])).roles, [nurse]);
      const clinicians = await inTheBooks(person);
      assert.deepEqual(clinicians.map((each) => [each.isActive, each.everHeld]), [[true, 1]]);
    });
  }

  test('are inactive at once when all is taken from them, even if the rest cannot be done yet', async () => {
    await hold('P-6', [nurse]);
    system.vendor.faults.set({ kind: 'failing', status: 503, rate: 1 }, { methods: ['PUT'], pathIncludes: '/PractitionerRole' });
    await assert.rejects(hold('P-6', []), { kind: 'unavailable' });
    system.vendor.faults.set({ kind: 'none' });
    assert.deepEqual((await inTheBooks('P-6')).map((each) => [each.isActive, each.roles]), [[false, ['MAIN-CATHLAB nurse']]]);
    await hold('P-6', []);
    assert.deepEqual((await inTheBooks('P-6'))[0]?.roles, []);
  });

  test('two at once hold one role once', async () => {
    await hold('P-7', ['MAIN/ED/nurse']);
    await Promise.allSettled([hold('P-7', [nurse]), hold('P-7', [nurse])]);
    await hold('P-7', [nurse]);
    assert.deepEqual((await inTheBooks('P-7')).map((each) => [each.roles, each.everHeld]), [[['MAIN-CATHLAB nurse'], 2]]);
  });

  test('of one person id are one', async () => {
    const double = { resourceType: 'Practitioner', identifier: [{ system: SYSTEMS.person, value: 'P-8' }] };
    for (const each of [double, double]) await system.send('POST', 'Practitioner', each);
    await assert.rejects(hold('P-8', []), { kind: 'conflict', code: 'ambiguous-person' });
  });

  test('are lacking where nobody said how they are told from others', async () => {
    const { person: _person, ...systems } = settingsFor(system.vendor).systems;
    const adapter = system.open({ systems });
    const { capabilities } = await adapter.getCapabilities({}, undefined as never);
    assert.deepEqual(capabilities.filter((each) => each.name === 'clinical-users').map((each) => [each.supported, typeof each.reason]), [[false, 'string']]);
    await assert.rejects(adapter.getClinicalUser({ personId: 'P-1' }, undefined as never), { kind: 'not-supported' });
    await adapter.close();
  });
});
