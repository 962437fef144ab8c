import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { JsonObject } from './json.ts';
import { FhirError, issue } from './operation-outcome.ts';
import { searchValuesOf } from './search-values.ts';

export type Database = Pool | PoolClient;

/** A stored version. `text` is the resource as JSON, null once deleted. */
export interface Stored {
  type: string;
  id: string;
  version: number;
  isDeleted: boolean;
  lastUpdated: Date;
  text: string | null;
}
interface Row {
  version: number;
  deleted: boolean;
  last_updated: Date;
  text: string | null;
}

export async function readCurrent(database: Database, type: string, id: string, lock: 'for update' | '' = ''): Promise<Stored | undefined> {
  const { rows } = await database.query<Row>({
    name: `ehr-read${lock ? '-locked' : ''}`,
    text: `select version, deleted, last_updated, content::text as text from ehr.resource where type = $1 and id = $2 ${lock}`,
    values: [type, id],
  });
  return rows[0] && storedOf(type, id, rows[0]);
}

export async function readVersion(database: Database, type: string, id: string, version: number): Promise<Stored | undefined> {
  const { rows } = await database.query<Row>({
    name: 'ehr-vread',
    text: `select version, method = 'DELETE' as deleted, last_updated, content::text as text
           from ehr.resource_version where type = $1 and id = $2 and version = $3`,
    values: [type, id, version],
  });
  return rows[0] && storedOf(type, id, rows[0]);
}

export async function readHistory(database: Database, type: string, id: string, since: string | undefined): Promise<(Stored & { method: string })[]> {
  const { rows } = await database.query<Row & { method: string }>({
    name: 'ehr-history',
    text: `select version, method = 'DELETE' as deleted, method, last_updated, content::text as text
           from ehr.resource_version where type = $1 and id = $2 and ($3::timestamptz is null or last_updated >= $3) order by version desc`,
    values: [type, id, since ?? null],
  });
  return rows.map((row) => ({ ...storedOf(type, id, row), method: row.method }));
}

/** Keeps a new version and its search values in one statement, so that a reader never sees one without the other. */
export async function writeVersion(database: Database, method: 'POST' | 'PUT', resource: JsonObject, type: string, id: string, version: number): Promise<Stored> {
  const lastUpdated = new Date();
  const content = { ...resource, resourceType: type, id, meta: { ...(resource.meta as JsonObject | undefined), versionId: String(version), lastUpdated: lastUpdated.toISOString() } };
  const text = JSON.stringify(content);
  const values = searchValuesOf(content);
  await database.query({
    name: version === 1 ? 'ehr-insert' : 'ehr-replace',
    text: `
      with ${version === 1 ? `current as (
        insert into ehr.resource (type, id, version, deleted, last_updated, sequence, content)
        values ($1, $2, $3, false, $4, nextval('ehr.resource_sequence'), $6::jsonb)
      )` : `current as (
        update ehr.resource set version = $3, deleted = false, last_updated = $4, content = $6::jsonb where type = $1 and id = $2
      ), emptied as (
        delete from ehr.search_value where type = $1 and id = $2
      )`}, kept as (
        insert into ehr.resource_version (type, id, version, method, last_updated, content) values ($1, $2, $3, $5, $4, $6::jsonb)
      )
      insert into ehr.search_value (type, id, parameter, system, value, date_from, date_to)
      select $1, $2, * from unnest($7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[])`,
    values: [
      type, id, version, lastUpdated, method, text,
      values.map((each) => each.parameter), values.map((each) => each.system), values.map((each) => each.value),
      values.map((each) => each.from), values.map((each) => each.to),
    ],
  });
  return { type, id, version, isDeleted: false, lastUpdated, text };
}

export async function writeDeletion(database: Database, type: string, id: string, version: number): Promise<void> {
  await database.query({
    name: 'ehr-delete',
    text: `
      with current as (
        update ehr.resource set version = $3, deleted = true, last_updated = $4, content = null where type = $1 and id = $2
      ), emptied as (
        delete from ehr.search_value where type = $1 and id = $2
      )
      insert into ehr.resource_version (type, id, version, method, last_updated) values ($1, $2, $3, 'DELETE', $4)`,
    values: [type, id, version, new Date()],
  });
}

/** The references among these that lead nowhere. */
export async function danglingReferences(database: Database, references: readonly string[]): Promise<string[]> {
  if (references.length === 0) return [];
  const { rows } = await database.query<{ reference: string }>({
    name: 'ehr-dangling',
    text: `select type || '/' || id as reference from unnest($1::text[], $2::text[]) as wanted (type, id)
           where not exists (select from ehr.resource as r where r.type = wanted.type and r.id = wanted.id and not r.deleted)`,
    values: [references.map((each) => each.split('/')[0]), references.map((each) => each.split('/')[1])],
  });
  return rows.map((row) => row.reference);
}

export async function isReferenced(database: Database, type: string, id: string): Promise<boolean> {
  const { rows } = await database.query<{ found: boolean }>({
    name: 'ehr-referenced',
    text: `select exists (select from ehr.search_value where system = $1 and value = $2 and not (type = $1 and id = $2)) as found`,
    values: [type, id],
  });
  return rows[0]?.found ?? false;
}

export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

export function newId(): string {
  return randomUUID();
}

export function requirePresent(stored: Stored | undefined, type: string, id: string): Stored & { text: string } {
  if (!stored) throw new FhirError(404, issue('not-found', `${type}/${id} is not known`));
  if (stored.isDeleted || stored.text === null) {
    throw new FhirError(410, issue('deleted', `${type}/${id} was deleted`), { ETag: `W/"${stored.version}"` });
  }
  return { ...stored, text: stored.text };
}

function storedOf(type: string, id: string, row: Row): Stored {
  return { type, id, version: row.version, isDeleted: row.deleted, lastUpdated: row.last_updated, text: row.text };
}
