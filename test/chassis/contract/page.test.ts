import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { cursorOf, MOMENT, positionOf, UUID } from '#chassis/contract/page.ts';

const ID = '171faf15-abc5-429a-8fe4-e7f87efeca42';

test('a cursor of ours says where the next page begins', () => {
  for (const moment of ['2026-02-28 09:05:01.123456+00', '2024-02-29T23:59:59Z', '2026-11-20T10:00:00.5-05:30']) {
    assert.deepEqual(positionOf(cursorOf([moment, ID]), [MOMENT, UUID]), [moment, ID]);
  }
});

test('one whose parts no database would take is the fault of its sender', () => {
  const moments = ['2026-02-31 10:00:00+00', '2026-13-01 10:00:00+00', '0000-01-01 10:00:00+00', '2026-01-01 24:00:00+00', '2026-01-01 10:00:00+99', 'infinity', "2026-01-01' or 1=1 --"];
  for (const moment of moments) {
    assert.throws(() => positionOf(cursorOf([moment, ID]), [MOMENT, UUID]), (error) => error instanceof ApiError && error.kind === 'invalid-request', moment);
  }
});
