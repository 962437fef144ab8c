import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Assignment, Employment, Worker } from '#contracts/generated/system/hcm/v1.ts';
import type { PersonAtWork } from '#contracts/generated/process/hire-to-retire/v1.ts';
import { TARGETS, type Target } from '../../../process-apis/hire-to-retire/person.ts';
import { eventually } from '../../support/eventually.ts';
import { openHouse, person, type House } from './house.ts';
import { assignment, credential, employment } from './samples.ts';

const officer = person('sam', ['security-officer', 'hr-analyst', 'pharmacy-director']);
const DAY_MS = 86_400_000;
const day = (offset: number) => new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10);
const NURSE_AT: Record<Target, string[]> = {
  directory: ['staff', 'nurses'], applications: ['charting'], badges: ['entrances', 'cathlab'], scheduling: ['unit/MAIN/CATHLAB', 'skill/RN'], clinical: ['MAIN/CATHLAB/nurse'], business: ['MAIN/7010'],
};

describe('people at work', () => {
  let house: House;
  before(async () => { house = await openHouse({ limits: { riskMs: 300, revokedWithinMs: 300_000 }, drift: { everyMs: 86_400_000, repair: false } }); });
  after(() => house.stop());

  let count = 0;
  function nurse(changes: { employments?: Employment[]; assignments?: Assignment[]; personId?: string } = {}): Worker {
    count += 1;
    const personId = changes.personId ?? `P-${count}`;
    house.books.standings.set(personId, { personId, credentials: ['RN', 'BLS', 'RPH'].map((code) => credential(code, { personId })), sanctions: [] });
    return { workerId: `W-${count}`, personId, name: { given: 'Marked', family: `Canary${count}` }, email: `canary${count}@lakeside.example`, employments: [employment()], assignments: [assignment()], version: '1', ...changes };
  }
  const read = (personId: string) => house.as(officer, () => house.process.getPerson({ personId }));
  const heldBy = (personId: string) => Object.fromEntries(TARGETS.map((target) => [target, house.books.holds[target].get(personId)?.rights ?? []]));
  const settled = (personId: string, standing: PersonAtWork['standing']) => eventually(async () => {
    const { person: found } = await read(personId);
    if (found.standing !== standing || found.steps.some(({ state }) => state !== 'in-step')) throw new Error(JSON.stringify(found));
    return found;
  });
  const workOf = (personId: string, kind: string) => eventually(async () => {
    const { items } = await house.as(officer, () => house.process.listWorkItems({ kind, limit: 200 }));
    return items.find((item) => item.facts?.['person'] === personId);
  });
  async function hired(worker = nurse()): Promise<Worker> {
    await house.changed(worker);
    await settled(worker.personId, 'working');
    return worker;
  }

  test('are given what the policy says, everywhere', async () => {
    const { personId } = await hired();
    for (const target of TARGETS) assert.deepEqual(heldBy(personId)[target]?.toSorted(), NURSE_AT[target].toSorted());
    const { items } = await house.as(officer, () => house.process.listRightsHeld({ personId, limit: 50 }));
    assert.equal(items.length, 9);
    const charting = items.find(({ right }) => right === 'charting')!;
    assert.deepEqual([charting.target, charting.rule, charting.takenAt], ['applications', 'Nurses', undefined]);
    assert.match(charting.givenBecause, /^worker\.changed\.v1\/C-/);
  });

  test('who begin later are prepared, and nothing more', async () => {
    const worker = nurse({ employments: [employment({ hiredOn: day(20) })], assignments: [assignment({ from: day(20) })] });
    await house.changed(worker);
    await settled(worker.personId, 'expected');
    assert.ok(house.books.holds.directory.has(worker.personId));
    assert.deepEqual(Object.values(heldBy(worker.personId)).flat(), []);
  });

  test('who move lose what they no longer deserve before they get anything else', async () => {
    const worker = await hired();
    const from = house.books.asked.length;
    await house.changed({ ...worker, assignments: [assignment({ to: day(-1) }), assignment({ from: day(0), departmentCode: 'ED' })] }, { kind: 'transfer' });
    await eventually(() => heldBy(worker.personId)['clinical']?.[0] === 'MAIN/ED/nurse');
    await settled(worker.personId, 'working');
    const asked = house.books.asked.slice(from).filter((each) => each.includes(`${worker.personId}:`));
    const firstGift = asked.findIndex((each) => /ED|7040/.test(each));
    const lastLoss = asked.findLastIndex((each) => ['clinical', 'badges', 'scheduling', 'business'].some((target) => each.startsWith(target)) && !/ED|7040/.test(each));
    assert.ok(lastLoss < firstGift, asked.join('\n'));
    assert.deepEqual(heldBy(worker.personId)['business'], ['MAIN/7040']);
  });

  test('who are dismissed lose everything at once, at every system that answers; the others follow, and it is seen meanwhile', async () => {
    const worker = await hired();
    const { personId } = worker;
    house.books.shifts.push({ shiftId: `S-${personId}`, unit: 'MAIN/CATHLAB', skill: 'RN', startsAt: '2026-12-01T07:00:00Z', endsAt: '2026-12-01T15:00:00Z', personId });
    // Neither HR nor credentialing needs to answer for that.
    house.books.down = new Set(['badges', 'hcm', 'credentialing']);
    const dismissed = { ...worker, employments: [employment({ termination: { lastDay: day(0), category: 'for-cause' } })] };
    await house.changed(dismissed, { kind: 'termination', endsNow: true });
    await eventually(() => Object.entries(heldBy(personId)).filter(([, rights]) => rights.length > 0).map(([target]) => target).join() === 'badges');
    assert.deepEqual((await workOf(personId, 'still-held-badges')).facts?.['excess'], 'entrances, cathlab');
    const risks = await house.as(officer, () => house.process.listPeople({ atRisk: true, limit: 50 }));
    assert.deepEqual(risks.items.map((each) => each.personId), [personId]);
    const open = await house.as(officer, () => house.process.getRevocation({ personId }));
    assert.deepEqual([open.isComplete, open.systems.filter(({ isConfirmed }) => !isConfirmed).map(({ target }) => target)], [false, ['badges']]);
    house.books.down.clear();
    await eventually(async () => (await house.as(officer, () => house.process.getRevocation({ personId }))).isComplete);
    assert.deepEqual(house.books.shifts.find(({ shiftId }) => shiftId === `S-${personId}`)?.personId, undefined);
    const told = await house.platform.database.query<{ type: string }>(`select type from chassis.events where subject = $1 and type in ('shift.opened.v1', 'rights.revoked.v1') order by type`, [personId]);
    assert.deepEqual(told.map(({ type }) => type), ['rights.revoked.v1', 'shift.opened.v1']);
    const { items } = await house.as(officer, () => house.process.listRightsHeld({ personId, limit: 50 }));
    assert.ok(items.every(({ takenAt, takenBecause }) => takenAt && takenBecause?.startsWith('worker.changed.v1/')));
  });

  test('whose dismissal was a mistake get everything back', async () => {
    const worker = await hired();
    await house.changed({ ...worker, employments: [employment({ termination: { lastDay: day(0), category: 'for-cause' } })] }, { kind: 'termination', endsNow: true });
    await settled(worker.personId, 'left');
    await house.changed(worker, { kind: 'termination-reversal' });
    await settled(worker.personId, 'working');
    assert.deepEqual(heldBy(worker.personId)['clinical'], ['MAIN/CATHLAB/nurse']);
  });

  test('whose licence is suspended lose what needs it, and get it back with the licence', async () => {
    const { personId } = await hired();
    const standing = house.books.standings.get(personId)!;
    house.books.standings.set(personId, { ...standing, credentials: standing.credentials.map((each) => each.code === 'RN' ? { ...each, status: 'suspended' } : each) });
    await house.tell('credential.changed.v1', personId, { changeId: 'K-1', personId, recordedAt: new Date().toISOString() });
    await eventually(() => heldBy(personId)['clinical']?.length === 0);
    await settled(personId, 'working');
    assert.deepEqual(heldBy(personId)['directory'], ['staff']);
    assert.deepEqual((await read(personId)).withheld.find(({ right }) => right === 'charting')?.because, 'credential-suspended');
    house.books.standings.set(personId, standing);
    await house.tell('credential.changed.v1', personId, { changeId: 'K-2', personId, recordedAt: new Date().toISOString() });
    await eventually(() => heldBy(personId)['clinical']?.length === 1);
    const at = await house.as(officer, () => house.process.listRightsHeld({ personId, at: new Date().toISOString(), limit: 50 }));
    assert.equal(at.items.filter(({ right }) => right === 'charting').length, 1);
  });

  test('get rights that have to be agreed to when somebody else agrees, and never by their own word', async () => {
    const worker = await hired(nurse({ assignments: [assignment({ jobCode: 'RPH', departmentCode: 'CLINIC' })] }));
    const { personId } = worker;
    const item = await workOf(personId, 'approve-rights');
    const decide = (by: ReturnType<typeof person>) => house.as(by, () => house.process.resolveWorkItem({ workItemId: item.id, body: { resolution: 'approve' } }));
    await assert.rejects(decide(person('self', ['pharmacy-director'], personId)), { code: 'own-rights' });
    await assert.rejects(decide({ ...person('ghost', ['pharmacy-director']), bindings: {} }), { code: 'person-unknown' });
    await assert.rejects(decide(person('ben', ['buyer'])), { code: 'not-owner' });
    await decide(person('ruth', ['pharmacy-director']));
    await eventually(() => heldBy(personId)['badges']?.includes('vault'));
    const { items } = await house.as(officer, () => house.process.listRightsHeld({ personId, limit: 50 }));
    assert.equal(items.find(({ right }) => right === 'vault')?.approvedBy, 'ruth');
  });

  test('of whom a system refuses a right wait for a person, and have everything else', async () => {
    house.books.refused.add('charting');
    const worker = nurse();
    await house.changed(worker);
    const item = await workOf(worker.personId, 'not-given-applications');
    assert.deepEqual([item.owner, item.facts?.['lacking']], ['role:security-officer', 'charting']);
    assert.deepEqual(heldBy(worker.personId)['clinical'], ['MAIN/CATHLAB/nurse']);
    house.books.refused.clear();
    await house.as(officer, () => house.process.resolveWorkItem({ workItemId: item.id, body: { resolution: 'retry-applications' } }));
    await settled(worker.personId, 'working');
  });

  test('whose records do not fit together are asked about, and have what is certain', async () => {
    const worker = nurse({ assignments: [assignment({ jobCode: 'WIZARD' })] });
    await house.changed(worker);
    assert.equal((await workOf(worker.personId, 'record-unclear')).facts?.['questions'], 'Job WIZARD is not known.');
    await settled(worker.personId, 'working');
    assert.deepEqual(heldBy(worker.personId)['directory'], ['staff']);
  });

  test('are compared with what systems really hold, and made right where that is asked for', async () => {
    const { personId } = await hired();
    house.books.holds.clinical.get(personId)!.rights.push('MAIN/ED/physician');
    house.books.holds.badges.delete(personId);
    house.books.holds.directory.set('P-nobody', { rights: ['admins'], named: true });
    const check = async (repair: boolean) => {
      const { checkId } = await eventually(() => house.as(officer, () => house.process.startDriftCheck({ body: { repair } })).catch(() => undefined));
      return eventually(async () => {
        const found = await house.as(officer, () => house.process.getDriftCheck({ checkId }));
        return found.status === 'done' ? found : undefined;
      });
    };
    const seen = await check(false);
    const of = (found: typeof seen) => found.findings!.map(({ target, kind, personId: who, rights }) => `${target} ${kind} ${who} ${rights?.join()}`);
    assert.deepEqual(of(seen), [`badges lacking ${personId} entrances,cathlab`, `clinical excess ${personId} MAIN/ED/physician`, 'directory unknown-person P-nobody admins']);
    assert.ok(heldBy(personId)['clinical']?.includes('MAIN/ED/physician'));
    assert.deepEqual((await check(true)).findings?.filter(({ repaired }) => repaired).length, 2);
    await eventually(() => heldBy(personId)['badges']?.length === 2 && heldBy(personId)['clinical']?.length === 1);
    await settled(personId, 'working');
    house.books.holds.directory.delete('P-nobody');
    assert.deepEqual((await check(false)).findings, []);
    house.books.down.add('scheduling');
    assert.deepEqual((await check(false)).targets.filter(({ status }) => status === 'unreachable').map(({ target }) => target), ['scheduling']);
    house.books.down.clear();
  });

  test('are seen from their facility alone', async () => {
    const worker = nurse({ assignments: [assignment({ facility: 'EAST', departmentCode: 'CLINIC' })] });
    await house.changed(worker, { facility: 'EAST' });
    await settled(worker.personId, 'working');
    const elsewhere = person('mia', ['hr-analyst'], 'P-mia', ['MAIN']);
    await assert.rejects(house.as(elsewhere, () => house.process.getPerson({ personId: worker.personId })), { kind: 'not-found' });
    await assert.rejects(house.as(elsewhere, () => house.process.listRightsHeld({ personId: worker.personId, limit: 5 })), { kind: 'not-found' });
  });

  test('see themselves and who reports to them, and nobody else', async () => {
    const manager = await hired();
    const report = await hired(nurse({ assignments: [assignment({ managerPersonId: manager.personId })] }));
    const stranger = await hired();
    const boss = person('boss', ['department-manager'], manager.personId);
    const seen = await house.as(boss, () => house.process.listPeople({ limit: 50 }));
    assert.deepEqual(seen.items.map(({ personId }) => personId), [report.personId, manager.personId]);
    assert.equal((await house.as(boss, () => house.process.getPerson({ personId: report.personId }))).person.managerPersonId, manager.personId);
    await assert.rejects(house.as(boss, () => house.process.getPerson({ personId: stranger.personId })), { kind: 'not-found' });
    const nobody = { ...person('guest', []), bindings: {} };
    assert.deepEqual((await house.as(nobody, () => house.process.listPeople({ limit: 50 }))).items, []);
  });

  test('are known by number alone wherever the platform keeps something', async () => {
    const tables = await house.platform.database.query<{ name: string }>(`select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname in ('chassis', 'hire_to_retire')`);
    const found: string[] = [];
    for (const { name } of tables) if ((await house.platform.database.query(`select 1 from ${name} t where t::text ~* 'canary|marked' limit 1`)).length > 0) found.push(name);
    assert.deepEqual(found, []);
  });
});
