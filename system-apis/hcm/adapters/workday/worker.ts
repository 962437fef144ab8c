import { createHash } from 'node:crypto';
import { DateTime } from 'luxon';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Assignment, Employment, TerminationCategory, Worker } from '#contracts/generated/system/hcm/v1.ts';
import type { WorkdaySettings } from './settings.ts';
import type { VendorEmployment, VendorWorker } from './shapes.ts';

const NPI = /^[12]\d{9}$/;

/** @throws ApiError upstream-broken for somebody who has no id of a person */
export function workerOf(vendor: VendorWorker, settings: WorkdaySettings): Worker {
  const { id: workerId, universalId: personId, person: { legalName, workEmail, npi } } = vendor;
  if (personId === undefined) throw new ApiError('upstream-broken', 'The HR system has no Universal ID for a worker.', { code: 'missing-person-id' });
  const employments = vendor.employments.toSorted((one, other) => (one.hireDate < other.hireDate ? -1 : 1));
  const worker = {
    workerId, personId, name: { given: legalName.firstName, family: legalName.lastName },
    ...(workEmail === undefined ? {} : { email: workEmail }),
    ...(npi === undefined || !NPI.test(npi) ? {} : { npi }),
    employments: employments.map((each) => employmentOf(each, settings)),
    assignments: employments.flatMap((each) => assignmentsOf(each, settings)).toSorted((one, other) => (one.from < other.from ? -1 : 1)),
  };
  return { ...worker, version: createHash('sha256').update(JSON.stringify(worker)).digest('hex').slice(0, 32) };
}

export function isCancelled({ status }: VendorEmployment): boolean {
  return status === 'Hire Rescinded';
}

function employmentOf(vendor: VendorEmployment, settings: WorkdaySettings): Employment {
  const { id: employmentId, hireDate: hiredOn, lastDayOfWork: lastDay, terminationReason, removeAccessImmediately: immediate } = vendor;
  const termination = lastDay === undefined ? {} : { termination: { lastDay, category: categoryOf(terminationReason?.id, settings), ...(immediate === undefined ? {} : { immediate }) } };
  return { employmentId, hiredOn, status: isCancelled(vendor) ? 'cancelled' : 'hired', ...termination };
}

/** What a tenant calls by a name of its own without saying what it means is taken as somebody being let go. */
export function categoryOf(reason: string | undefined, { terminationReasons }: WorkdaySettings): TerminationCategory {
  return terminationReasons[reason ?? ''] ?? 'involuntary';
}

export function facilityOf(location: string, { facilities }: WorkdaySettings): string {
  return facilities[location] ?? location;
}

export function locationOf(facility: string, { facilities }: WorkdaySettings): string {
  return Object.entries(facilities).find(([, ours]) => ours === facility)?.[0] ?? facility;
}

/** The vendor's rows hold from a day to the next row, its leaves lie across them: something else begins wherever either does. */
function assignmentsOf(vendor: VendorEmployment, settings: WorkdaySettings): Assignment[] {
  if (isCancelled(vendor)) return [];
  const { id: employmentId, hireDate, lastDayOfWork: last, jobData, leaves } = vendor;
  const rows = jobData.toSorted((one, other) => (one.effectiveDate < other.effectiveDate ? -1 : 1));
  const begins = [hireDate, ...rows.map((each) => each.effectiveDate), ...leaves.flatMap(({ firstDay, lastDay }) => (lastDay === undefined ? [firstDay] : [firstDay, dayBeside(lastDay, 1)]))];
  const days = [...new Set(begins)].filter((day) => day >= hireDate && (last === undefined || day <= last)).toSorted();
  return days.flatMap((from, index) => {
    const row = rows.findLast((each) => each.effectiveDate <= from);
    if (!row) return [];
    const next = days[index + 1];
    const to = next === undefined ? last : dayBeside(next, -1);
    const isAway = leaves.some(({ firstDay, lastDay }) => firstDay <= from && (lastDay === undefined || lastDay >= from));
    return [{
      employmentId, from, ...(to === undefined ? {} : { to }), status: isAway ? 'on-leave' as const : 'active' as const,
      ...(row.position ? { positionId: row.position.id } : {}),
      jobCode: row.jobProfile.id, departmentCode: row.supervisoryOrganization.id, facility: facilityOf(row.location.id, settings),
      ...(row.manager?.universalId === undefined ? {} : { managerPersonId: row.manager.universalId }),
      fullTimeEquivalent: row.fte,
    }];
  });
}

function dayBeside(day: string, days: 1 | -1): string {
  return DateTime.fromISO(day, { zone: 'utc' }).plus({ days }).toISODate()!;
}
