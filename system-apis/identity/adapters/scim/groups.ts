import { RIGHT } from '../../rights.ts';
import { quoted, type ScimClient, type Whole } from './client.ts';
import { GroupShape, GroupsShape, type User } from './shapes.ts';

export interface HeldGroup {
  id: string;
  name: string;
  /** By way of another group, which alone could take it away. */
  isIndirect?: boolean;
}

/** Names asked for at once: addresses have to stay short. */
const LONGEST_FILTER = 20;
const pathOf = ({ id }: HeldGroup) => `/Groups/${encodeURIComponent(id)}`;

/** Rights as groups, by the names under which they are shown. */
export function groupResources(client: ScimClient) {
  return {
    async named(asked: readonly string[]): Promise<HeldGroup[]> {
      const names = asked.filter((name) => RIGHT.test(name));
      const found: HeldGroup[] = [];
      for (let from = 0; from < names.length; from += LONGEST_FILTER) {
        const filter = names.slice(from, from + LONGEST_FILTER).map((name) => `displayName eq ${quoted(name)}`).join(' or ');
        found.push(...(await client.all('/Groups', GroupsShape, { filter, excludedAttributes: 'members' })).map(({ id, displayName }) => ({ id, name: displayName })));
      }
      return found;
    },

    /** As the user itself tells; a group that is told without its name is asked for it. */
    of: ({ groups = [] }: User): Promise<HeldGroup[]> => Promise.all(groups.map(async ({ value: id, display, type }) => ({
      id, name: display ?? (await client.read(`/Groups/${encodeURIComponent(id)}?excludedAttributes=members`, GroupShape)).displayName, isIndirect: type === 'indirect',
    }))),

    join: (group: HeldGroup, { id }: User) => client.change(pathOf(group), [{ op: 'add', path: 'members', value: [{ value: id }] }],
      (whole) => ({ ...whole, members: [...membersOf(whole).filter(({ value }) => value !== id), { value: id }] })),

    leave: (group: HeldGroup, { id }: User) => client.change(pathOf(group), [{ op: 'remove', path: `members[value eq ${quoted(id)}]` }],
      (whole) => ({ ...whole, members: membersOf(whole).filter(({ value }) => value !== id) })),
  };
}

function membersOf(whole: Whole): { value: string }[] {
  return (whole['members'] ?? []) as { value: string }[];
}
