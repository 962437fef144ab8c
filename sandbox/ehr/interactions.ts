import type { Pool, PoolClient } from 'pg';
import { requirePermission, type Grant } from './authorization.ts';
import { isRecord, type Json, type JsonObject } from './json.ts';
import { FhirError, issue, outcome } from './operation-outcome.ts';
import type { PageSessions } from './pages.ts';
import { localReferences, referencesIn } from './references.ts';
import { findOne, search } from './search.ts';
import {
  danglingReferences, inTransaction, isReferenced, newId, readCurrent, readHistory, readVersion, requirePresent, writeDeletion, writeVersion,
  type Database, type Stored,
} from './store.ts';
import { RESOURCES } from './structures.ts';
import { validateResource } from './validation.ts';

export interface FhirRequest {
  method: string;
  /** Below the base, without a leading slash: `Patient/1/_history/2`. */
  path: string;
  query: URLSearchParams;
  body?: Json;
  ifMatch?: string;
  ifNoneMatch?: string;
  ifNoneExist?: string;
  prefer?: string;
}

export interface FhirAnswer {
  status: number;
  headers: Record<string, string>;
  text?: string;
}

export interface FhirContext {
  pool: Pool;
  baseUrl: string;
  pages: PageSessions;
  grant: Grant;
  /** The client of a transaction Bundle; its entries share its fate. */
  client?: PoolClient;
  /** In a transaction the references are checked once, after all entries are written. */
  defersReferences?: boolean;
}

/**
 * One FHIR interaction on one resource type, over HTTP or as an entry of a Bundle.
 *
 * @throws FhirError with the status and issues to print
 * @source https://hl7.org/fhir/R4/http.html
 */
export async function interact(context: FhirContext, request: FhirRequest): Promise<FhirAnswer> {
  const [type = '', id, history, version, ...rest] = request.path.split('/');
  if (!(type in RESOURCES)) throw new FhirError(404, issue('not-supported', `Unknown resource type '${type}'`));
  if (rest.length > 0 || (history !== undefined && history !== '_history')) throw new FhirError(404, issue('not-found', `No such address: ${request.path}`));
  const database = context.client ?? context.pool;
  if (id === '_search' && request.method === 'POST') {
    requirePermission(context.grant, type, 's');
    return { status: 200, headers: {}, text: await search({ ...context, database }, type, request.query, isStrict(request)) };
  }
  if (id === undefined) {
    if (request.method === 'GET') {
      requirePermission(context.grant, type, 's');
      return { status: 200, headers: {}, text: await search({ ...context, database }, type, request.query, isStrict(request)) };
    }
    if (request.method === 'POST') return create(context, type, request);
    throw notAllowed(request.method, 'GET, POST');
  }
  if (!/^[A-Za-z0-9\-.]{1,64}$/.test(id)) throw new FhirError(404, issue('not-found', 'Not a resource id'));
  if (history !== undefined) {
    if (request.method !== 'GET') throw notAllowed(request.method, 'GET');
    requirePermission(context.grant, type, 'r');
    return version === undefined ? showHistory(context, database, type, id, request) : showVersion(context, database, type, id, version);
  }
  switch (request.method) {
    case 'GET': return read(context, database, type, id, request);
    case 'PUT': return update(context, type, id, request);
    case 'DELETE': return remove(context, type, id);
    default: throw notAllowed(request.method, 'GET, PUT, DELETE');
  }
}

/** Creates a resource; `givenId` is set where a transaction chose the id in advance. */
export async function create(context: FhirContext, type: string, request: FhirRequest, givenId?: string): Promise<FhirAnswer> {
  requirePermission(context.grant, type, 'c');
  const resource = readBody(type, request.body);
  const criteria = request.ifNoneExist;
  if (criteria === undefined || givenId !== undefined) {
    const database = context.client ?? context.pool;
    await checkReferences(context, database, resource);
    return written(context, request, 201, await writeVersion(database, 'POST', resource, type, givenId ?? newId(), 1));
  }
  return atomically(context, async (client) => {
    await lockCriteria(client, type, criteria);
    const existing = await findOne(client, type, criteria);
    if (existing !== undefined) {
      return written(context, request, 200, requirePresent(await readCurrent(client, type, existing), type, existing));
    }
    await checkReferences(context, client, resource);
    return written(context, request, 201, await writeVersion(client, 'POST', resource, type, newId(), 1));
  });
}

/** Two equal conditional creates at the same moment must not both find nothing. */
export async function lockCriteria(client: PoolClient, type: string, criteria: string): Promise<void> {
  await client.query({ name: 'ehr-lock', text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))', values: [`ehr:${type}?${criteria}`] });
}

async function update(context: FhirContext, type: string, id: string, request: FhirRequest): Promise<FhirAnswer> {
  requirePermission(context.grant, type, 'u');
  const resource = readBody(type, request.body);
  if (resource.id !== id) throw new FhirError(400, issue('value', `The id in the resource must be '${id}'`, `${type}.id`));
  return atomically(context, async (client) => {
    const current = await readCurrent(client, type, id, 'for update');
    if (request.ifMatch !== undefined && !matches(request.ifMatch, current)) {
      throw new FhirError(412, issue('conflict', current ? `The current version is ${current.version}` : 'There is no current version'));
    }
    await checkReferences(context, client, resource);
    const isNew = !current || current.isDeleted;
    return written(context, request, isNew ? 201 : 200, await writeVersion(client, 'PUT', resource, type, id, (current?.version ?? 0) + 1));
  });
}

