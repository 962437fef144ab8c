import { DateTime } from 'luxon';
import type { Shift } from '../../port.ts';
import type { UkgSettings } from './settings.ts';
import type { UkgShift } from './shapes.ts';

const UNIT = /^[A-Z][A-Z0-9-]{1,15}\/[A-Z][A-Z0-9-]{0,40}$/;
const CODE = /^[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,63}$/;

export function pathOf(unit: string, { orgRoot }: UkgSettings): string {
  return `${orgRoot}/${unit}`;
}

/** Units of ours among the vendor's paths; it plans others as well. */
export function unitsOf(paths: readonly string[], { orgRoot }: UkgSettings): string[] {
  return paths.filter((each) => each.startsWith(`${orgRoot}/`)).map((each) => each.slice(orgRoot.length + 1)).filter((each) => UNIT.test(each)).toSorted();
}

export function skillsOf(skills: readonly string[]): string[] {
  return skills.filter((each) => CODE.test(each)).toSorted();
}

export function isOurs(number: string, { personNumbers }: UkgSettings): boolean {
  return new RegExp(personNumbers).test(number);
}

/** Undefined for one that is not planned for us: of another unit, or somebody else's whom we have no id for. */
export function shiftOf({ id, startDateTime, endDateTime, orgJob, skill, employee }: UkgShift, settings: UkgSettings): Shift | undefined {
  const [unit] = unitsOf([orgJob.qualifier], settings);
  if (unit === undefined || !CODE.test(skill.qualifier) || (employee && !isOurs(employee.qualifier, settings))) return undefined;
  return {
    shiftId: String(id), unit, skill: skill.qualifier, startsAt: instantOf(startDateTime, settings), endsAt: instantOf(endDateTime, settings),
    ...(employee ? { personId: employee.qualifier } : {}),
  };
}

/**
 * The vendor's times are those of the hospital's clocks. An hour that comes twice in autumn is the first of the two; by
 * itself the library would choose by the time of year in which it is asked.
 */
export function instantOf(local: string, { timeZone }: UkgSettings): string {
  const possible = DateTime.fromISO(local, { zone: timeZone }).getPossibleOffsets();
  return DateTime.min(...possible)!.toUTC().toISO()!;
}

export function localTimeOf(instant: Date, { timeZone }: UkgSettings): string {
  return DateTime.fromJSDate(instant, { zone: timeZone }).toFormat("yyyy-MM-dd'T'HH:mm:ss");
}
