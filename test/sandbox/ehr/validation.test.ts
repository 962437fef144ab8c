import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { JsonObject } from '../../../sandbox/ehr/json.ts';
import { validateResource } from '../../../sandbox/ehr/validation.ts';

const EXAMPLES = new URL('examples/', import.meta.url);
const SYNTHEA = new URL('../../../sandbox/data/synthea/fhir/', import.meta.url);
const wellFormed: JsonObject = { resourceType: 'Patient', name: [{ family: 'Curie' }], gender: 'female', birthDate: '1867-11-07' };

for (const file of readdirSync(EXAMPLES).filter((each) => each.endsWith('.json'))) {
  test(`the official example ${file} is valid`, () => {
    assert.deepEqual(validateResource(JSON.parse(readFileSync(new URL(file, EXAMPLES), 'utf8')) as JsonObject), []);
  });
}

test('every resource of the Synthea bundles is valid', () => {
  for (const file of readdirSync(SYNTHEA)) {
    const { entry } = JSON.parse(readFileSync(new URL(file, SYNTHEA), 'utf8')) as { entry: { resource: JsonObject }[] };
    for (const { resource } of entry) assert.deepEqual(validateResource(resource), [], `${file} ${String(resource.id)}`);
  }
});

const faults: [title: string, change: JsonObject, code: string, expression: string][] = [
  ['a gender outside the value set', { gender: 'purple' }, 'code-invalid', 'Patient.gender'],
  ['an element that R4 does not know', { nickname: 'Manya' }, 'structure', 'Patient.nickname'],
  ['one value where a list is due', { name: { family: 'Curie' } }, 'structure', 'Patient.name'],
  ['an empty list', { name: [] }, 'structure', 'Patient.name'],
  ['a list where one value is due', { birthDate: ['1867-11-07'] }, 'structure', 'Patient.birthDate'],
  ['a birth date that is no date', { birthDate: '07.11.1867' }, 'value', 'Patient.birthDate'],
  ['a boolean written as text', { active: 'true' }, 'value', 'Patient.active'],
  ['two choices of one element', { deceasedBoolean: true, deceasedDateTime: '1934-07-04' }, 'structure', 'Patient.deceased'],
  ['an empty object', { maritalStatus: {} }, 'structure', 'Patient.maritalStatus'],
  ['a missing element of a backbone', { communication: [{ preferred: true }] }, 'required', 'Patient.communication[0].language'],
  ['a control character', { name: [{ family: 'Cu\u0000rie' }] }, 'value', 'Patient.name[0].family'],
  ['half of a surrogate pair', { name: [{ family: 'Cu\ud800rie' }] }, 'value', 'Patient.name[0].family'],
  ['a reference to a type that may not stand there', { managingOrganization: { reference: 'Patient/1' } }, 'value', 'Patient.managingOrganization'],
];
for (const [title, change, code, expression] of faults) {
  test(`${title} is refused`, () => {
    const [found] = validateResource({ ...wellFormed, ...change });
    assert.equal(found?.code, code);
    assert.deepEqual(found?.expression, [expression]);
  });
}

const missing: [resource: JsonObject, expression: string][] = [
  [{ resourceType: 'Encounter', class: { code: 'AMB' } }, 'Encounter.status'],
  [{ resourceType: 'Encounter', status: 'planned' }, 'Encounter.class'],
  [{ resourceType: 'Procedure', status: 'completed' }, 'Procedure.subject'],
  [{ resourceType: 'DeviceUseStatement', status: 'completed', subject: { reference: 'Patient/1' } }, 'DeviceUseStatement.device'],
  [{ resourceType: 'SupplyRequest', itemCodeableConcept: { text: 'gloves' } }, 'SupplyRequest.quantity'],
  [{ resourceType: 'SupplyRequest', quantity: { value: 1 } }, 'SupplyRequest.item'],
  [{ resourceType: 'Communication', payload: [{ contentString: 'substituted' }] }, 'Communication.status'],
];
for (const [resource, expression] of missing) {
  test(`${expression} is required`, () => {
    const found = validateResource(resource).filter((each) => each.code === 'required');
    assert.deepEqual(found.map((each) => each.expression), [[expression]]);
  });
}
