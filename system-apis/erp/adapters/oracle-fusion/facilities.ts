import { refused } from './errors.ts';
import type { FacilitySettings, FusionSettings } from './settings.ts';

export interface Facility extends FacilitySettings {
  code: string;
}

type Places = Pick<FusionSettings, 'facilities'>;

/** The facility that a body names. @throws refused */
export function facilityNamed({ facilities }: Places, code: string): Facility {
  const settings = Object.hasOwn(facilities, code) ? facilities[code] : undefined;
  if (!settings) throw refused('unknown-facility', `The ERP keeps no books for the facility ${code}.`);
  return { code, ...settings };
}

/** Holds what belongs to no facility, and its organization the item master. */
export function firstFacility({ facilities }: Places): Facility {
  const [[code, settings]] = Object.entries(facilities) as [[string, FacilitySettings]];
  return { code, ...settings };
}

/** Organizations that are not configured keep their own code. */
export function facilityOfOrganization({ facilities }: Places, organization: string): string {
  return Object.entries(facilities).find(([, facility]) => facility.organization === organization)?.[0] ?? organization;
}

export function facilitiesOfEntity({ facilities }: Places, entity: string): string[] {
  return Object.entries(facilities).filter(([, facility]) => facility.entity === entity).map(([code]) => code);
}

/** Callers who know no location name the cost centre instead. */
export function subinventoryOf(facility: Facility, location: string): string {
  return facility.subinventories[location] ?? location;
}
