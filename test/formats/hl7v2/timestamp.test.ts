import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printTimestamp, readTimestamp } from '../../../formats/hl7v2/index.ts';

describe('dates and times', () => {
  test('precision is what was sent, no more', () => {
    assert.deepEqual(readTimestamp('2012'), { iso: '2012', precision: 'year' });
    assert.deepEqual(readTimestamp('201209'), { iso: '2012-09', precision: 'month' });
    assert.deepEqual(readTimestamp('20120912'), { iso: '2012-09-12', precision: 'day' });
    assert.deepEqual(readTimestamp('2012091201'), { iso: '2012-09-12T01', precision: 'hour' });
    assert.deepEqual(readTimestamp('201209120112'), { iso: '2012-09-12T01:12', precision: 'minute' });
    assert.deepEqual(readTimestamp('20120912011230'), { iso: '2012-09-12T01:12:30', precision: 'second' });
    assert.deepEqual(readTimestamp('20120912011230.0147'), { iso: '2012-09-12T01:12:30.0147', precision: 'fraction' });
  });

  test('the zone is kept where given and never assumed', () => {
    assert.deepEqual(readTimestamp('20120912011230-0530'),
      { iso: '2012-09-12T01:12:30-05:30', precision: 'second', zone: '-05:30' });
    assert.equal(readTimestamp('201209120112+0000').iso, '2012-09-12T01:12+00:00');
    assert.deepEqual(readTimestamp('20120912-0500'), { iso: '2012-09-12', precision: 'day', zone: '-05:00' });
  });

  test('days that do not exist and other formats are refused', () => {
    const wrong = [
      '', '12', '20120230', '20121301', '20120900', '2012091224', '201209120160', '20120912T01', '2012-09-12', '20120912011230Z',
      '20120912011230.12345', '20120912+2500', '00000101', '201 0912',
    ];
    for (const text of wrong) assert.throws(() => readTimestamp(text), { code: '102' }, text);
    assert.equal(readTimestamp('20240229').iso, '2024-02-29');
    assert.throws(() => readTimestamp('19000229'), { code: '102' });
  });

  test('our own times are printed in UTC to the second', () => {
    assert.equal(printTimestamp(new Date('2026-03-09T12:00:05.678Z')), '20260309120005+0000');
  });
});
