import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { callerOf, fails, startHouse, type House } from './house.ts';

const CATHLAB = 'MAIN/CATHLAB';
const THEATRE = 'MAIN/THEATRE';
const name = { given: 'Ana', family: 'Lee' };

describe('trouble with the planning', () => {
  let house: House;
  beforeEach(async () => { house = await startHouse({ timeoutMs: 1_500 }); });
  afterEach(() => house.leave());

  /** Somebody with shifts in the unit that they will lose, on each of these days. */
  async function somebodyWithShifts(...inDays: number[]): Promise<string[]> {
    await house.hold('P-1', { units: [CATHLAB], skills: ['RN'], name });
    const shifts = await house.plan(CATHLAB, 'RN', ...inDays);
    for (const shiftId of shifts) await house.call('assignShift', { shiftId, body: { personId: 'P-1' } });
    return shifts;
  }

  test('is named when it is down, slow, failing or throttling, and passes with it', async () => {
    const { faults } = house.planning;
    for (const [mode, kind] of [
      [{ kind: 'down' }, 'unavailable'], [{ kind: 'slow', delayMs: 8_000 }, 'upstream-timeout'], [{ kind: 'failing', status: 500, rate: 1 }, 'unavailable'],
      [{ kind: 'throttled', perSecond: 0, retryAfter: false }, 'rate-limited'],
    ] as const) {
      // Each trouble by itself: the circuit of one adapter would remember the last.
      const port = house.open();
      faults.set(mode);
      const failure = await fails(callerOf(port)('getEligibility', { personId: 'P-1' }), kind);
      if (kind === 'rate-limited') assert.ok(failure.retryAfterMs! >= 1_000, 'the vendor does not say how long to wait');
      await port.close();
    }
    faults.set({ kind: 'none' });
    const port = house.open();
    assert.deepEqual((await callerOf(port)('getEligibility', { personId: 'P-1' })).units, []);
    await port.close();
  });

  test('with a sign-on that is refused is not taken for nobody', async () => {
    const port = house.open({ secret: 'wrong' });
    await fails(callerOf(port)('getEligibility', { personId: 'P-1' }), 'unavailable', 'vendor-sign-on-failed');
    await port.close();
  });

  const WRITES = { 'the units': '/job_transfer_entries', 'the skills': '/employee_skills/', 'the shifts': '/shifts/multi_update' };
  for (const [what, pathIncludes] of Object.entries(WRITES)) {
    for (const [how, mode] of [['before it was written', { kind: 'failing', status: 500, rate: 1 }], ['with the answer', { kind: 'answerLost', rate: 1 }]] as const) {
      test(`that breaks off at ${what} ${how} leaves nothing out when it is asked again`, async () => {
        const shifts = await somebodyWithShifts(1, 2);
        const methods = pathIncludes === '/shifts/multi_update' ? ['POST'] : ['PUT'];
        house.planning.faults.set(mode, { methods, pathIncludes, times: 1 });
        await fails(house.hold('P-1', { units: [THEATRE], skills: [] }), 'unavailable');
        assert.equal(house.planning.faults.done[mode.kind], 1);
        const { gaps, units } = await house.hold('P-1', { units: [THEATRE], skills: [] });
        assert.deepEqual([gaps.map((each) => each.shiftId), units], [shifts, [THEATRE]]);
        for (const shift of shifts) assert.equal(await house.holderOf(shift), null);
        assert.deepEqual((await house.hold('P-1', { units: [THEATRE], skills: [] })).gaps, gaps);
      });
    }
  }

  test('that loses the answer of a new person makes no second one', async () => {
    await house.call('getEligibility', { personId: 'P-9' });
    house.planning.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['POST'], pathIncludes: '/persons', times: 2 });
    const body = { units: [CATHLAB], skills: ['RN'], name };
    await fails(house.hold('P-9', body), 'unavailable');
    await fails(house.hold('P-9', body), 'unavailable');
    house.planning.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['PUT'], times: 1 });
    await fails(house.hold('P-9', body), 'unavailable');
    assert.deepEqual((await house.hold('P-9', body)).units, [CATHLAB]);
    assert.equal((await house.query(`select from scheduling.person where person_number = 'P-9'`)).length, 1);
  });

  test('that does a part only is named, and the part that is done is told later', async () => {
    const [first, second] = await somebodyWithShifts(1, 5) as [string, string];
    const [{ until }] = await house.query<{ until: string }>(`select (starts + interval '1 second')::text as until from scheduling.shift where id = $1`, [first]) as [{ until: string }];
    await house.planning.lockUntil(until);
    await fails(house.hold('P-1', {}), 'refused', 'schedule-locked');
    assert.deepEqual([await house.holderOf(first), await house.holderOf(second)], ['P-1', null]);
    assert.deepEqual((await house.call('getEligibility', { personId: 'P-1' })).units, [], 'the rights went first');
    await house.planning.lockUntil('2000-01-01');
    assert.deepEqual((await house.hold('P-1', {})).gaps.map((each) => each.shiftId), [first, second]);
  });

  test('is not made by asking for more than it takes at once', async () => {
    await house.hold('P-1', { units: [CATHLAB], skills: ['RN'], name });
    await house.query(`
      insert into scheduling.shift (org_path, skill, starts, ends, person)
      select 'Lakeside/MAIN/CATHLAB', 'RN', now() + n * interval '2 hours' + interval '1 day', now() + n * interval '2 hours' + interval '1 day 1 hour', p.id
      from generate_series(1, 620) n, scheduling.person p where person_number = 'P-1'`);
    const port = house.open({ timeoutMs: 8_000 });
    assert.equal((await house.hold('P-1', {}, callerOf(port))).gaps.length, 500);
    assert.deepEqual(await house.query(`select from scheduling.shift where person is not null`), []);
    await port.close();
  });

  test('says nothing of people in what is logged', async () => {
    house.planning.faults.set({ kind: 'failing', status: 500, rate: 1 });
    await fails(house.hold('P-1', { units: [CATHLAB], skills: ['RN'], name }), 'unavailable');
    assert.doesNotMatch(house.logged(), /P-1|Lee|Ana/);
  });
});
