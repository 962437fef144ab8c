import { AndFilter, Attribute, Change, DN, EqualityFilter, OrFilter, PresenceFilter, type Client, type Entry, type Filter } from 'ldapts';
import type { AccountToHold, PersonName } from '#contracts/generated/system/identity/v1.ts';
import { noUserNameFree, notSeenYet, PERSON_ID, personOfTwoAccounts } from '../../rights.ts';
import { userNamesFor } from '../../user-names.ts';
import { hasResult, RESULT } from './failures.ts';
import type { LdapSettings } from './settings.ts';

/** Filters are built of parts, never of text: nothing in a value can become syntax. @source RFC 4511 section 4.5.1.7 */
export const is = (attribute: string, value: string): Filter => new EqualityFilter({ attribute, value });
export const all = (...filters: Filter[]): Filter => new AndFilter({ filters });
export const any = (filters: Filter[]): Filter => new OrFilter({ filters });

const OF_A_PERSON = is('objectClass', 'inetOrgPerson');

/** Values of an attribute, however the server writes its name and however many there are. */
export function valuesOf(entry: Entry, attribute: string): string[] {
  const found = Object.entries(entry).find(([name]) => name.toLowerCase() === attribute.toLowerCase())?.[1] ?? [];
  return [found].flat().map(String);
}

/** Accounts as entries of people. */
export function accountEntries({ people, disabled, pageSize }: LdapSettings) {
  const attributes = ['entryUUID', 'uid', 'employeeNumber', 'cn', 'sn', 'givenName', 'displayName', 'mail', disabled.attribute];

  async function find(wire: Client, personIds: readonly string[]): Promise<Entry[]> {
    if (personIds.length === 0) return [];
    const filter = all(OF_A_PERSON, any(personIds.map((personId) => is('employeeNumber', personId))));
    return (await wire.search(people, { scope: 'sub', filter, attributes, paged: { pageSize } })).searchEntries;
  }

  async function findOne(wire: Client, personId: string): Promise<Entry | undefined> {
    const found = await find(wire, [personId]);
    if (found.length > 1) throw personOfTwoAccounts();
    return found[0];
  }

  async function isTaken(wire: Client, userName: string): Promise<boolean> {
    const { searchEntries } = await wire.search(people, { scope: 'sub', filter: is('uid', userName), attributes: ['1.1'] });
    return searchEntries.length > 0;
  }

  /** False when the name was given away meanwhile. */
  async function add(wire: Client, userName: string, values: Record<string, string>): Promise<boolean> {
    try {
      await wire.add(`${new DN().addPairRDN('uid', userName).toString()},${people}`, { objectClass: ['top', 'person', 'organizationalPerson', 'inetOrgPerson'], uid: userName, ...values });
      return true;
    } catch (thrown) {
      if (hasResult(thrown, RESULT.entryExists)) return false;
      throw thrown;
    }
  }

  const isDisabled = (entry: Entry) => valuesOf(entry, disabled.attribute).includes(disabled.value);
  const change = (operation: 'replace' | 'delete', type: string, values: string[]) => new Change({ operation, modification: new Attribute({ type, values }) });

  return {
    find, findOne, isDisabled,

    /** Ids of all people who have an account, in their order. */
    async personIds(wire: Client): Promise<string[]> {
      const filter = all(OF_A_PERSON, new PresenceFilter({ attribute: 'employeeNumber' }));
      const { searchEntries } = await wire.search(people, { scope: 'sub', filter, attributes: ['employeeNumber'], paged: { pageSize } });
      return [...new Set(searchEntries.flatMap((entry) => valuesOf(entry, 'employeeNumber')).filter((id) => PERSON_ID.test(id)))].toSorted();
    },

    /** Made with the state that it is to have, so that it is at no moment more. */
    async make(wire: Client, personId: string, { status, email }: AccountToHold, name: PersonName): Promise<Entry> {
      for (const userName of userNamesFor(name, personId)) {
        const isAdded = !(await isTaken(wire, userName)) && await add(wire, userName, {
          employeeNumber: personId, cn: fullName(name), sn: name.family, givenName: name.given, displayName: fullName(name),
          ...(email === undefined ? {} : { mail: email }), ...(status === 'disabled' ? { [disabled.attribute]: disabled.value } : {}),
        });
        // Whoever has the name may be another person, or this very one by an attempt at the same time.
        const made = await findOne(wire, personId);
        if (made) return made;
        if (isAdded) throw notSeenYet();
      }
      throw noUserNameFree();
    },

    async disable(wire: Client, entry: Entry): Promise<void> {
      if (!isDisabled(entry)) await wire.modify(entry.dn, change('replace', disabled.attribute, [disabled.value]));
    },

    /** Somebody who is only locked out after wrong passwords stays so. */
    async enable(wire: Client, entry: Entry): Promise<void> {
      if (isDisabled(entry)) await wire.modify(entry.dn, change('delete', disabled.attribute, [disabled.value]));
    },

    /** The name by which the entry is found never changes. */
    async describe(wire: Client, entry: Entry, { name, email }: AccountToHold): Promise<void> {
      const wanted: Record<string, string> = {
        ...(name ? { sn: name.family, givenName: name.given, displayName: fullName(name), ...(/^cn=/i.test(entry.dn) ? {} : { cn: fullName(name) }) } : {}),
        ...(email === undefined ? {} : { mail: email }),
      };
      const changes = Object.entries(wanted).filter(([type, value]) => !valuesOf(entry, type).includes(value)).map(([type, value]) => change('replace', type, [value]));
      if (changes.length > 0) await wire.modify(entry.dn, changes);
    },
  };
}

function fullName({ given, family }: PersonName): string {
  return `${given} ${family}`;
}
