import { randomUUID } from 'node:crypto';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';
import type { Router } from 'express';
import type { Books, Kept, Membership } from './books.ts';

/** Whose resources a request is about. */
export interface Tenancy { tenant: string; books: Books }

type Asked = { id?: string; filter?: { match(list: object[]): object[]; [index: number]: Record<string, unknown>; length: number } };
type Written = Record<string, unknown> & { members?: { value: string }[] };
const { Error: Refusal } = SCIMMY.Types as unknown as { Error: new (status: number, type: string | null, message: string) => Error };

/** The protocol is the library's, the books are ours. Its resources are declared once for the process; a request says whose they are. */
export function scimRouter(tenancyOf: (request: { params: Record<string, string> }) => Tenancy): Router {
  const handlers = (kind: 'User' | 'Group', read: typeof usersOf, write: typeof writeUser) => ({
    egress: async (asked: Asked, { tenant, books }: Tenancy) => {
      const found = await read(books, tenant, asked);
      if (asked.id !== undefined && found.length === 0) throw new Refusal(404, null, `Resource ${asked.id} not found`);
      return asked.id === undefined && asked.filter ? asked.filter.match(found) : found;
    },
    ingress: async (asked: Asked, written: Written, { tenant, books }: Tenancy) => {
      if (asked.id !== undefined && !(await books.find(tenant, kind, asked.id))) throw new Refusal(404, null, `Resource ${asked.id} not found`);
      const id = await write(books, tenant, asked.id, written);
      return (await read(books, tenant, { id }))[0];
    },
    degress: async (asked: Asked, { tenant, books }: Tenancy) => {
      if (!(await books.remove(tenant, kind, asked.id ?? ''))) throw new Refusal(404, null, `Resource ${asked.id} not found`);
    },
  });
  const resources = SCIMMY.Resources as unknown as { declare(resource: unknown, handlers: object): void; User: unknown; Group: unknown };
  resources.declare(resources.User, handlers('User', usersOf, writeUser));
  resources.declare(resources.Group, handlers('Group', groupsOf, writeGroup));
  const router = new SCIMMYRouters({ type: 'bearer', handler: () => 'integration', context: tenancyOf as never });
  SCIMMY.Config.set({ bulk: false, changePassword: false, etag: true });
  return router as unknown as Router;
}

async function usersOf(books: Books, tenant: string, { id, filter }: Asked): Promise<object[]> {
  const [comparator, externalId] = filter?.length === 1 ? (filter[0]!['externalId'] ?? []) as unknown[] : [];
  const kept = id !== undefined ? [await books.find(tenant, 'User', id)] : comparator === 'eq' ? await books.withExternalId(tenant, String(externalId)) : await books.list(tenant, 'User');
  const found = kept.filter((each) => each !== undefined);
  const groups = Map.groupBy(await books.memberships(tenant, { userId: found.length === 1 ? found[0]!.id : undefined }), ({ userId }) => userId);
  return found.map((each) => shown(each, { groups: (groups.get(each.id) ?? []).map((membership) => ({ value: membership.groupId, display: membership.group, type: 'direct' })) }));
}

async function groupsOf(books: Books, tenant: string, { id }: Asked): Promise<object[]> {
  const kept = id === undefined ? await books.list(tenant, 'Group') : [await books.find(tenant, 'Group', id)];
  const members = Map.groupBy<string, Membership>(await books.memberships(tenant, { groupId: id }), ({ groupId }) => groupId);
  return kept.filter((each) => each !== undefined).map((each) => shown(each, { members: (members.get(each.id) ?? []).map(({ userId, user }) => ({ value: userId, display: user, type: 'User' })) }));
}

async function writeUser(books: Books, tenant: string, id: string | undefined, { id: _id, meta: _meta, groups: _groups, password: _password, schemas: _schemas, ...resource }: Written): Promise<string> {
  const kept = await books.write(tenant, 'User', id, resource);
  if (!kept) throw new Refusal(409, 'uniqueness', 'The userName is taken');
  return kept.id;
}

async function writeGroup(books: Books, tenant: string, id: string | undefined, { id: _id, meta: _meta, members = [], schemas: _schemas, ...resource }: Written): Promise<string> {
  // Members before the version: who reads in between must not hold an old list for the new one.
  const given = id ?? randomUUID();
  if (!(await books.setMembers(tenant, given, members.map(({ value }) => value)))) throw new Refusal(400, 'invalidValue', 'A member is no user');
  await books.write(tenant, 'Group', given, resource);
  return given;
}

function shown({ id, version, createdAt, changedAt, resource }: Kept, more: object): object {
  return { ...resource, ...more, id, meta: { version: versionTag(version), created: createdAt.toISOString(), lastModified: changedAt.toISOString() } };
}

export function versionTag(version: number): string {
  return `W/"${version}"`;
}
