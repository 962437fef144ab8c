import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCalendar } from '#chassis/time/calendar.ts';

describe('the calendar of a business', () => {
  test('knows the day where the business is', () => {
    const { dayOf } = createCalendar({ timeZone: 'America/New_York' });
    assert.equal(dayOf(new Date('2026-11-20T04:59:59Z')), '2026-11-19');
    assert.equal(dayOf(new Date('2026-11-20T05:00:00Z')), '2026-11-20');
  });

  test('begins each day once, whatever is done to the clocks', () => {
    const { dayOf, beginningOf } = createCalendar({ timeZone: 'America/New_York' });
    // Clocks are put forward on March 8 and back on November 1.
    for (const [day, begins] of [['2026-03-08', '2026-03-08T05:00:00.000Z'], ['2026-03-09', '2026-03-09T04:00:00.000Z'], ['2026-11-01', '2026-11-01T04:00:00.000Z'], ['2026-11-02', '2026-11-02T05:00:00.000Z']] as const) {
      assert.equal(beginningOf(day).toISOString(), begins);
      assert.equal(dayOf(beginningOf(day)), day);
      assert.notEqual(dayOf(new Date(beginningOf(day).getTime() - 1)), day);
    }
  });

  test('begins a day of which midnight is skipped with its first moment', () => {
    // In Beirut clocks are put forward at midnight.
    const { dayOf, beginningOf } = createCalendar({ timeZone: 'Asia/Beirut' });
    const begins = beginningOf('2026-03-29');
    assert.equal(dayOf(begins), '2026-03-29');
    assert.equal(dayOf(new Date(begins.getTime() - 1)), '2026-03-28');
  });

  test('may be rehearsed with days that pass quickly', () => {
    const { dayOf, beginningOf } = createCalendar({ timeZone: 'UTC', rehearsal: { day: '2026-12-31', at: '2026-11-20T10:00:00Z', dayMs: 2_000 } });
    assert.equal(dayOf(new Date('2026-11-20T09:59:59.999Z')), '2026-12-30');
    assert.equal(dayOf(new Date('2026-11-20T10:00:01.999Z')), '2026-12-31');
    assert.equal(dayOf(new Date('2026-11-20T10:00:02Z')), '2027-01-01');
    assert.equal(beginningOf('2027-01-02').toISOString(), '2026-11-20T10:00:04.000Z');
  });

  test('refuses a time zone that nobody knows', () => {
    assert.throws(() => createCalendar({ timeZone: 'Atlantis/Center' }), RangeError);
  });
});
