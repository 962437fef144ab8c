import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { receivedCommunications } from '../../../../../sandbox/ehr/books.ts';
import { clinicalDay } from '../../../../../sandbox/ehr/day/clinical-day.ts';
import { DAY, startRecordSystem, type RecordSystem } from './record-system.ts';

const day = clinicalDay(11, 3, { day: DAY });
const context = day.happenings.filter((each) => !each.use);
const encounter = context.find((each) => each.kind === 'encounter-finished')!;
const patientOf = String((encounter.resources[0]!.subject as { reference: string }).reference.split('/')[1]);

describe('the record', () => {
  let system: RecordSystem;
  before(async () => {
    system = await startRecordSystem();
    await system.vendor.load();
    await system.record(...context);
  });
  after(() => system.stop());

  test('gives of a patient what tells who it is, and no more', async () => {
    const patient = await system.call('getPatient', { patientId: patientOf });
    assert.deepEqual(Object.keys(patient).toSorted(), ['birthDate', 'familyName', 'gender', 'givenName', 'id', 'medicalRecordNumber']);
    const resource = await system.send('GET', `Patient/${patientOf}`) as { name: { family: string }[]; birthDate: string };
    assert.equal(patient.familyName, resource.name[0]?.family);
    assert.equal(patient.birthDate, resource.birthDate);
  });

  test('gives an encounter with its place in our codes', async () => {
    const found = await system.call('getEncounter', { encounterId: encounter.visit });
    assert.equal(found.status, 'finished');
    assert.equal(found.patientId, patientOf);
    assert.ok(['MAIN', 'EAST'].includes(found.facility ?? ''), found.facility);
    assert.match(found.department ?? '', /^[A-Z]+$/);
  });

  test('gives the procedures of an encounter in the order in which they were done, in pages', async () => {
    const visit = context.filter((each) => each.kind === 'procedure-performed').map((each) => each.visit)
      .reduce((so, each) => so.set(each, (so.get(each) ?? 0) + 1), new Map<string, number>());
    const [encounterId = '', count = 0] = [...visit].toSorted(([, one], [, other]) => other - one)[0] ?? [];
    const all = (await system.call('listProcedures', { encounterId })).items;
    assert.equal(all.length, count);
    assert.deepEqual(all.map((each) => each.performedAt), all.map((each) => each.performedAt).toSorted());
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await system.call('listProcedures', { encounterId, limit: 1, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map((each) => each.id));
      if (page.next === undefined) break;
      cursor = page.next;
    }
    assert.deepEqual(seen, all.map((each) => each.id));
  });

  test('knows what it does not have', async () => {
    await assert.rejects(system.call('getPatient', { patientId: 'nobody' }), { kind: 'not-found', code: 'unknown-patient' });
    await assert.rejects(system.call('getPatient', { patientId: '../Encounter/x' }), { kind: 'not-found', code: 'unknown-patient' });
    await assert.rejects(system.call('getEncounter', { encounterId: 'none' }), { kind: 'not-found', code: 'unknown-encounter' });
    await assert.rejects(system.call('listProcedures', { encounterId: 'none' }), { kind: 'not-found', code: 'unknown-encounter' });
    await assert.rejects(system.call('listProcedures', { encounterId: 'a,b&_id=x' }), { kind: 'not-found', code: 'unknown-encounter' });
  });
});

describe('a notice to clinicians', () => {
  let system: RecordSystem;
  let books: pg.Pool;
  before(async () => {
    system = await startRecordSystem({ settings: { timeoutMs: 2_000 } });
    await system.vendor.load();
    await system.record(...context);
    books = new pg.Pool({ connectionString: system.databaseUrl, max: 1 });
  });
  after(async () => {
    await books.end();
    await system.stop();
  });
  const notice = (reference: string, more: object = {}) => ({ body: { reference, topic: 'substitution' as const, text: 'STENT-2 comes instead of STENT-1', ...more } });

  test('stands in the chart of the patient under our reference', async () => {
    const told = await system.call('createNotice', notice('order:4711/line:1', { encounterId: encounter.visit, facility: 'MAIN', department: 'CATHLAB' }));
    const [kept] = await receivedCommunications(books);
    assert.equal(`Communication/${kept?.id}`, told.id);
    assert.deepEqual(kept?.identifiers, [{ system: 'https://lakeside.example/ids/notice', value: 'order:4711/line:1' }]);
    assert.deepEqual([kept?.status, kept?.text, kept?.patient, kept?.categories], ['completed', 'STENT-2 comes instead of STENT-1', patientOf, ['substitution']]);
    assert.equal(Date.parse(kept?.sent ?? ''), Date.parse(told.sentAt));
  });

  test('is written once, whether it is repeated or its answer was lost', async () => {
    const before = (await receivedCommunications(books)).length;
    system.vendor.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['POST'], pathIncludes: '/Communication', times: 1 });
    await assert.rejects(system.call('createNotice', notice('lost')), { kind: 'unavailable' });
    system.vendor.faults.set({ kind: 'none' });
    const first = await system.call('createNotice', notice('lost'), { repeated: true });
    assert.deepEqual(await system.call('createNotice', notice('lost'), { repeated: true }), first);
    assert.equal((await receivedCommunications(books)).length, before + 1);
  });

  test('keeps references apart that look like search syntax', async () => {
    const references = ['a,b', 'a|b', 'a$b', 'a\\b', 'a&b=c', 'a%2Cb', 'a'];
    const ids = new Set<string>();
    for (const reference of references) {
      ids.add((await system.call('createNotice', notice(reference))).id);
      ids.add((await system.call('createNotice', notice(reference), { repeated: true })).id);
    }
    assert.equal(ids.size, references.length);
  });

  test('cannot take the reference of another one', async () => {
    await system.call('createNotice', notice('taken'));
    await assert.rejects(system.call('createNotice', notice('taken', { text: 'Something else' })), { kind: 'conflict', code: 'duplicate-notice' });
  });

  test('about an encounter that there is not is refused', async () => {
    await assert.rejects(system.call('createNotice', notice('astray', { encounterId: 'none' })), { kind: 'refused', code: 'unknown-encounter' });
  });
});
