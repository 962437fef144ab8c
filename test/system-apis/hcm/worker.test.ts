import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkSection } from '#chassis/config/config.ts';
import { WorkdaySettings } from '../../../system-apis/hcm/adapters/workday/settings.ts';
import type { VendorEmployment, VendorWorker } from '../../../system-apis/hcm/adapters/workday/shapes.ts';
import { workerOf } from '../../../system-apis/hcm/adapters/workday/worker.ts';

const settings = checkSection(WorkdaySettings, { baseUrl: 'http://hr.test', tenant: 't', clientId: 'c', clientSecret: 's', facilities: { Springfield_East: 'EAST' } }, '', []);

const row = (effectiveDate: string, department = 'ED', location = 'MAIN'): VendorEmployment['jobData'][number] =>
  ({ effectiveDate, jobProfile: { id: 'RN' }, supervisoryOrganization: { id: department }, location: { id: location }, fte: 1 });
const employment = (changes: Partial<VendorEmployment>): VendorEmployment =>
  ({ id: '7-1', hireDate: '2026-01-05', status: 'Active', hireEvent: { id: 'e' }, jobData: [row('2026-01-05')], leaves: [], ...changes });
const worker = (...employments: Partial<VendorEmployment>[]): VendorWorker =>
  ({ id: '7', universalId: 'P-7', person: { legalName: { firstName: 'Ada', lastName: 'Moor' } }, employments: employments.map(employment) });
const spans = (...employments: Partial<VendorEmployment>[]) => workerOf(worker(...employments), settings).assignments.map(({ from, to, status, departmentCode }) => `${from}..${to ?? ''} ${status} ${departmentCode}`);

describe('what a worker is, from effective-dated rows', () => {
  test('ends the day before the next row, over the end of a year and in a leap year', () => {
    assert.deepEqual(spans({ hireDate: '2023-06-01', jobData: [row('2025-01-01', 'EPLAB'), row('2023-06-01'), row('2024-03-01', 'CATHLAB')] }),
      ['2023-06-01..2024-02-29 active ED', '2024-03-01..2024-12-31 active CATHLAB', '2025-01-01.. active EPLAB']);
  });

  test('is split by leaves, also by those that overlap, touch, or outlast the employment', () => {
    assert.deepEqual(spans({ leaves: [{ firstDay: '2026-02-01', lastDay: '2026-02-10' }, { firstDay: '2026-02-05', lastDay: '2026-02-20' }, { firstDay: '2026-02-21', lastDay: '2026-02-28' }] }), [
      '2026-01-05..2026-01-31 active ED', '2026-02-01..2026-02-04 on-leave ED', '2026-02-05..2026-02-10 on-leave ED', '2026-02-11..2026-02-20 on-leave ED', '2026-02-21..2026-02-28 on-leave ED', '2026-03-01.. active ED',
    ]);
    assert.deepEqual(spans({ lastDayOfWork: '2026-06-30', leaves: [{ firstDay: '2026-06-01' }] }), ['2026-01-05..2026-05-31 active ED', '2026-06-01..2026-06-30 on-leave ED']);
    assert.deepEqual(spans({ leaves: [{ firstDay: '2026-01-05', lastDay: '2026-01-05' }] }), ['2026-01-05..2026-01-05 on-leave ED', '2026-01-06.. active ED']);
  });

  test('leaves out what lies before the hire or behind the last day, and whoever never began', () => {
    assert.deepEqual(spans({ hireDate: '2026-02-01', lastDayOfWork: '2026-03-31', jobData: [row('2026-01-05'), row('2026-03-01', 'CATHLAB'), row('2026-05-01', 'THEATRE')] }),
      ['2026-02-01..2026-02-28 active ED', '2026-03-01..2026-03-31 active CATHLAB']);
    assert.deepEqual(spans({ hireDate: '2026-01-01', jobData: [row('2026-01-10')] }), ['2026-01-10.. active ED']);
    assert.deepEqual(spans({ status: 'Hire Rescinded' }), []);
    assert.deepEqual(spans({ lastDayOfWork: '2026-01-05' }), ['2026-01-05..2026-01-05 active ED']);
  });

  test('goes over several employments in their order', () => {
    assert.deepEqual(spans({ id: '7-2', hireDate: '2026-05-01', jobData: [row('2026-05-01', 'CLINIC')] }, { lastDayOfWork: '2026-02-28' }),
      ['2026-01-05..2026-02-28 active ED', '2026-05-01.. active CLINIC']);
  });

  test('is told in our words for places and reasons; an unknown reason is somebody being let go', () => {
    const told = workerOf(worker({ jobData: [row('2026-01-05', 'CLINIC', 'Springfield_East')], lastDayOfWork: '2026-06-30', terminationReason: { id: 'Whim' } }), settings);
    assert.equal(told.assignments[0]!.facility, 'EAST');
    assert.equal(told.employments[0]!.termination!.category, 'involuntary');
  });

  test('never overlaps and leaves no day out, whatever the rows', () => {
    const days = ['2026-01-05', '2026-01-06', '2026-01-31', '2026-02-01', '2026-02-28', '2026-03-01'];
    for (const change of days) for (const first of days) for (const last of days) {
      const found = workerOf(worker({ jobData: [row('2026-01-05'), row(change, 'CATHLAB')], leaves: first <= last ? [{ firstDay: first, lastDay: last }] : [], lastDayOfWork: '2026-03-15' }), settings).assignments;
      assert.equal(found[0]!.from, '2026-01-05');
      assert.equal(found.at(-1)!.to, '2026-03-15');
      for (const [index, { from }] of found.slice(1).entries()) assert.equal(Date.parse(from) - Date.parse(found[index]!.to!), 86_400_000);
    }
  });
});
