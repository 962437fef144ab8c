import type { AccountToHold, PersonName } from '#contracts/generated/system/identity/v1.ts';
import { noUserNameFree, notSeenYet, PERSON_ID, personOfTwoAccounts } from '../../rights.ts';
import { userNamesFor } from '../../user-names.ts';
import { quoted, type PatchOperation, type ScimClient } from './client.ts';
import { UsersShape, type User } from './shapes.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

/** Accounts as users; the person's id is their `externalId`. */
export function userResources(client: ScimClient) {
  async function find(personId: string): Promise<User | undefined> {
    // No provider's reader of filters has to be trusted with what is nobody's id.
    if (!PERSON_ID.test(personId)) return undefined;
    const found = (await client.all('/Users', UsersShape, { filter: `externalId eq ${quoted(personId)}` })).filter(({ externalId }) => externalId === personId);
    if (found.length > 1) throw personOfTwoAccounts();
    return found[0];
  }

  async function set(user: User, values: Record<string, unknown>): Promise<void> {
    const operations = Object.entries(values).map(([path, value]): PatchOperation => ({ op: 'replace', path, value }));
    if (operations.length > 0) await client.change(pathOf(user), operations, (whole) => ({ ...whole, ...values }));
  }

  return {
    find,

    /** Made with the state that it is to have, so that it is at no moment more. */
    async make(personId: string, { status, email }: AccountToHold, name: PersonName): Promise<User> {
      for (const userName of userNamesFor(name, personId)) {
        const isCreated = await client.create('/Users', { schemas: [USER], externalId: personId, userName, active: status === 'active', ...described({ name, email }) });
        // Whoever has the name may be another person, or this very one by an earlier attempt.
        const made = await find(personId);
        if (made) return made;
        if (isCreated) throw notSeenYet();
      }
      throw noUserNameFree();
    },

    async activate(user: User, active: boolean): Promise<void> {
      if (isActive(user) !== active) await set(user, { active });
    },

    /** The name to sign in with never changes. */
    async describe(user: User, { name, email }: AccountToHold): Promise<void> {
      const isNamed = !name || (user.name?.givenName === name.given && user.name.familyName === name.family);
      const isReached = email === undefined || user.emails?.some(({ value }) => value === email);
      await set(user, described({ name: isNamed ? undefined : name, email: isReached ? undefined : email }));
    },
  };
}

/** A provider that does not say lets people sign in. */
export function isActive({ active = true }: User): boolean {
  return active;
}

export function pathOf({ id }: User): string {
  return `/Users/${encodeURIComponent(id)}`;
}

function described({ name, email }: { name?: PersonName | undefined; email?: string | undefined }): Record<string, unknown> {
  return {
    ...(name ? { name: { givenName: name.given, familyName: name.family }, displayName: `${name.given} ${name.family}` } : {}),
    ...(email === undefined ? {} : { emails: [{ value: email, type: 'work', primary: true }] }),
  };
}
