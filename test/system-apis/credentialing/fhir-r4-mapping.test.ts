import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { qualificationOf, SYSTEMS, type Credential } from '../../../sandbox/credentialing/records.ts';
import { credentialsOf, personIdOf, sanctionOf } from '../../../system-apis/credentialing/adapters/fhir-r4/mapping.ts';
import type { Flag, Practitioner } from '../../../system-apis/credentialing/adapters/fhir-r4/shapes.ts';
import { settingsFor } from './house.ts';

const settings = settingsFor({ fhirUrl: 'http://office.test/fhir', tokenUrl: 'http://office.test/token', registryUrl: 'http://registry.test' });
const LICENCE: Credential = { credentialId: 'CR-1', code: 'RN', number: 'RN-1', status: 'active', issuedOn: '2026-01-01', expiresOn: '2027-06-30' };

const practitioner = (qualification: unknown[], more: Partial<Practitioner> = {}): Practitioner => (
  { resourceType: 'Practitioner', id: 'p1', meta: { lastUpdated: '2026-11-20T10:00:00Z' }, identifier: [{ system: SYSTEMS.person, value: 'P-1' }], qualification, ...more });
const read = (qualification: unknown) => credentialsOf(practitioner([qualification]), 'P-1', settings);
const flag = (more: Partial<Flag> = {}): Flag => (
  { resourceType: 'Flag', id: 'f1', meta: { lastUpdated: '2026-11-20T10:00:00Z' }, status: 'active', code: { coding: [{ system: SYSTEMS.sanctionList, code: 'OIG-LEIE' }] }, subject: { reference: 'Practitioner/p1' }, period: { start: '2026-10-20' }, ...more });

describe('a qualification', () => {
  for (const [status, expected] of [['active', 'valid'], ['inactive', 'suspended'], ['revoked', 'revoked'], ['pending', 'pending'], ['unknown', 'pending']] as const) {
    test(`that is ${status} is ${expected}`, () => assert.equal(read(qualificationOf({ ...LICENCE, status })).credentials[0]?.status, expected));
  }

  test('without a status does not count as valid', () => {
    const { extension: _, ...bare } = qualificationOf(LICENCE);
    assert.equal(read(bare).credentials[0]?.status, 'pending');
  });

  test('that was issued in error never was', () => assert.deepEqual(read(qualificationOf({ ...LICENCE, status: 'issiner' })), { credentials: [], leftOut: 0 }));

  for (const [end, day] of [['2027-06', '2027-06-30'], ['2028-02', '2028-02-29'], ['2027', '2027-12-31'], ['2027-06-30T23:30:00-05:00', '2027-06-30'], ['2027-06-30', '2027-06-30']] as const) {
    test(`that ends ${end} is valid to the end of ${day}`, () => assert.equal(read(qualificationOf({ ...LICENCE, expiresOn: end })).credentials[0]?.expiresOn, day));
  }

  test('of a place that is not understood is left out, and never becomes one of everywhere', () => {
    const elsewhere = JSON.parse(JSON.stringify(qualificationOf({ ...LICENCE, facility: 'MAIN' })).replace(SYSTEMS.facility, 'https://elsewhere.example'));
    assert.deepEqual(read(elsewhere), { credentials: [], leftOut: 1 });
  });

  test('of several places is one credential of each', () => {
    const both = qualificationOf({ ...LICENCE, facility: 'MAIN' }) as unknown as { extension: [{ extension: { url: string; valueCodeableConcept?: unknown }[] }] };
    both.extension[0].extension.push({ url: 'whereValid', valueCodeableConcept: { coding: [{ system: SYSTEMS.facility, code: 'EAST' }] } });
    assert.deepEqual(read(both).credentials.map((each) => [each.credentialId, each.facility]), [['CR-1#MAIN', 'MAIN'], ['CR-1#EAST', 'EAST']]);
  });

  test('that is odd takes nothing from the others', () => {
    const { credentials, leftOut } = credentialsOf(practitioner(['odd', { code: 'RN' }, qualificationOf({ ...LICENCE, status: 'lent' as never }), qualificationOf(LICENCE)]), 'P-1', settings);
    assert.deepEqual([credentials.map((each) => each.credentialId), leftOut], [['CR-1'], 3]);
  });

  test('has the kind that is configured for its code where the system does not say', () => {
    const silent = JSON.parse(JSON.stringify(qualificationOf(LICENCE)).replace(SYSTEMS.kind, 'https://elsewhere.example'));
    assert.equal(read(silent).leftOut, 1);
    assert.equal(credentialsOf(practitioner([silent]), 'P-1', { ...settings, kinds: { RN: 'licence' } }).credentials[0]?.kind, 'licence');
  });
});

describe('a practitioner', () => {
  test('is nobody of ours without an id of ours', () => {
    assert.equal(personIdOf(practitioner([], { identifier: [{ system: SYSTEMS.npi, value: '1234567893' }, { system: SYSTEMS.person, value: 'not an id' }] }), settings.systems), undefined);
  });
});

describe('a flag', () => {
  test('is a sanction only by a code of a list of sanctions, and not when it was entered in error', () => {
    assert.equal(sanctionOf(flag({ code: { coding: [{ system: 'https://elsewhere.example', code: 'OIG-LEIE' }] } }), settings.systems), undefined);
    assert.equal(sanctionOf(flag({ status: 'entered-in-error' }), settings.systems), undefined);
  });

  test('without a beginning has always held, and one that ended without a day ended when that was noted', () => {
    assert.deepEqual(sanctionOf(flag({ period: {} }), settings.systems), { source: 'OIG-LEIE', from: '1900-01-01' });
    assert.deepEqual(sanctionOf(flag({ status: 'inactive' }), settings.systems), { source: 'OIG-LEIE', from: '2026-10-20', to: '2026-11-20' });
  });
});
