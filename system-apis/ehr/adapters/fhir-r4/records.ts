import { pageOf, positionOf } from '#chassis/contract/page.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { EhrPort } from '../../port.ts';
import type { FhirClient, Resource } from './client.ts';
import { encounterOf, patientOf, procedureOf } from './mapping.ts';
import type { Places } from './places.ts';
import { idOf } from './references.ts';
import { EncounterShape, fitting, invalidAnswer, PatientShape, ProcedureShape, type Encounter, type Shape } from './shapes.ts';
import type { FhirSettings } from './settings.ts';

const ID = /^[A-Za-z0-9\-.]{1,64}$/;
/** Place in the list of procedures; those without a moment come first. */
const PERFORMED_AT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?$/;

/** Patients, encounters and procedures, with no more of them than the contract knows. */
export function recordOperations(client: FhirClient, places: Places, settings: FhirSettings): Pick<EhrPort, 'getPatient' | 'getEncounter' | 'listProcedures'> {
  const { baseUrl } = settings;

  return {
    async getPatient({ patientId }) {
      return patientOf(await present(client, PatientShape, patientId));
    },

    async getEncounter({ encounterId }) {
      const encounter = await present(client, EncounterShape, encounterId);
      const patientId = subjectOf(encounter, baseUrl);
      if (patientId === undefined) throw invalidAnswer('The Encounter that the EHR answered is not valid at /subject (required).');
      const owner = idOf('Organization', baseUrl, encounter.serviceProvider);
      const place = idOf('Location', baseUrl, ...(encounter.location ?? []).map((each) => each.location));
      await places.learn(place === undefined ? [] : [place], owner === undefined ? [] : [owner]);
      const at = place === undefined ? undefined : places.at(place);
      return encounterOf(encounter, patientId, { facility: (owner === undefined ? undefined : places.facility(owner)) ?? at?.facility, department: at?.department });
    },

    async listProcedures({ encounterId, cursor, limit = 50 }) {
      const position = positionOf(cursor, [PERFORMED_AT, ID]);
      const all = (await proceduresOf(client, encounterId)).map((each) => procedureOf(fitting(ProcedureShape, each), encounterId));
      if (all.length === 0) await present(client, EncounterShape, encounterId);
      const key = (each: { performedAt?: string; id: string }): [string, string] => [each.performedAt ?? '', each.id];
      const sorted = all.toSorted((one, other) => compare(key(one), key(other)));
      const [after = '', id = ''] = position ?? [];
      const rest = position ? sorted.filter((each) => compare(key(each), [after, id]) > 0) : sorted;
      return pageOf(rest.slice(0, limit + 1), limit, key, (each) => each);
    },
  };
}

export function subjectOf(encounter: Encounter, baseUrl: string): string | undefined {
  return idOf('Patient', baseUrl, encounter.subject);
}

/** @throws ApiError not-found */
export async function present<T>(client: FhirClient, shape: Shape<T>, id: string): Promise<T> {
  const resource = ID.test(id) ? await client.read(shape.name, id) : undefined;
  if (!resource) throw new ApiError('not-found', `There is no such ${shape.name.toLowerCase()}.`, { code: `unknown-${shape.name.toLowerCase()}` });
  return fitting(shape, resource);
}

/** All of them, so that our cursor does not depend on a link that expires. */
async function proceduresOf(client: FhirClient, encounterId: string): Promise<Resource[]> {
  if (!ID.test(encounterId)) return [];
  return client.searchAll('Procedure', { encounter: `Encounter/${encounterId}` });
}

function compare(one: readonly [string, string], other: readonly [string, string]): number {
  return Date.parse(one[0] || '1970-01-01') - Date.parse(other[0] || '1970-01-01') || (one[1] < other[1] ? -1 : one[1] > other[1] ? 1 : 0);
}
