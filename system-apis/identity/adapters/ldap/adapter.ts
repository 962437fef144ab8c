import type { Client, Entry } from 'ldapts';
import { defineAdapter } from '#chassis/adapters/adapter.ts';
import { pageOf, positionOf } from '#chassis/contract/page.ts';
import type { AccountToHold } from '#contracts/generated/system/identity/v1.ts';
import type { Directory, DirectoryAccount } from '../../port.ts';
import { groupsOfNames, PERSON_ID, RIGHT } from '../../rights.ts';
import { connectLdap } from './client.ts';
import { accountEntries, valuesOf } from './entries.ts';
import { groupEntries } from './groups.ts';
import { LdapSettings } from './settings.ts';

const CAPABILITIES = [
  { name: 'accounts', supported: true },
  { name: 'rights', supported: true },
  { name: 'sessions', supported: false, reason: 'The directory knows no sessions. The password of an account that is disabled opens none any more; those that are open end by themselves.' },
];

/** A directory server that speaks LDAP version 3. */
export const ldap = defineAdapter<Directory>()({
  settings: LdapSettings,
  create(settings, deps) {
    const { run, close } = connectLdap(settings, deps);
    const accounts = accountEntries(settings);
    const groups = groupEntries(settings);
    let listing = { personIds: [] as string[], readAt: -Infinity };

    async function told(wire: Client, entry: Entry): Promise<DirectoryAccount> {
      const held = await groups.of(wire, entry.dn);
      return {
        personId: valuesOf(entry, 'employeeNumber')[0]!, accountId: valuesOf(entry, 'entryUUID')[0] ?? entry.dn, userName: valuesOf(entry, 'uid')[0] ?? '',
        status: accounts.isDisabled(entry) ? 'disabled' : 'active', rights: held.map(({ name }) => name).filter((name) => RIGHT.test(name)).toSorted(),
      };
    }

    async function read(wire: Client, personId: string): Promise<DirectoryAccount | undefined> {
      const entry = await accounts.findOne(wire, personId);
      return entry && told(wire, entry);
    }

    async function hold(wire: Client, personId: string, wanted: AccountToHold): Promise<void> {
      const given = groupsOfNames(wanted.rights, await groups.named(wire, wanted.rights));
      let entry = await accounts.findOne(wire, personId);
      if (!entry && !wanted.name) return;
      entry ??= await accounts.make(wire, personId, wanted, wanted.name!);
      const { dn } = entry;
      if (wanted.status === 'disabled') await accounts.disable(wire, entry);
      const held = await groups.of(wire, dn);
      for (const group of held) if (!given.some((each) => each.dn === group.dn)) await groups.leave(wire, group, dn);
      await accounts.describe(wire, entry, wanted);
      if (wanted.status === 'active') await accounts.enable(wire, entry);
      for (const group of given) if (!held.some((each) => each.dn === group.dn)) await groups.join(wire, group, dn);
    }

    /** A server keeps the place in a list for one connection only; ours may be lost, and several lists are read at once. */
    async function personIds(wire: Client, isFirst: boolean): Promise<string[]> {
      if (isFirst || performance.now() - listing.readAt > settings.listingMs) listing = { personIds: await accounts.personIds(wire), readAt: performance.now() };
      return listing.personIds;
    }

    return {
      capabilities: () => Promise.resolve(CAPABILITIES),

      async listRights(cursor, limit) {
        const after = positionOf(cursor, [RIGHT])?.[0] ?? '';
        const names = (await run('list groups', (wire) => groups.all(wire))).map(({ name }) => name).filter((name) => RIGHT.test(name) && name > after).toSorted();
        return pageOf(names, limit, (name) => [name], (name) => name);
      },

      async listAccounts(cursor, limit) {
        const after = positionOf(cursor, [PERSON_ID])?.[0] ?? '';
        return run('list accounts', async (wire) => {
          const ids = (await personIds(wire, cursor === undefined)).filter((id) => id > after);
          const { items, ...rest } = pageOf(ids, limit, (id) => [id], (id) => id);
          const found = await Promise.all((await accounts.find(wire, items)).map((entry) => told(wire, entry)));
          return { items: found.toSorted((left, right) => (left.personId < right.personId ? -1 : 1)), ...rest };
        });
      },

      getAccount: (personId) => run('read an account', (wire) => read(wire, personId)),

      hold: (personId, wanted) => run('hold an account', async (wire) => {
        await hold(wire, personId, wanted);
        return { account: await read(wire, personId) };
      }),

      close,
    };
  },
});
