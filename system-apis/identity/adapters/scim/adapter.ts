import { defineAdapter } from '#chassis/adapters/adapter.ts';
import { cursorOf, positionOf, type Page } from '#chassis/contract/page.ts';
import type { AccountToHold } from '#contracts/generated/system/identity/v1.ts';
import type { Directory, DirectoryAccount } from '../../port.ts';
import { groupsOfNames, PERSON_ID, RIGHT } from '../../rights.ts';
import { connectScim } from './client.ts';
import { groupResources } from './groups.ts';
import { ScimSettings } from './settings.ts';
import { GroupsShape, UsersShape, type ResourcePage, type Shape, type User } from './shapes.ts';
import { isActive, userResources } from './users.ts';

const INDEX = /^[1-9]\d{0,8}$/;

/** Cloud applications and other systems that are provisioned by SCIM 2.0. */
export const scim = defineAdapter<Directory>()({
  settings: ScimSettings,
  create(settings, deps) {
    const client = connectScim(settings, deps);
    const users = userResources(client);
    const groups = groupResources(client);
    const { sessions } = settings;

    const capabilities = [
      { name: 'accounts', supported: true },
      { name: 'rights', supported: true },
      sessions
        ? { name: 'sessions', supported: true }
        : { name: 'sessions', supported: false, reason: 'SCIM has no sessions, and no resource of the provider is configured. Sessions that are open end by themselves.' },
    ];

    async function told(user: User): Promise<DirectoryAccount> {
      const rights = (await groups.of(user)).map(({ name }) => name).filter((name) => RIGHT.test(name)).toSorted();
      return { personId: user.externalId!, accountId: user.id, userName: user.userName, status: isActive(user) ? 'active' : 'disabled', rights };
    }

    /** The provider decides how many it gives at once; the next page begins where this one ends. */
    async function pageFrom<T>(path: string, shape: Shape<ResourcePage<T>>, query: Record<string, string>, cursor: string | undefined, limit: number): Promise<Page<T>> {
      const startIndex = Number(positionOf(cursor, [INDEX])?.[0] ?? 1);
      const { totalResults, Resources = [] } = await client.page(path, shape, { ...query, startIndex, count: limit });
      const next = startIndex + Resources.length;
      return { items: Resources, ...(Resources.length > 0 && next <= totalResults ? { next: cursorOf([String(next)]) } : {}) };
    }

    async function hold(personId: string, wanted: AccountToHold): Promise<User | undefined> {
      const given = groupsOfNames(wanted.rights, await groups.named(wanted.rights));
      const user = await users.find(personId) ?? (wanted.name && await users.make(personId, wanted, wanted.name));
      if (!user) return undefined;
      if (wanted.status === 'disabled') await users.activate(user, false);
      const held = await groups.of(user);
      for (const group of held) if (!group.isIndirect && !given.some(({ id }) => id === group.id)) await groups.leave(group, user);
      await users.describe(user, wanted);
      if (wanted.status === 'active') await users.activate(user, true);
      for (const group of given) if (!held.some(({ id }) => id === group.id)) await groups.join(group, user);
      return user;
    }

    async function getAccount(personId: string): Promise<DirectoryAccount | undefined> {
      const user = await users.find(personId);
      return user && told(user);
    }

    return {
      capabilities: () => Promise.resolve(capabilities),

      async listRights(cursor, limit) {
        const { items, ...rest } = await pageFrom('/Groups', GroupsShape, { excludedAttributes: 'members' }, cursor, limit);
        return { items: items.map(({ displayName }) => displayName).filter((name) => RIGHT.test(name)), ...rest };
      },

      async listAccounts(cursor, limit) {
        const { items, ...rest } = await pageFrom('/Users', UsersShape, { filter: 'externalId pr' }, cursor, limit);
        const ours = items.filter(({ externalId }) => externalId !== undefined && PERSON_ID.test(externalId));
        return { items: await Promise.all(ours.map(told)), ...rest };
      },

      getAccount,

      async hold(personId, wanted) {
        const user = await hold(personId, wanted);
        const sessionsEnded = user && wanted.endSessions && sessions ? await client.remove(sessions.path.replace('{id}', encodeURIComponent(user.id))) : false;
        return { account: await getAccount(personId), sessionsEnded };
      },

      close: () => client.close(),
    };
  },
});
