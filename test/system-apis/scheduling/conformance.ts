import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { forgedCursors } from '../forged-cursors.ts';
import { fails, type House } from './house.ts';

const CATHLAB = 'MAIN/CATHLAB';
const THEATRE = 'MAIN/THEATRE';
const name = { given: 'Ana', family: 'Lee' };
let count = 0;
const somebody = () => `P-${count += 1}`;

/** What every adapter of a planning system does. */
export function schedulingConformance(title: string, setUp: () => Promise<House>): void {
  describe(`${title} keeps the contract of scheduling`, () => {
    let house: House;
    before(async () => { house = await setUp(); });
    after(() => house?.leave());

    const shiftIds = (shifts: readonly { shiftId: string }[]) => shifts.map((each) => each.shiftId).toSorted();
    const assign = (shiftId: string, personId: string) => house.call('assignShift', { shiftId, body: { personId } });

    test('declares each capability once, and why one is lacking', async () => {
      const { capabilities } = await house.call('getCapabilities', {});
      assert.deepEqual(capabilities.map((each) => each.name).toSorted(), ['assignment', 'eligibility', 'shifts']);
      for (const { name: lacking, supported, reason } of capabilities) assert.ok(supported || reason, lacking);
    });

    describe('eligibility', () => {
      test('is held as it was said, whole, and read back', async () => {
        const personId = somebody();
        const held = await house.hold(personId, { units: [CATHLAB, THEATRE], skills: ['RN', 'BLS'], name });
        assert.deepEqual([held.units, held.skills, held.gaps], [[CATHLAB, THEATRE], ['BLS', 'RN'], []]);
        await house.hold(personId, { units: ['EAST/CLINIC'], skills: ['RN'] });
        assert.deepEqual(await house.call('getEligibility', { personId }), { personId, units: ['EAST/CLINIC'], skills: ['RN'] });
      });

      test('held again changes nothing', async () => {
        const personId = somebody();
        const body = { units: [CATHLAB], skills: ['RN'], name };
        const { confirmedAt: _first, ...first } = await house.hold(personId, body);
        const { confirmedAt: _again, ...again } = await house.hold(personId, body);
        assert.deepEqual(again, first);
        assert.equal((await house.query('select from scheduling.person where person_number = $1', [personId])).length, 1);
      });

      test('of somebody who is not there is nothing, and nobody is made without a name', async () => {
        const personId = somebody();
        const held = await house.hold(personId, { units: [CATHLAB], skills: ['RN'] });
        assert.deepEqual([held.units, held.skills, held.gaps], [[], [], []]);
        assert.deepEqual(await house.call('getEligibility', { personId }), { personId, units: [], skills: [] });
        assert.equal((await house.query('select from scheduling.person where person_number = $1', [personId])).length, 0);
      });

      test('in a unit or with a skill that the planning does not have is refused', async () => {
        const personId = somebody();
        const failure = await fails(house.hold(personId, { units: ['MAIN/NOWHERE'], skills: ['RN'], name }), 'refused', 'unknown-unit');
        assert.deepEqual(failure.errors?.map((each) => each.pointer), ['/units']);
        await fails(house.hold(personId, { units: [CATHLAB], skills: ['JUGGLING'] }), 'refused', 'unknown-skill');
      });

      test('of another unit is taken before any is given', async () => {
        const personId = somebody();
        await house.hold(personId, { units: [CATHLAB], skills: ['RN'], name });
        await fails(house.hold(personId, { units: ['MAIN/NOWHERE'], skills: ['RN'] }), 'refused', 'unknown-unit');
        assert.deepEqual((await house.call('getEligibility', { personId })).units, []);
      });
    });

    describe('gaps', () => {
      test('are the shifts to come that went with a unit or a skill, and the same when it is asked again', async () => {
        const personId = somebody();
        await house.hold(personId, { units: [CATHLAB, THEATRE], skills: ['RN', 'BLS'], name });
        const [lost, lostToo, kept, bySkill] = [...await house.plan(CATHLAB, 'RN', 1, 2), ...await house.plan(THEATRE, 'RN', 3), ...await house.plan(THEATRE, 'BLS', 4)] as [string, string, string, string];
        for (const shift of [lost, lostToo, kept, bySkill]) await assign(shift, personId);

        const first = await house.hold(personId, { units: [THEATRE], skills: ['RN'] });
        assert.deepEqual(shiftIds(first.gaps), shiftIds([lost, lostToo, bySkill].map((shiftId) => ({ shiftId }))));
        assert.ok(first.gaps.every((each) => each.personId === undefined));
        assert.deepEqual([await house.holderOf(lost), await house.holderOf(bySkill), await house.holderOf(kept)], [null, null, personId]);
        const { gaps } = await house.hold(personId, { units: [THEATRE], skills: ['RN'] });
        assert.deepEqual(gaps, first.gaps);
        assert.deepEqual(await house.planning.violations('2000-01-01'), []);
      });

      test('are no gaps any more when somebody took them, or the person may have them again', async () => {
        const [personId, other] = [somebody(), somebody()];
        for (const each of [personId, other]) await house.hold(each, { units: [CATHLAB], skills: ['RN'], name });
        const [taken, free] = await house.plan(CATHLAB, 'RN', 5, 6) as [string, string];
        for (const shift of [taken, free]) await assign(shift, personId);
        await house.hold(personId, {});
        await assign(taken, other);
        assert.deepEqual(shiftIds((await house.hold(personId, {})).gaps), [free]);
        assert.deepEqual((await house.hold(personId, { units: [CATHLAB], skills: ['RN'] })).gaps, []);
        assert.equal(await house.holderOf(free), null, 'what was taken is not given back by itself');
      });

      test('are no shifts that have begun', async () => {
        const personId = somebody();
        await house.hold(personId, { units: [CATHLAB], skills: ['RN'], name });
        const [begun] = await house.plan(CATHLAB, 'RN', -0.1) as [string];
        await assign(begun, personId);
        assert.deepEqual((await house.hold(personId, {})).gaps, []);
        assert.equal(await house.holderOf(begun), personId);
      });

      test('keep what planners noted on the shift', async () => {
        const personId = somebody();
        await house.hold(personId, { units: [CATHLAB], skills: ['RN'], name });
        const [shift] = await house.plan(CATHLAB, 'RN', 7) as [string];
        await house.query(`update scheduling.shift set comments = '[{"comment":{"qualifier":"Planner"},"notes":[{"text":"bring keys"}]}]' where id = $1`, [shift]);
        await assign(shift, personId);
        await house.hold(personId, {});
        const [{ comments }] = await house.query<{ comments: { comment: { qualifier: string } }[] }>('select comments from scheduling.shift where id = $1', [shift]) as [{ comments: { comment: { qualifier: string } }[] }];
        assert.deepEqual(comments.map((each) => each.comment.qualifier), ['Planner', 'Callosum']);
      });
    });

    describe('shifts', () => {
      test('are given to who may have them, once however often it is asked', async () => {
        const personId = somebody();
        await house.hold(personId, { units: [THEATRE], skills: ['RN'], name });
        const [shiftId] = await house.plan(THEATRE, 'RN', 10) as [string];
        const given = await assign(shiftId, personId);
        assert.deepEqual([given.personId, given.unit, given.skill], [personId, THEATRE, 'RN']);
        assert.deepEqual(await assign(shiftId, personId), given);
      });

      test('are refused to who may not have them, and when somebody else has them', async () => {
        const [personId, other] = [somebody(), somebody()];
        await house.hold(personId, { units: [THEATRE], skills: ['RN'], name });
        await house.hold(other, { units: [CATHLAB], skills: ['RN'], name });
        const [shiftId, atOnce] = [...await house.plan(THEATRE, 'RN', 11), ...await house.plan(THEATRE, 'RN', 11.1)] as [string, string];
        await fails(assign(shiftId, other), 'refused', 'not-eligible');
        await fails(assign(shiftId, somebody()), 'refused', 'not-eligible');
        await assign(shiftId, personId);
        await fails(assign(shiftId, other), 'refused', 'shift-taken');
        await fails(assign(atOnce, personId), 'refused', 'shift-overlaps');
        await fails(assign('1', personId), 'not-found', 'unknown-shift');
        await fails(assign('NO-SHIFT', personId), 'not-found', 'unknown-shift');
      });

      test('go to one of two who ask at the same moment', async () => {
        const people = [somebody(), somebody()];
        for (const each of people) await house.hold(each, { units: [THEATRE], skills: ['RN'], name });
        const [shiftId] = await house.plan(THEATRE, 'RN', 12) as [string];
        const answers = await Promise.allSettled(people.map((each) => assign(shiftId, each)));
        assert.equal(answers.filter((each) => each.status === 'fulfilled').length, 1);
      });

      test('are found by person, unit, time and whether somebody has them', async () => {
        const personId = somebody();
        await house.hold(personId, { units: ['MAIN/ED'], skills: ['RN'], name });
        const [first, second, third] = await house.plan('MAIN/ED', 'RN', 20, 21, 22) as [string, string, string];
        await assign(second, personId);
        const find = async (input: object) => (await house.call('listShifts', input)).items.map((each) => each.shiftId);
        const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
        assert.deepEqual(await find({ unit: 'MAIN/ED' }), [first, second, third]);
        assert.deepEqual(await find({ personId }), [second]);
        assert.deepEqual(await find({ unit: 'MAIN/ED', open: true }), [first, third]);
        assert.deepEqual(await find({ unit: 'MAIN/ED', from: inDays(20.5), to: inDays(21.5) }), [second]);
        assert.deepEqual(await find({ personId: somebody() }), []);
      });

      test('come page by page, each once, also when many begin at the same moment', async () => {
        const planned = await house.plan('EAST/CLINIC', 'RN', ...Array.from({ length: 120 }, (_, index) => 30 + (index % 3)));
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const { items, next } = await house.call('listShifts', { unit: 'EAST/CLINIC', limit: 25, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...items.map((each) => each.shiftId));
          cursor = next;
        } while (cursor !== undefined);
        assert.deepEqual(seen.toSorted(), planned.toSorted());
      });
    });

    describe('600 people', () => {
      before(async () => {
        await house.query(`insert into scheduling.person (person_number, first_name, last_name) select 'Q-' || n, 'Q', 'Q' from generate_series(1, 600) n`);
        await house.query(`insert into scheduling.person_location select id, 'Lakeside/MAIN/ED' from scheduling.person where person_number like 'Q-%'`);
        await house.query(`insert into scheduling.person_skill select id, 'RN' from scheduling.person where person_number like 'Q-%'`);
        await house.query(`insert into scheduling.person (person_number, first_name, last_name) values ('AG/77', 'Of', 'Agency')`);
      });

      test('come page by page, each once, and nobody who bears no id of ours', async () => {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const { items, next } = await house.call('listEligibilities', { limit: 200, ...(cursor === undefined ? {} : { cursor }) });
          for (const each of items.filter(({ personId }) => personId.startsWith('Q-'))) assert.deepEqual([each.units, each.skills], [['MAIN/ED'], ['RN']]);
          seen.push(...items.map((each) => each.personId));
          cursor = next;
        } while (cursor !== undefined);
        assert.equal(new Set(seen).size, seen.length);
        assert.equal(seen.filter((each) => each.startsWith('Q-')).length, 600);
        assert.ok(!seen.includes('AG/77'));
      });
    });

    test('refuses cursors that it never gave', async () => {
      for (const cursor of Object.values(forgedCursors).filter((each) => each.length <= 512)) {
        await fails(house.call('listEligibilities', { cursor }), 'invalid-request');
        await fails(house.call('listShifts', { cursor }), 'invalid-request');
      }
    });
  });
}
