import { isDeepStrictEqual } from 'node:util';
import { badCursor, cursorOf, positionOf } from '#chassis/contract/page.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { EhrPort } from '../../port.ts';
import { createClinicalRoles, isActive, type Post } from './clinical-roles.ts';
import { searchToken, type FhirClient } from './client.ts';
import type { Places } from './places.ts';
import { valueIn } from './references.ts';
import { fitting, PractitionerShape, type Practitioner } from './shapes.ts';
import type { FhirSettings } from './settings.ts';

type ClinicalUserOperations = Pick<EhrPort, 'listClinicalUsers' | 'getClinicalUser' | 'holdClinicalUser'>;
type ClinicalUser = Awaited<ReturnType<EhrPort['getClinicalUser']>>;
type Wanted = Parameters<EhrPort['holdClinicalUser']>[0]['body'];
type Identifiers = Practitioner['identifier'];

const PERSON_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/;
const NPI = /^[12]\d{9}$/;
/** Where a page of practitioners goes on, below the base; as long as a cursor can carry. */
const LINK = /^(Practitioner(\/_search)?)?\?[\x21-\x7e]{1,360}$/;

export const LACKS_SYSTEMS = 'The identifier system of persons or the code system of roles is not configured.';

/** Who may use the record: a Practitioner under the hospital's person id, and a PractitionerRole for each role. */
export function clinicalUserOperations(client: FhirClient, places: Places, settings: FhirSettings, clock: Clock): ClinicalUserOperations {
  const { person, role, npi: npiSystem } = settings.systems;
  if (person === undefined || role === undefined) {
    const lacking = async (): Promise<never> => { throw new ApiError('not-supported', LACKS_SYSTEMS, { code: 'clinical-users-not-configured' }); };
    return { listClinicalUsers: lacking, getClinicalUser: lacking, holdClinicalUser: lacking };
  }
  const personSystem = person;
  const roles = createClinicalRoles(client, places, settings, role);
  const base = `${settings.baseUrl.replace(/\/$/, '')}/`;

  async function find(personId: string): Promise<Practitioner | undefined> {
    const found = (await client.searchAll('Practitioner', { identifier: searchToken(personSystem, personId) }))
      .map((each) => fitting(PractitionerShape, each)).filter((each) => valueIn(each.identifier, personSystem) === personId);
    if (found.length > 1) throw new ApiError('conflict', 'The EHR has more than one practitioner under this person id.', { code: 'ambiguous-person' });
    return found[0];
  }

  async function usersOf(practitioners: readonly Practitioner[]): Promise<ClinicalUser[]> {
    const held = await roles.heldBy(practitioners.map((each) => each.id));
    return practitioners.map((each) => {
      const npi = valueIn(each.identifier, npiSystem);
      return { personId: valueIn(each.identifier, personSystem) ?? '', active: isActive(each), ...(npi !== undefined && NPI.test(npi) ? { npi } : {}), roles: held.get(each.id) ?? [] };
    });
  }

  async function activate(practitioner: Practitioner, { name, npi }: Wanted): Promise<void> {
    const change = { active: true, ...(name ? { name: named(practitioner.name, name) } : {}), ...(npi === undefined ? {} : { identifier: identified(practitioner.identifier, npiSystem, npi) }) };
    const changed = { ...practitioner, ...change };
    if (!isDeepStrictEqual(changed, practitioner)) await client.replace(changed);
  }

  async function make(personId: string, { name, npi }: Wanted): Promise<Practitioner> {
    const made = {
      resourceType: 'Practitioner', active: true, name: named([], name!),
      identifier: identified([{ system: personSystem, value: personId }], npiSystem, npi),
    };
    const condition = new URLSearchParams({ identifier: searchToken(personSystem, personId) }).toString();
    return fitting(PractitionerShape, (await client.createOnce('Practitioner', made, condition)).resource);
  }

  return {
    async listClinicalUsers({ cursor, limit = 50 }) {
      const [link] = positionOf(cursor, [LINK]) ?? [];
      const page = link === undefined ? await client.search('Practitioner', { identifier: `${personSystem}|`, _count: String(limit) }) : await client.follow(link);
      // The record keeps a list for some minutes only.
      if (!page) throw badCursor();
      const practitioners = page.matches.map((each) => fitting(PractitionerShape, each)).filter((each) => PERSON_ID.test(valueIn(each.identifier, personSystem) ?? ''));
      const next = page.next?.startsWith(base) ? page.next.slice(base.length) : page.next;
      return { items: await usersOf(practitioners), ...(next === undefined ? {} : { next: cursorOf([next]) }) };
    },

    async getClinicalUser({ personId }) {
      const practitioner = await find(personId);
      if (!practitioner) throw new ApiError('not-found', 'There is no such clinical user.', { code: 'unknown-clinical-user' });
      return (await usersOf([practitioner]))[0]!;
    },

    async holdClinicalUser({ personId, body }) {
      let practitioner = await find(personId);
      const isToUse = body.roles.length > 0;
      // Nobody gets in by this from here on, whatever becomes of the roles.
      if (practitioner && !isToUse && isActive(practitioner)) await client.replace({ ...practitioner, active: false });
      const kept = practitioner ? await roles.endAllBut(practitioner.id, body.roles) : [];
      if (isToUse && (practitioner || body.name)) {
        const posts: Post[] = [];
        for (const [index, role] of body.roles.entries()) if (!kept.includes(role)) posts.push(await roles.locate(role, `/roles/${index}`));
        practitioner ??= await make(personId, body);
        await activate(practitioner, body);
        await roles.give(practitioner.id, posts);
      }
      return { ...(await confirmed(practitioner)), confirmedAt: clock.now().toISOString() };
    },
  };

  async function confirmed(practitioner: Practitioner | undefined): Promise<Pick<ClinicalUser, 'active' | 'roles'>> {
    const resource = practitioner && (await client.read('Practitioner', practitioner.id));
    if (!resource) return { active: false, roles: [] };
    const { active, roles: held } = (await usersOf([fitting(PractitionerShape, resource)]))[0]!;
    return { active, roles: held };
  }
}

/** The official name, or else the first one, is the one that is meant; any others stay. */
function named(names: Practitioner['name'] = [], { given, family }: NonNullable<Wanted['name']>): NonNullable<Practitioner['name']> {
  const current = names.find((each) => each.use === 'official') ?? names[0];
  if (current?.family === family && current.given?.join(' ') === given) return names;
  return [{ use: 'official', family, given: [given] }, ...names.filter((each) => each !== current)];
}

function identified(identifiers: Identifiers = [], system: string, value: string | undefined): NonNullable<Identifiers> {
  if (value === undefined || valueIn(identifiers, system) === value) return identifiers;
  return [...identifiers.filter((each) => each.system !== system), { system, value }];
}
