import type { Log } from '#chassis/telemetry/logger.ts';
import type { FoundStanding } from '../../port.ts';
import type { FhirClient } from './client.ts';
import { credentialsOf, npiOf, personIdOf, practitionerIdOf, sanctionOf } from './mapping.ts';
import type { FhirSettings } from './settings.ts';
import { FlagShape, PractitionerShape, type Flag, type Practitioner } from './shapes.ts';

const IDS_IN_ONE_SEARCH = 50;

export interface Standings {
  /** Of those among them who bear an id of ours. */
  of(practitioners: readonly Practitioner[]): Promise<FoundStanding[]>;
  byId(practitionerIds: Iterable<string>): Promise<Practitioner[]>;
}

/** What credentialing has on people: their qualifications and the flags on them. */
export function createStandings(client: FhirClient, settings: FhirSettings, log: Log): Standings {
  const { systems } = settings;

  async function inChunks<T>(ids: Iterable<string>, ask: (chunk: string[]) => Promise<T[]>): Promise<T[]> {
    const wanted = [...new Set(ids)];
    const found: T[] = [];
    for (let from = 0; from < wanted.length; from += IDS_IN_ONE_SEARCH) found.push(...await ask(wanted.slice(from, from + IDS_IN_ONE_SEARCH)));
    return found;
  }

  function standingOf(practitioner: Practitioner, personId: string, flags: readonly Flag[]): FoundStanding {
    const { credentials, leftOut } = credentialsOf(practitioner, personId, settings);
    if (leftOut > 0) log.warn('qualifications were not understood and count as if they were not there', { count: leftOut });
    const npi = npiOf(practitioner, systems);
    const stamps = [practitioner, ...flags].map((each) => each.meta.lastUpdated).toSorted((one, other) => Date.parse(one) - Date.parse(other));
    return {
      standing: { personId, ...(npi === undefined ? {} : { npi }), credentials, sanctions: flags.flatMap((each) => sanctionOf(each, systems) ?? []) },
      recordedAt: stamps.at(-1)!,
    };
  }

  return {
    byId: (ids) => inChunks(ids, (chunk) => client.all(PractitionerShape, { _id: chunk.join(',') })),
    async of(practitioners) {
      const ours = practitioners.flatMap((practitioner) => {
        const personId = personIdOf(practitioner, systems);
        return personId === undefined ? [] : [{ practitioner, personId }];
      });
      const flags = await inChunks(ours.map((each) => each.practitioner.id), (chunk) => client.all(FlagShape, { subject: chunk.map((id) => `Practitioner/${id}`).join(',') }));
      const byPractitioner = Map.groupBy(flags, practitionerIdOf);
      return ours.map(({ practitioner, personId }) => standingOf(practitioner, personId, byPractitioner.get(practitioner.id) ?? []));
    },
  };
}
