import { masterData, type Facility, type Location } from '../hospital/master-data.ts';
import type { JsonObject } from './json.ts';

/** Identifier and code systems that the hospital assigns itself. */
export const SYSTEMS = {
  facility: 'https://lakeside.example/ids/facility',
  /** `MAIN-CATHLAB`: facility and inventory location. */
  location: 'https://lakeside.example/ids/location',
  costCentre: 'https://lakeside.example/ids/cost-center',
  /** Code of an item in the EHR's supply dictionary; by intention the item number of the ERP. */
  item: 'https://lakeside.example/ids/supply-item',
  person: 'https://lakeside.example/ids/person',
  /** Codes of what clinicians do: `nurse`. */
  role: 'https://lakeside.example/ids/clinical-role',
  npi: 'http://hl7.org/fhir/sid/us-npi',
  visit: 'https://lakeside.example/ids/visit',
  use: 'https://lakeside.example/ids/use',
  gtin: 'https://www.gs1.org/gtin',
} as const;

/** The hospital as the EHR knows it: an Organization per facility, a Location per place where supplies are used. */
export function hospitalRecord(): JsonObject[] {
  return [...masterData.facilities.map(organizationOf), ...masterData.locations.map(locationOf)];
}

export function organizationId(facility: string): string {
  return `facility-${facility.toLowerCase()}`;
}

export function locationId(facility: string, location: string): string {
  return `location-${facility.toLowerCase()}-${location.toLowerCase()}`;
}

function organizationOf(facility: Facility): JsonObject {
  const { line, city, state, postalCode, country } = facility.address;
  return {
    resourceType: 'Organization',
    id: organizationId(facility.code),
    identifier: [{ system: SYSTEMS.facility, value: facility.code }],
    active: true,
    type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/organization-type', code: 'prov', display: 'Healthcare Provider' }] }],
    name: facility.name,
    address: [{ line: [line], city, state, postalCode, country }],
  };
}

function locationOf(location: Location): JsonObject {
  return {
    resourceType: 'Location',
    id: locationId(location.facility, location.code),
    identifier: [
      { system: SYSTEMS.location, value: `${location.facility}-${location.code}` },
      { system: SYSTEMS.costCentre, value: location.costCentre },
    ],
    status: 'active',
    name: location.name,
    mode: 'instance',
    managingOrganization: { reference: `Organization/${organizationId(location.facility)}` },
  };
}
