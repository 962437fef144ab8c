import { ApiError } from '#chassis/errors/failures.ts';
import { searchToken, type FhirClient } from './client.ts';
import type { Places } from './places.ts';
import { idOf } from './references.ts';
import { fitting, LocationShape, PractitionerRoleShape, type PractitionerRole } from './shapes.ts';
import type { FhirSettings } from './settings.ts';

/** Which roles practitioners have, each by our name of it: `MAIN/CATHLAB/nurse`. */
export interface ClinicalRoles {
  /** The roles that hold, by the practitioner's id. */
  heldBy(practitionerIds: readonly string[]): Promise<Map<string, string[]>>;
  /** Ends whatever holds and is not among these; answers which of them hold already. */
  endAllBut(practitionerId: string, wanted: readonly string[]): Promise<string[]>;
  /** @throws ApiError refused, naming the place of the role in the request, when the record does not know its department */
  locate(role: string, pointer: string): Promise<Post>;
  give(practitionerId: string, posts: readonly Post[]): Promise<void>;
}

/** A role with the place at which it is held. */
export interface Post {
  role: string;
  code: string;
  organizationId: string;
  locationId: string;
}

const CLINICAL_ROLE = /^[A-Z][A-Z0-9-]{1,15}\/[A-Z][A-Z0-9-]{0,40}\/[a-z][a-z0-9-]{1,40}$/;
const PRACTITIONERS_IN_ONE_SEARCH = 50;

export function createClinicalRoles(client: FhirClient, places: Places, settings: FhirSettings, codeSystem: string): ClinicalRoles {
  const { baseUrl, systems, departments } = settings;

  async function all(practitionerIds: readonly string[]): Promise<PractitionerRole[]> {
    const found: PractitionerRole[] = [];
    for (let from = 0; from < practitionerIds.length; from += PRACTITIONERS_IN_ONE_SEARCH) {
      const some = practitionerIds.slice(from, from + PRACTITIONERS_IN_ONE_SEARCH).map((id) => `Practitioner/${id}`);
      const resources = await client.searchAll('PractitionerRole', { practitioner: some.join(',') });
      found.push(...resources.map((each) => fitting(PractitionerRoleShape, each)));
    }
    await places.learn(found.flatMap(locationsOf));
    return found;
  }

  function locationsOf(role: PractitionerRole): string[] {
    return (role.location ?? []).map((each) => idOf('Location', baseUrl, each)).filter((id) => id !== undefined);
  }

  /** None for what the record system's own staff entered in codes or at places that are not the platform's. */
  function namesOf(role: PractitionerRole): string[] {
    const codes = (role.code ?? []).flatMap((each) => each.coding ?? []).filter((each) => each.system === codeSystem).map((each) => each.code);
    const at = locationsOf(role).map((id) => places.at(id));
    return at.flatMap((place) => codes.map((code) => `${place?.facility}/${place?.department}/${code}`)).filter((name) => CLINICAL_ROLE.test(name));
  }

  async function locate(role: string, pointer: string): Promise<Post> {
    const [facility, department = '', code = ''] = role.split('/');
    const mapped = Object.keys(departments).filter((identifier) => departments[identifier] === department);
    const identifiers = [...mapped, `${facility}-${department}`, department].map((value) => searchToken(systems.location, value));
    const locations = (await client.searchAll('Location', { identifier: identifiers.join(',') })).map((each) => fitting(LocationShape, each));
    await places.learn(locations.map((each) => each.id));
    const found = locations.find((each) => places.at(each.id)?.facility === facility && places.at(each.id)?.department === department);
    const organizationId = idOf('Organization', baseUrl, found?.managingOrganization);
    if (found && organizationId !== undefined) return { role, code, organizationId, locationId: found.id };
    const errors = [{ pointer, detail: 'names a department that the EHR does not know', code: 'unknown-department' }];
    throw new ApiError('refused', 'The EHR does not know this department.', { code: 'unknown-department', errors });
  }

  return {
    locate,

    async heldBy(practitionerIds) {
      const held = new Map<string, Set<string>>(practitionerIds.map((id) => [id, new Set()]));
      for (const role of (await all(practitionerIds)).filter(isActive)) {
        const holder = held.get(idOf('Practitioner', baseUrl, role.practitioner) ?? '');
        for (const name of namesOf(role)) holder?.add(name);
      }
      return new Map([...held].map(([id, names]) => [id, [...names].toSorted()]));
    },

    async endAllBut(practitionerId, wanted) {
      const kept: string[] = [];
      for (const role of (await all([practitionerId])).filter(isActive)) {
        const names = namesOf(role);
        if (names.length > 0 && names.every((name) => wanted.includes(name))) kept.push(...names);
        else await client.replace({ ...role, active: false });
      }
      return kept;
    },

    async give(practitionerId, posts) {
      const known = posts.length === 0 ? [] : await all([practitionerId]);
      for (const { role, code, organizationId, locationId } of posts) {
        const same = known.filter((each) => namesOf(each).length === 1 && namesOf(each)[0] === role);
        if (same.some(isActive)) continue;
        const [ended] = same;
        // What somebody else entered may have had an end of its own.
        if (ended) await client.replace({ ...ended, active: true, period: undefined });
        else {
          const practitioner = `Practitioner/${practitionerId}`;
          const condition = { practitioner, location: `Location/${locationId}`, role: searchToken(codeSystem, code), active: 'true' };
          await client.createOnce('PractitionerRole', {
            resourceType: 'PractitionerRole', active: true,
            practitioner: { reference: practitioner }, organization: { reference: `Organization/${organizationId}` },
            location: [{ reference: `Location/${locationId}` }], code: [{ coding: [{ system: codeSystem, code }] }],
          }, new URLSearchParams(condition).toString());
        }
      }
    },
  };
}

/** @source https://hl7.org/fhir/R4/practitionerrole-definitions.html#PractitionerRole.active (active when nothing is said) */
export function isActive(resource: { active?: boolean }): boolean {
  return resource.active !== false;
}
