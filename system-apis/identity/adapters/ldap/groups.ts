import { Attribute, Change, type Client } from 'ldapts';
import { all, any, is, valuesOf } from './entries.ts';
import { hasResult, RESULT } from './failures.ts';
import type { LdapSettings } from './settings.ts';

export interface Group {
  dn: string;
  name: string;
}

const OF_A_GROUP = is('objectClass', 'groupOfNames');
/** Names asked for at once. */
const LONGEST_FILTER = 100;

/** Rights as groups of names (RFC 4519 section 3.5), which keep one member at least. */
export function groupEntries({ groups: place, placeholder, pageSize }: LdapSettings) {
  async function search(wire: Client, filter = OF_A_GROUP): Promise<Group[]> {
    const { searchEntries } = await wire.search(place, { scope: 'one', filter, attributes: ['cn'], paged: { pageSize } });
    return searchEntries.map((entry) => ({ dn: entry.dn, name: valuesOf(entry, 'cn')[0] ?? '' }));
  }
  const member = (operation: 'add' | 'delete', dn: string) => new Change({ operation, modification: new Attribute({ type: 'member', values: [dn] }) });

  return {
    all: (wire: Client) => search(wire),
    of: (wire: Client, member: string) => search(wire, all(OF_A_GROUP, is('member', member))),

    async named(wire: Client, names: readonly string[]): Promise<Group[]> {
      const found: Group[] = [];
      for (let from = 0; from < names.length; from += LONGEST_FILTER) {
        found.push(...await search(wire, all(OF_A_GROUP, any(names.slice(from, from + LONGEST_FILTER).map((name) => is('cn', name))))));
      }
      return found;
    },

    async join(wire: Client, group: Group, dn: string): Promise<void> {
      try {
        await wire.modify(group.dn, member('add', dn));
      } catch (thrown) {
        if (!hasResult(thrown, RESULT.valueExists)) throw thrown;
      }
    },

    async leave(wire: Client, group: Group, dn: string): Promise<void> {
      try {
        await wire.modify(group.dn, member('delete', dn));
      } catch (thrown) {
        if (hasResult(thrown, RESULT.noSuchAttribute)) return;
        if (!hasResult(thrown, RESULT.schemaViolated)) throw thrown;
        await wire.modify(group.dn, [member('add', placeholder), member('delete', dn)]);
      }
    },
  };
}
