import { ConfigError } from '#chassis/config/config.ts';
import { defineAdapter, type Capability } from '#chassis/adapters/adapter.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { EhrPort } from '../../port.ts';
import { clinicalUserOperations, LACKS_SYSTEMS } from './clinical-users.ts';
import { createFhirClient, type Resource } from './client.ts';
import { noticeOperations } from './notices.ts';
import { createPlaces } from './places.ts';
import { createUsesPoll } from './poll.ts';
import { recordOperations } from './records.ts';
import { FhirSettings } from './settings.ts';
import { createUseReader } from './uses.ts';

const CAPABILITIES: Capability[] = [
  { name: 'patients', supported: true },
  { name: 'encounters', supported: true },
  { name: 'procedures', supported: true },
  { name: 'uses', supported: true },
  { name: 'notices', supported: true },
  { name: 'deleted-uses', supported: false, reason: 'A FHIR search does not show what was deleted. A use that must not count has to be marked as entered in error.' },
];

const USE_TYPES = /^(DeviceUseStatement|SupplyDelivery)\/([A-Za-z0-9\-.]{1,64})$/;

/** Any record system that speaks FHIR R4 with SMART backend services. */
export const fhirR4 = defineAdapter<EhrPort>()({
  settings: FhirSettings,
  create(settings, deps) {
    if ((settings.secret === undefined) === (settings.privateKey === undefined)) throw new ConfigError(['/apis/ehr/settings: either secret or privateKey is required']);
    const { person, role } = settings.systems;
    const clinicalUsers: Capability = { name: 'clinical-users', ...(person !== undefined && role !== undefined ? { supported: true } : { supported: false, reason: LACKS_SYSTEMS }) };
    const client = createFhirClient(settings, deps);
    const places = createPlaces(client, settings, deps.clock);
    const reader = createUseReader(client, places, settings, deps.clock);
    const pollUses = createUsesPoll(client, reader, settings, deps.clock);

    async function resourceOf(useId: string): Promise<Resource | undefined> {
      const [, type, id] = USE_TYPES.exec(useId) ?? [];
      return type && id ? client.read(type, id) : undefined;
    }

    return {
      ...recordOperations(client, places, settings),
      ...noticeOperations(client, settings, deps.clock),
      ...clinicalUserOperations(client, places, settings, deps.clock),
      pollUses,

      async readUse(useId) {
        const resource = await resourceOf(useId);
        return resource && (await reader.understand([resource], []))[0];
      },

      async getCapabilities() {
        return { adapter: 'fhir-r4', capabilities: [...CAPABILITIES, clinicalUsers] };
      },

      async getUse({ useId }) {
        const resource = await resourceOf(useId);
        if (!resource) throw new ApiError('not-found', 'There is no such use.', { code: 'unknown-use' });
        return reader.present(resource);
      },

      close: () => client.close(),
    };
  },
});