async function remove(context: FhirContext, type: string, id: string): Promise<FhirAnswer> {
  requirePermission(context.grant, type, 'd');
  return atomically(context, async (client): Promise<FhirAnswer> => {
    const current = await readCurrent(client, type, id, 'for update');
    if (!current || current.isDeleted) return { status: 204, headers: {} };
    if (await isReferenced(client, type, id)) throw new FhirError(409, issue('conflict', `Other resources refer to ${type}/${id}`));
    await writeDeletion(client, type, id, current.version + 1);
    return { status: 204, headers: { ETag: `W/"${current.version + 1}"` } };
  });
}

async function read(context: FhirContext, database: Database, type: string, id: string, request: FhirRequest): Promise<FhirAnswer> {
  requirePermission(context.grant, type, 'r');
  const stored = requirePresent(await readCurrent(database, type, id), type, id);
  if (request.ifNoneMatch !== undefined && matches(request.ifNoneMatch, stored)) return { status: 304, headers: versionHeaders(stored) };
  return { status: 200, headers: versionHeaders(stored), text: stored.text };
}

async function showVersion(_context: FhirContext, database: Database, type: string, id: string, version: string): Promise<FhirAnswer> {
  const stored = /^[1-9]\d{0,8}$/.test(version) ? await readVersion(database, type, id, Number(version)) : undefined;
  const present = requirePresent(stored, type, `${id}/_history/${version}`);
  return { status: 200, headers: versionHeaders(present), text: present.text };
}

async function showHistory(context: FhirContext, database: Database, type: string, id: string, request: FhirRequest): Promise<FhirAnswer> {
  const since = request.query.get('_since');
  if (since !== null && Number.isNaN(Date.parse(since))) throw new FhirError(400, issue('invalid', '_since must be an instant'));
  const versions = await readHistory(database, type, id, since ?? undefined);
  if (versions.length === 0 && since === null) throw new FhirError(404, issue('not-found', `${type}/${id} is not known`));
  const entries = versions.map((each) => {
    const fullUrl = `${context.baseUrl}/${type}/${id}`;
    const status = each.method === 'DELETE' ? '204' : each.version === 1 ? '201' : '200';
    const request = { method: each.method, url: each.method === 'POST' ? type : `${type}/${id}` };
    const response = { status, etag: `W/"${each.version}"`, lastModified: each.lastUpdated.toISOString() };
    const resource = each.text === null ? '' : `,"resource":${each.text}`;
    return `{"fullUrl":${JSON.stringify(fullUrl)}${resource},"request":${JSON.stringify(request)},"response":${JSON.stringify(response)}}`;
  });
  return { status: 200, headers: {}, text: `{"resourceType":"Bundle","type":"history","total":${entries.length},"entry":[${entries.join(',')}]}` };
}

function readBody(type: string, body: Json | undefined): JsonObject {
  if (!isRecord(body)) throw new FhirError(400, issue('structure', 'The body must be a FHIR resource as a JSON object'));
  if (body.resourceType !== type) throw new FhirError(400, issue('invalid', `The body must be a ${type}, not a '${String(body.resourceType)}'`));
  const issues = validateResource(body);
  if (issues.length > 0) throw new FhirError(422, issues);
  return body;
}

async function checkReferences(context: FhirContext, database: Database, resource: JsonObject): Promise<void> {
  if (context.defersReferences) return;
  const dangling = await danglingReferences(database, localReferences(referencesIn(resource)));
  if (dangling.length > 0) throw new FhirError(422, dangling.map((each) => issue('not-found', `The reference ${each} leads nowhere`)));
}

async function atomically<T>(context: FhirContext, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return context.client ? work(context.client) : inTransaction(context.pool, work);
}

function written(context: FhirContext, request: FhirRequest, status: number, stored: Stored): FhirAnswer {
  const headers = { ...versionHeaders(stored), Location: `${context.baseUrl}/${stored.type}/${stored.id}/_history/${stored.version}` };
  if (request.prefer?.includes('return=minimal')) return { status, headers };
  if (request.prefer?.includes('return=OperationOutcome')) {
    return { status, headers, text: JSON.stringify(outcome({ severity: 'information', code: 'informational', diagnostics: `${stored.type}/${stored.id} is version ${stored.version}` })) };
  }
  return { status, headers, text: stored.text ?? undefined };
}

function versionHeaders(stored: Stored): Record<string, string> {
  return { ETag: `W/"${stored.version}"`, 'Last-Modified': stored.lastUpdated.toUTCString() };
}

function matches(condition: string, stored: Stored | undefined): boolean {
  if (!stored || stored.isDeleted) return false;
  return condition.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === `"${stored.version}"`);
}

function isStrict(request: FhirRequest): boolean {
  return request.prefer?.includes('handling=strict') ?? false;
}

function notAllowed(method: string, allowed: string): FhirError {
  return new FhirError(405, issue('not-supported', `${method} is not supported here`), { Allow: allowed });
}
