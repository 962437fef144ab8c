import type { PoolClient } from 'pg';
import { create, interact, lockCriteria, type FhirAnswer, type FhirContext, type FhirRequest } from './interactions.ts';
import { isRecord, type Json, type JsonObject } from './json.ts';
import { FhirError, issue } from './operation-outcome.ts';
import { localReferences, referencesIn, replaceReferences } from './references.ts';
import { findOne } from './search.ts';
import { danglingReferences, inTransaction, newId, readCurrent, requirePresent } from './store.ts';
import { toFhirError } from './failures.ts';

interface Entry {
  index: number;
  fullUrl: string | undefined;
  type: string;
  request: FhirRequest;
}

/** @source https://hl7.org/fhir/R4/http.html#trules: deletes, then creates, then updates, then reads */
const ORDER = ['DELETE', 'POST', 'PUT', 'GET'];
const MOST_ENTRIES = 1000;

/** Carries out a batch or a transaction Bundle. */
export async function processBundle(context: FhirContext, body: Json | undefined, prefer: string | undefined): Promise<FhirAnswer> {
  if (!isRecord(body) || body.resourceType !== 'Bundle') throw new FhirError(400, issue('structure', 'The body must be a Bundle'));
  const given = body.entry ?? [];
  if (!Array.isArray(given)) throw new FhirError(400, issue('structure', 'Must be an array', 'Bundle.entry'));
  if (given.length > MOST_ENTRIES) throw new FhirError(413, issue('too-costly', `At most ${MOST_ENTRIES} entries are allowed`));
  const entries = given.map((each, index) => readEntry(each, index, prefer));
  switch (body.type) {
    case 'batch': return printAnswers('batch-response', await runBatch(context, entries));
    case 'transaction': return printAnswers('transaction-response', await inTransaction(context.pool, (client) => runTransaction({ ...context, client, defersReferences: true }, client, entries)));
    default: throw new FhirError(400, issue('value', 'Only batch and transaction Bundles are processed', 'Bundle.type'));
  }
}

async function runBatch(context: FhirContext, entries: readonly Entry[]): Promise<FhirAnswer[]> {
  const answers: FhirAnswer[] = [];
  for (const entry of entries) {
    try {
      answers.push(await interact(context, entry.request));
    } catch (error) {
      const failure = toFhirError(error);
      answers.push({ status: failure.status, headers: failure.headers, text: JSON.stringify(failure.toOutcome()) });
    }
  }
  return answers;
}

async function runTransaction(context: FhirContext, client: PoolClient, entries: readonly Entry[]): Promise<FhirAnswer[]> {
  refuseOverlaps(entries);
  const targets = await chooseTargets(client, entries);
  const resolve = await referenceResolver(client, entries, targets);
  const answers: FhirAnswer[] = [];
  for (const entry of [...entries].sort((one, other) => ORDER.indexOf(one.request.method) - ORDER.indexOf(other.request.method))) {
    const request = { ...entry.request, body: replaceReferences(entry.request.body, resolve) };
    answers[entry.index] = await runEntry(context, client, { ...entry, request }, targets.get(entry)).catch((error: unknown) => {
      throw atEntry(toFhirError(error), entry.index);
    });
  }
  const written = entries.flatMap((entry) => localReferences(referencesIn(replaceReferences(entry.request.body, resolve))));
  const dangling = await danglingReferences(client, [...new Set(written)]);
  if (dangling.length > 0) throw new FhirError(422, dangling.map((each) => issue('not-found', `The reference ${each} leads nowhere`)));
  return answers;
}

interface Target {
  id: string;
  /** A conditional create that found its resource writes nothing. */
  exists: boolean;
}

async function runEntry(context: FhirContext, client: PoolClient, entry: Entry, target: Target | undefined): Promise<FhirAnswer> {
  if (!target) return interact(context, entry.request);
  if (!target.exists) return create(context, entry.type, entry.request, target.id);
  const existing = requirePresent(await readCurrent(client, entry.type, target.id), entry.type, target.id);
  return {
    status: 200,
    headers: { ETag: `W/"${existing.version}"`, 'Last-Modified': existing.lastUpdated.toUTCString(), Location: `${context.baseUrl}/${entry.type}/${existing.id}/_history/${existing.version}` },
    text: existing.text,
  };
}

