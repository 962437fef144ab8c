import { defineAdapter, type Capability } from '#chassis/adapters/adapter.ts';
import { ConfigError } from '#chassis/config/config.ts';
import { pageOf, positionOf } from '#chassis/contract/page.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { requireCheckDigit } from '../../npi.ts';
import type { Credential, CredentialingPort } from '../../port.ts';
import { createFhirClient } from './client.ts';
import { credentialsOf, personIdOf } from './mapping.ts';
import { createPoll } from './poll.ts';
import { createRegistry } from './registry.ts';
import { FhirSettings } from './settings.ts';
import { PractitionerShape } from './shapes.ts';
import { createStandings } from './standings.ts';

const NO_REGISTRY = 'No registry of providers is configured; a number is checked by its check digit alone.';
const DELETED = 'A FHIR search does not show what was deleted. What must not count has to be marked as revoked or issued in error.';
const NEVER = '9999-12-31';

/** Any credentialing system that speaks FHIR R4 with the status of Plan-Net. */
export const fhirR4 = defineAdapter<CredentialingPort>()({
  settings: FhirSettings,
  create(settings, deps) {
    if ((settings.secret === undefined) === (settings.privateKey === undefined)) throw new ConfigError(['/apis/credentialing/settings: either secret or privateKey is required']);
    const client = createFhirClient(settings, deps);
    const standings = createStandings(client, settings, deps.log);
    const registry = settings.registryUrl === undefined ? undefined : createRegistry(settings.registryUrl, settings.timeoutMs, deps);
    const capabilities: Capability[] = [
      { name: 'credentials', supported: true }, { name: 'sanctions', supported: true },
      { name: 'providers', supported: registry !== undefined, ...(registry ? {} : { reason: NO_REGISTRY }) },
      { name: 'deleted-credentials', supported: false, reason: DELETED },
    ];

    return {
      getCapabilities: async () => ({ adapter: 'fhir-r4', capabilities }),

      async getStanding({ personId }) {
        const found = await client.all(PractitionerShape, { identifier: `${settings.systems.person}|${personId}` });
        if (found.length > 1) throw new ApiError('upstream-broken', 'Credentialing has more than one file on this person.', { code: 'person-ambiguous' });
        const [only] = await standings.of(found);
        return only?.standing ?? { personId, credentials: [], sanctions: [] };
      },

      // R4 has no search by the period of a qualification, so that all are read.
      async listCredentials({ expiringFrom, expiringTo, code, cursor, limit = 50 }) {
        const after = positionOf(cursor, [/^\d{4}-\d\d-\d\d$/, /^.{1,64}$/])?.join(' ');
        const practitioners = await client.all(PractitionerShape, {});
        const rows = practitioners.flatMap((each) => credentialsOf(each, personIdOf(each, settings.systems) ?? '', settings).credentials)
          .filter((each) => each.personId !== '' && (code === undefined || each.code === code) && isWithin(each, expiringFrom, expiringTo))
          .map((credential) => ({ credential, place: placeOf(credential) }))
          .filter(({ place }) => after === undefined || place.join(' ') > after)
          .toSorted((one, other) => (one.place.join(' ') < other.place.join(' ') ? -1 : 1));
        return pageOf(rows, limit, ({ place }) => place, ({ credential }) => credential);
      },

      async getProvider({ npi }) {
        requireCheckDigit(npi);
        if (!registry) throw new ApiError('not-supported', NO_REGISTRY, { code: 'no-registry' });
        return registry.provider(npi);
      },

      pollStandings: createPoll(client, standings, settings),

      async close() {
        await client.close();
        await registry?.close();
      },
    };
  },
});

function placeOf({ expiresOn = NEVER, credentialId }: Credential): [string, string] {
  return [expiresOn, credentialId];
}

function isWithin({ expiresOn }: Credential, from: string | undefined, to: string | undefined): boolean {
  if (from === undefined && to === undefined) return true;
  return expiresOn !== undefined && (from === undefined || expiresOn >= from) && (to === undefined || expiresOn <= to);
}
