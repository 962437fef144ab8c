import type { Clock } from '#chassis/time/clock.ts';
import type { FhirClient } from './client.ts';
import type { Surroundings } from './mapping.ts';
import { idOf, valueIn } from './references.ts';
import { faultsIn, LocationShape, OrganizationShape, type Location, type Shape } from './shapes.ts';
import type { FhirSettings } from './settings.ts';

type Place = Pick<Surroundings, 'facility' | 'department'>;

/** Facilities and departments behind Locations and Organizations, which hardly ever change and are asked for all day. */
export interface Places {
  /** Makes known what `at` is going to be asked for; one call for all. */
  learn(locationIds: Iterable<string>, organizationIds?: Iterable<string>): Promise<void>;
  /** Undefined when there is no such Location. */
  at(locationId: string): Place | undefined;
  facility(organizationId: string): string | undefined;
}

const KNOWN_FOR_MS = 300_000;
const MOST_KNOWN = 10_000;

interface Known<T> {
  value: T | undefined;
  until: number;
}

export function createPlaces(client: FhirClient, settings: FhirSettings, clock: Clock): Places {
  const places = new Map<string, Known<Location>>();
  const facilities = new Map<string, Known<string>>();

  async function learnMissing<T>(type: string, ids: Iterable<string>, known: Map<string, Known<T>>, read: (resource: unknown) => T | undefined): Promise<void> {
    const now = clock.now().getTime();
    if (known.size > MOST_KNOWN) known.clear();
    const missing = [...new Set(ids)].filter((id) => (known.get(id)?.until ?? 0) <= now);
    if (missing.length === 0) return;
    const found = await client.readMany(type, missing);
    for (const id of missing) {
      const resource = found.get(id);
      // What is missing now may be there at the next look.
      if (resource) known.set(id, { value: read(resource), until: now + KNOWN_FOR_MS });
      else known.delete(id);
    }
  }

  return {
    async learn(locationIds, organizationIds = []) {
      const wanted = [...locationIds];
      await learnMissing('Location', wanted, places, (resource) => usable(LocationShape, resource));
      const owners = wanted.map((id) => idOf('Organization', settings.baseUrl, places.get(id)?.value?.managingOrganization));
      const organizations = [...organizationIds, ...owners.filter((id) => id !== undefined)];
      await learnMissing('Organization', organizations, facilities, (resource) => valueIn(usable(OrganizationShape, resource)?.identifier, settings.systems.facility));
    },
    at(locationId) {
      const location = places.get(locationId)?.value;
      if (!location) return undefined;
      const owner = idOf('Organization', settings.baseUrl, location.managingOrganization);
      const facility = owner === undefined ? undefined : facilities.get(owner)?.value;
      return { facility, department: departmentOf(valueIn(location.identifier, settings.systems.location), facility, settings) };
    },
    facility: (organizationId) => facilities.get(organizationId)?.value,
  };
}

function departmentOf(identifier: string | undefined, facility: string | undefined, { departments }: FhirSettings): string | undefined {
  if (identifier === undefined) return undefined;
  if (Object.hasOwn(departments, identifier)) return departments[identifier];
  return facility !== undefined && identifier.startsWith(`${facility}-`) ? identifier.slice(facility.length + 1) : identifier;
}

/** One odd place must not hold up what happened in all others. */
function usable<T>(shape: Shape<T>, resource: unknown): T | undefined {
  return faultsIn(shape, resource).length === 0 ? (resource as T) : undefined;
}