/** Ids for the creates before anything is written, since entries may refer to one another in any order. */
async function chooseTargets(client: PoolClient, entries: readonly Entry[]): Promise<Map<Entry, Target>> {
  const targets = new Map<Entry, Target>();
  for (const entry of entries) {
    if (entry.request.method !== 'POST' || entry.request.path !== entry.type) continue;
    const criteria = entry.request.ifNoneExist;
    if (criteria !== undefined) await lockCriteria(client, entry.type, criteria);
    const existing = criteria === undefined ? undefined : await findOne(client, entry.type, criteria);
    targets.set(entry, existing === undefined ? { id: newId(), exists: false } : { id: existing, exists: true });
  }
  return targets;
}

async function referenceResolver(client: PoolClient, entries: readonly Entry[], targets: ReadonlyMap<Entry, Target>): Promise<(reference: string) => string> {
  const known = new Map<string, string>();
  for (const entry of entries) {
    const target = targets.get(entry);
    if (entry.fullUrl !== undefined && target) known.set(entry.fullUrl, `${entry.type}/${target.id}`);
    else if (entry.fullUrl?.startsWith('urn:') && entry.request.method === 'PUT') known.set(entry.fullUrl, entry.request.path);
  }
  for (const reference of new Set(entries.flatMap((entry) => referencesIn(entry.request.body)))) {
    if (reference.startsWith('urn:') && !known.has(reference)) throw new FhirError(422, issue('not-found', `No entry has the fullUrl ${reference}`));
    const [, type, criteria] = /^([A-Z][A-Za-z]+)\?(.+)$/.exec(reference) ?? [];
    if (!type || !criteria) continue;
    const id = await findOne(client, type, criteria);
    if (id === undefined) throw new FhirError(412, issue('not-found', `No ${type} matches the conditional reference`));
    known.set(reference, `${type}/${id}`);
  }
  return (reference) => known.get(reference) ?? reference;
}

function refuseOverlaps(entries: readonly Entry[]): void {
  const seen = new Set<string>();
  for (const { index, fullUrl, request } of entries) {
    const keys = [fullUrl && `url ${fullUrl}`, request.method === 'PUT' || request.method === 'DELETE' ? `resource ${request.path}` : undefined];
    for (const key of keys) {
      if (key === undefined || key === '') continue;
      if (seen.has(key)) throw new FhirError(400, issue('duplicate', 'Two entries of a transaction are about the same resource', `Bundle.entry[${index}]`));
      seen.add(key);
    }
  }
}

function readEntry(entry: Json, index: number, prefer: string | undefined): Entry {
  const request = isRecord(entry) && isRecord(entry.request) ? entry.request : undefined;
  if (!isRecord(entry) || !request || typeof request.method !== 'string' || typeof request.url !== 'string') {
    throw new FhirError(400, issue('required', 'Each entry needs request.method and request.url', `Bundle.entry[${index}].request`));
  }
  if (!ORDER.includes(request.method)) throw new FhirError(400, issue('not-supported', `${request.method} is not supported in a Bundle`, `Bundle.entry[${index}].request.method`));
  const [path = '', query = ''] = request.url.replace(/^\//, '').split('?');
  return {
    index,
    fullUrl: textOf(entry, 'fullUrl'),
    type: path.split('/')[0] ?? '',
    request: {
      method: request.method, path, query: new URLSearchParams(query), body: entry.resource, prefer,
      ifMatch: textOf(request, 'ifMatch'), ifNoneMatch: textOf(request, 'ifNoneMatch'), ifNoneExist: textOf(request, 'ifNoneExist'),
    },
  };
}

function textOf(value: JsonObject, key: string): string | undefined {
  const found = value[key];
  return typeof found === 'string' ? found : undefined;
}

function atEntry(failure: FhirError, index: number): FhirError {
  const issues = failure.issues.map((each) => ({ ...each, expression: [`Bundle.entry[${index}]`, ...(each.expression ?? [])] }));
  return new FhirError(failure.status, issues, failure.headers);
}

function printAnswers(type: string, answers: readonly FhirAnswer[]): FhirAnswer {
  const entries = answers.map(({ status, headers, text }) => {
    const response = {
      status: String(status),
      ...(headers.Location ? { location: headers.Location } : {}),
      ...(headers.ETag ? { etag: headers.ETag } : {}),
      ...(headers['Last-Modified'] ? { lastModified: new Date(headers['Last-Modified']).toISOString() } : {}),
    };
    if (text === undefined) return `{"response":${JSON.stringify(response)}}`;
    if (status >= 400) return `{"response":${JSON.stringify(response).slice(0, -1)},"outcome":${text}}}`;
    return `{"resource":${text},"response":${JSON.stringify(response)}}`;
  });
  return { status: 200, headers: {}, text: `{"resourceType":"Bundle","type":"${type}"${entries.length > 0 ? `,"entry":[${entries.join(',')}]` : ''}}` };
}
