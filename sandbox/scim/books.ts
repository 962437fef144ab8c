import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** A user or group as it was written, and what the provider adds. */
export interface Kept {
  id: string;
  version: number;
  createdAt: Date;
  changedAt: Date;
  resource: Record<string, unknown>;
}

export interface Membership { groupId: string; group: string; userId: string; user: string }

const SCHEMA = `
  create schema if not exists scim;
  create table if not exists scim.resources (
    tenant text not null, kind text not null, id text not null, version int not null default 1, resource jsonb not null,
    created_at timestamptz not null default now(), changed_at timestamptz not null default now(), primary key (tenant, kind, id));
  create unique index if not exists user_names on scim.resources (tenant, lower(resource->>'userName')) where kind = 'User';
  create index if not exists external_ids on scim.resources (tenant, (resource->>'externalId')) where kind = 'User';
  create table if not exists scim.members (tenant text not null, group_id text not null, user_id text not null, primary key (tenant, group_id, user_id));
  create index if not exists memberships on scim.members (tenant, user_id);
  create table if not exists scim.sessions (tenant text not null, id text primary key, user_id text not null, ended_at timestamptz);
  create table if not exists scim.changes (
    number bigint generated always as identity primary key, at timestamptz not null default now(), tenant text not null, operation text not null, resource_id text not null, detail jsonb not null);
`;

export type Books = Awaited<ReturnType<typeof openBooks>>;

/** Users, groups, memberships and sessions of all tenants, and the journal of what changed. */
export async function openBooks(databaseUrl: string) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 6 });
  pool.on('error', (error) => process.emitWarning(`scim lost a database connection: ${error.message}`));
  // One that is lost between two queries would end the process; the next query fails then.
  pool.on('connect', (client) => client.on('error', () => undefined));
  await pool.query(SCHEMA);
  const rows = async <Row extends object>(text: string, values: unknown[]) => (await pool.query<Row>(text, values)).rows;
  const columns = 'id, version, created_at as "createdAt", changed_at as "changedAt", resource';

  return {
    list: (tenant: string, kind: string) => rows<Kept>(`select ${columns} from scim.resources where tenant = $1 and kind = $2 order by created_at, id`, [tenant, kind]),
    withExternalId: (tenant: string, externalId: string) => rows<Kept>(`select ${columns} from scim.resources where tenant = $1 and kind = 'User' and resource->>'externalId' = $2`, [tenant, externalId]),

    async find(tenant: string, kind: string, id: string): Promise<Kept | undefined> {
      return (await rows<Kept>(`select ${columns} from scim.resources where tenant = $1 and kind = $2 and id = $3`, [tenant, kind, id]))[0];
    },

    memberships: (tenant: string, of: { userId?: string | undefined; groupId?: string | undefined } = {}) => rows<Membership>(
      `select m.group_id as "groupId", g.resource->>'displayName' as "group", m.user_id as "userId", u.resource->>'userName' as "user"
       from scim.members m join scim.resources g on g.tenant = m.tenant and g.kind = 'Group' and g.id = m.group_id
       join scim.resources u on u.tenant = m.tenant and u.kind = 'User' and u.id = m.user_id
       where m.tenant = $1 and ($2::text is null or m.user_id = $2) and ($3::text is null or m.group_id = $3)`, [tenant, of.userId ?? null, of.groupId ?? null]),

    /** Undefined when another user has this name. */
    async write(tenant: string, kind: string, id: string | undefined, resource: Record<string, unknown>): Promise<Kept | undefined> {
      try {
        const [kept] = await rows<Kept>(
          `with written as (
             insert into scim.resources (tenant, kind, id, resource) values ($1, $2, $3, $4)
             on conflict (tenant, kind, id) do update set resource = excluded.resource, version = scim.resources.version + 1, changed_at = now() returning *),
           told as (insert into scim.changes (tenant, operation, resource_id, detail) select tenant, 'write ' || kind, id, resource from written)
           select ${columns} from written`, [tenant, kind, id ?? randomUUID(), JSON.stringify(resource)]);
        return kept;
      } catch (error) {
        if (error instanceof pg.DatabaseError && error.code === '23505') return undefined;
        throw error;
      }
    },

    /** The group has these members and no others; undefined when one of them is nobody. */
    async setMembers(tenant: string, groupId: string, wanted: readonly string[]): Promise<true | undefined> {
      const known = await rows(`select id from scim.resources where tenant = $1 and kind = 'User' and id = any($2)`, [tenant, wanted]);
      if (known.length < new Set(wanted).size) return undefined;
      await rows(
        `with gone as (delete from scim.members where tenant = $1 and group_id = $2 and not user_id = any($3) returning user_id),
              come as (insert into scim.members select $1, $2, each from unnest($3::text[]) each on conflict do nothing returning user_id),
              told as (insert into scim.changes (tenant, operation, resource_id, detail)
                select $1, 'remove member', $2, to_jsonb(user_id) from gone union all select $1, 'add member', $2, to_jsonb(user_id) from come)
         select 1`, [tenant, groupId, [...new Set(wanted)]]);
      return true;
    },

    async remove(tenant: string, kind: string, id: string): Promise<boolean> {
      const gone = await rows(`delete from scim.resources where tenant = $1 and kind = $2 and id = $3 returning id`, [tenant, kind, id]);
      await rows('delete from scim.members where tenant = $1 and (user_id = $2 or group_id = $2)', [tenant, id]);
      return gone.length > 0;
    },

    async openSession(tenant: string, userId: string): Promise<void> {
      await rows('insert into scim.sessions values ($1, $2, $3)', [tenant, randomUUID(), userId]);
    },
    async endSessions(tenant: string, userId: string): Promise<void> {
      await rows('update scim.sessions set ended_at = now() where tenant = $1 and user_id = $2 and ended_at is null', [tenant, userId]);
    },
    close: () => pool.end(),
  };
}
