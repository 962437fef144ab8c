import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instantOf, localTimeOf, shiftOf, unitsOf } from '../../../system-apis/scheduling/adapters/ukg/mapping.ts';
import type { UkgSettings } from '../../../system-apis/scheduling/adapters/ukg/settings.ts';

const settings: UkgSettings = {
  baseUrl: 'http://planning.test', tokenUrl: 'http://planning.test/token', clientId: 'c', secret: 's', timeZone: 'America/New_York', orgRoot: 'Lakeside', personNumbers: '^P-\\d+$', comment: 'Callosum',
  horizonDays: 400, timeoutMs: 1_000, connections: 1,
};
const SHIFT = { id: 7, version: 1, startDateTime: '2026-11-20T07:00:00', endDateTime: '2026-11-20T15:00:00', orgJob: { qualifier: 'Lakeside/MAIN/CATHLAB' }, skill: { qualifier: 'RN' } };

describe('a shift of the vendor', () => {
  test('is told in the time of the world', () => {
    assert.deepEqual(shiftOf({ ...SHIFT, employee: { id: 1, qualifier: 'P-1' } }, settings), {
      shiftId: '7', unit: 'MAIN/CATHLAB', skill: 'RN', startsAt: '2026-11-20T12:00:00.000Z', endsAt: '2026-11-20T20:00:00.000Z', personId: 'P-1',
    });
  });

  test('of another house, or of somebody who is not ours, is none of ours and never one that nobody has', () => {
    assert.equal(shiftOf({ ...SHIFT, orgJob: { qualifier: 'Hilltop/MAIN/CATHLAB' } }, settings), undefined);
    assert.equal(shiftOf({ ...SHIFT, employee: { id: 1, qualifier: 'AG/77' } }, settings), undefined);
  });

  for (const [local, instant] of [
    ['2026-07-01T07:00:00', '2026-07-01T11:00:00.000Z'], ['2026-11-01T00:30:00', '2026-11-01T04:30:00.000Z'], ['2026-11-01T01:30:00', '2026-11-01T05:30:00.000Z'], ['2026-11-01T02:30:00', '2026-11-01T07:30:00.000Z'],
  ] as const) {
    test(`that begins at ${local} begins at ${instant}`, () => {
      assert.equal(instantOf(local, settings), instant);
      assert.equal(localTimeOf(new Date(instant), settings), local);
    });
  }
});

test('a path of the vendor is a unit of ours only below our root and in the form of one', () => {
  assert.deepEqual(unitsOf(['Lakeside/MAIN/ED', 'Lakeside', 'Lakeside/MAIN/ED/Desk', 'Lakeside/main/ed', 'Hilltop/MAIN/ED', 'Lakeside/EAST/CLINIC'], settings), ['EAST/CLINIC', 'MAIN/ED']);
});
