import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import pg from 'pg';
import { recordedUses } from '../../../sandbox/ehr/books.ts';
import { createClinician } from '../../../sandbox/ehr/clinician.ts';
import { clinicalDay, type Happening } from '../../../sandbox/ehr/day/clinical-day.ts';
import { hl7Files, hl7Message } from '../../../sandbox/ehr/day/hl7-sendings.ts';
import { readSynthea } from '../../../sandbox/ehr/synthea.ts';
import { validateResource } from '../../../sandbox/ehr/validation.ts';
import { masterData, openingStock } from '../../../sandbox/hospital/master-data.ts';
import { PLATFORM, SECRET, withEhr } from './support.ts';

const usesOf = (happenings: readonly Happening[]) => happenings.flatMap((each) => (each.use ? [each.use] : []));

test('both sources of Synthea data give patients with encounters, and every procedure has a row in the preference table', () => {
  const { patients } = readSynthea();
  assert.equal(patients.length, 55);
  const known = new Set(masterData.procedureSupplies.map((each) => each.code));
  for (const procedure of patients.flatMap((each) => each.encounters).flatMap((each) => each.procedures)) {
    assert.ok(known.has((procedure.code as { coding: { code: string }[] }).coding[0]?.code ?? ''));
  }
});

test('the same seed gives the same day and another seed another', () => {
  assert.deepEqual(clinicalDay(7, 50), clinicalDay(7, 50));
  assert.notDeepEqual(clinicalDay(7, 50).happenings, clinicalDay(8, 50).happenings);
});

for (const seed of [1, 2, 3, 99, 20261120]) {
  test(`50 patients under seed ${seed} use 60 to 120 items that are replaced one for one, and far more in bulk`, () => {
    const { happenings } = clinicalDay(seed, 50);
    const uses = usesOf(happenings);
    const oneForOne = uses.filter((each) => each.isReplacedOneForOne);
    assert.ok(oneForOne.length >= 60 && oneForOne.length <= 120, String(oneForOne.length));
    assert.ok(uses.length - oneForOne.length >= 200);
    assert.ok(uses.some((each) => !each.isMapped && each.item === masterData.unmappedItemCode));
    assert.equal(happenings.filter((each) => each.kind === 'encounter-started').length, 50);
  });
}

test('every happening has its own id and comes after what it refers to', () => {
  const { happenings } = clinicalDay(1, 200);
  assert.equal(new Set(happenings.map((each) => each.id)).size, happenings.length);
  const seen = new Set<string>();
  for (const each of happenings) {
    if (each.kind === 'procedure-performed') assert.ok(seen.has(`${each.visit}-start`));
    if (each.use) assert.ok(seen.has(each.use.procedure));
    seen.add(each.id);
  }
});

test('every resource of the day is valid R4', () => {
  for (const resource of clinicalDay(3, 100).happenings.flatMap((each) => each.resources)) assert.deepEqual(validateResource(resource), []);
});

test('labels come from the opening stock while it lasts: no lot is overdrawn, no serial used twice, none expired', () => {
  const day = '2026-11-20';
  const units = usesOf(clinicalDay(1, 120, { day }).happenings).filter((each) => each.unit?.origin === 'point-of-use');
  const stock = openingStock(new Date(`${day}T00:00:00Z`));
  const taken = new Map<string, number>();
  for (const { facility, location, item, unit } of units) {
    const lot = stock.find((each) => each.facility === facility && each.location === location && each.item === item && (unit?.serial ? each.serials?.includes(unit.serial) : each.lot === unit?.lot));
    assert.ok(lot, `${item} ${unit?.lot ?? unit?.serial}`);
    assert.ok(lot.expiresOn === undefined || lot.expiresOn >= day);
    const key = `${facility}/${location}/${item}/${unit?.serial ?? unit?.lot}`;
    taken.set(key, (taken.get(key) ?? 0) + 1);
    assert.ok((taken.get(key) ?? 0) <= (unit?.serial ? 1 : lot.quantity), key);
  }
});

test('a day with more patients than there are real ones brings some of them back', () => {
  const { happenings } = clinicalDay(1, 150);
  const patients = happenings.filter((each) => each.kind === 'encounter-started').map((each) => (each.resources[0]?.subject as { reference: string } | undefined)?.reference);
  assert.equal(patients.length, 150);
  assert.equal(new Set(patients).size, readSynthea().patients.filter((each) => !each.isDeceased).length);
});

test('the feed sends each real file once before any comes again, and some sendings twice with the same control id', () => {
  const { hl7 } = clinicalDay(1, 49);
  assert.deepEqual(hl7.filter((each) => !each.isResend).map((each) => each.source).sort(), hl7Files());
  const resent = hl7.filter((each) => each.isResend);
  assert.ok(resent.length > 0);
  for (const each of resent) assert.ok(hl7.some((other) => !other.isResend && other.controlId === each.controlId && other.at <= each.at));
});

test('a message goes out with CR line ends and the control id of its sending', () => {
  const text = hl7Message({ source: 'edge/edge-custom-delimiters.hl7', controlId: 'S1-H00001' }).toString();
  assert.equal(text.split('\r')[0]?.split('#')[9], 'S1-H00001');
  assert.doesNotMatch(text, /\n/);
});

describe('a clinical day recorded in the EHR', () => {
  const running = withEhr();

  test('is complete in the books, although recorded twice and through outages', async () => {
    assert.ok((await running.ehr.load()) > 1000);
    assert.equal(await running.ehr.load(), 0);
    const { happenings } = clinicalDay(5, 4);
    const clinician = createClinician({ fhirUrl: running.ehr.fhirUrl, tokenUrl: running.ehr.tokenUrl, clientId: PLATFORM.clientId, secret: SECRET, retryAfterMs: 1 });
    running.ehr.faults.set({ kind: 'answerLost', rate: 0.3 }, { methods: ['POST'] });
    for (const each of happenings) await clinician.record(each);
    running.ehr.faults.set({ kind: 'failing', status: 503, rate: 0.3 });
    for (const each of happenings) await clinician.record(each);
    running.ehr.faults.set({ kind: 'none' });
    const client = new pg.Pool({ connectionString: running.database.url });
    const books = await recordedUses(client);
    await client.end();
    const byId = <T extends { id: string }>(rows: readonly T[]) => rows.toSorted((one, other) => one.id.localeCompare(other.id));
    const expected = byId(happenings.filter((each) => each.use)).map(({ id, use, at }) => ({
      id, item: use?.item, quantity: use?.quantity, lot: use?.unit?.lot ?? null, serial: use?.unit?.serial ?? null,
      location: `${use?.facility}-${use?.location}`, costCentre: use?.costCentre, procedure: use?.procedure, usedAt: at,
    }));
    assert.deepEqual(byId(books).map(({ id, item, quantity, lot, serial, location, costCentre, procedure, usedAt }) => ({ id, item, quantity, lot, serial, location, costCentre, procedure, usedAt })), expected);
  });
});
