import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Body } from './adf/body.ts';
import type { Catalog, Item, Place } from './adf/collections.ts';
import { AdfError, sendError } from './adf/errors.ts';
import { resources } from './adf/resources.ts';
import type { Faults } from '../faults.ts';
import type { Erp, Outcome } from './operation.ts';
import { operations } from './operations.ts';
import { readJob } from './scheduler.ts';

const BASE = /^\/(?:fscm|hcm)RestApi\/resources\/(?:11\.13\.18\.05|latest)\/(.+)$/;
const MAXIMUM_BODY = 20 * 1024 * 1024;

export interface ServerParts {
  erp: Erp;
  catalog: Catalog;
  faults: Faults;
  credentials: { user: string; password: string };
  /** Called for every answered request. */
  count(method: string, resource: string, status: number): void;
}

export function createErpServer(parts: ServerParts): Server {
  const expected = digest(`Basic ${Buffer.from(`${parts.credentials.user}:${parts.credentials.password}`).toString('base64')}`);
  return createServer((request, response) => parts.faults.middleware(request, response, () => {
    const version = Number(request.headers['rest-framework-version'] ?? 1) || 1;
    // The first segment only: keys and queries would make the counters grow without bound.
    const resource = BASE.exec(request.url ?? '')?.[1]?.split(/[/?]/)[0] ?? '';
    answer(parts, expected, request, response, version)
      .catch((error: unknown) => sendError(response, error instanceof AdfError ? error : unexpected(error), version))
      .finally(() => parts.count(request.method ?? '', resources[resource] || resource === 'erpintegrations' ? resource : 'unknown', response.statusCode));
  }));
}

function unexpected(error: unknown): AdfError {
  process.emitWarning(`Simulated ERP: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  return new AdfError(500, 'Internal Server Error', 'JBO-29000');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

async function answer(parts: ServerParts, expected: Buffer, request: IncomingMessage, response: ServerResponse, version: number): Promise<void> {
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
    request.resume();
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="fscm"', 'Content-Length': '0' });
    response.end();
    return;
  }
  const [path = '', query = ''] = splitOnce(request.url ?? '', '?');
  const match = BASE.exec(path);
  if (!match?.[1]) throw new AdfError(404, 'Not Found');
  const route = findRoute(parts.catalog, match[1].split('/'), path.slice(0, path.length - match[1].length));
  // People stand under another application than money and goods.
  if (path.startsWith('/hcm') !== (route.name === 'workers')) throw new AdfError(404, 'Not Found');
  const search = new URLSearchParams(query);
  if (request.method === 'GET' || request.method === undefined) {
    send(response, 200, await read(parts, route, search), version);
    return;
  }
  const operation = operations[`${request.method} ${route.pattern}`];
  if (!operation) throw new AdfError(405, 'Method Not Allowed');
  const body = request.method === 'DELETE' ? new Body({}) : await readBody(request, route.action);
  const outcome = await operation(parts.erp, body, route.keys, request.headers['effective-of']?.toString());
  await sendOutcome(parts, response, route, outcome, version);
}

interface Route {
  /** Path with keys as {}. */
  pattern: string;
  keys: string[];
  action: boolean;
  name: string;
  place?: Place;
  key?: string;
}

/** Walks `orders/{key}/child/lines/{key}` or `orders/{key}/action/cancel` along the tree of resources. */
function findRoute(catalog: Catalog, segments: readonly string[], base: string): Route {
  const name = segments[0] ?? '';
  const resource = resources[name];
  if (!resource) {
    if (name === 'erpintegrations' && segments.length === 1) return { pattern: name, keys: [], action: false, name };
    throw new AdfError(404, 'Not Found');
  }
  const route: Route = { pattern: name, keys: [], action: false, name, place: { resource, name, path: `${base}${name}` } };
  for (let at = 1; at < segments.length; at += 1) {
    const segment = segments[at]!;
    const place: Place = route.place!;
    if (segment === 'action' && at === segments.length - 2) {
      route.action = true;
      route.pattern += `/action/${segments[at + 1]}`;
      return route;
    }
    if (segment === 'child' && route.key !== undefined) {
      const childName = segments[at + 1] ?? '';
      const child = place.resource.children?.[childName];
      if (!child) throw new AdfError(404, 'Not Found');
      route.place = { resource: child, name: childName, path: `${place.path}/${segments[at - 1]}/child/${childName}`, within: { attribute: child.parent ?? place.resource.key, key: route.key } };
      route.pattern += `/child/${childName}`;
      route.key = undefined;
      at += 1;
      continue;
    }
    if (route.key !== undefined || segment === '') throw new AdfError(404, 'Not Found');
    route.key = catalog.keyOf(place.resource, segment);
    route.keys.push(route.key);
    route.pattern += '/{}';
  }
  return route;
}

async function read(parts: ServerParts, route: Route, search: URLSearchParams): Promise<object> {
  if (!route.place) {
    const job = await readJob(parts.erp, search.get('finder') ?? '');
    return { items: [job], count: 1, hasMore: false, limit: 25, offset: 0, links: [] };
  }
  if (route.action) throw new AdfError(405, 'Method Not Allowed');
  return route.key === undefined ? parts.catalog.collection(route.place, search) : parts.catalog.item(route.place, route.key, search);
}

async function sendOutcome(parts: ServerParts, response: ServerResponse, route: Route, outcome: Outcome, version: number): Promise<void> {
  switch (outcome.kind) {
    case 'deleted':
      response.writeHead(204);
      response.end();
      return;
    case 'result':
      return send(response, 200, { result: outcome.result }, version, 'application/vnd.oracle.adf.actionresult+json');
    case 'body':
      return send(response, outcome.status, outcome.body, version);
    case 'created':
    case 'changed': {
      const expand = new URLSearchParams(outcome.expand === undefined ? [] : [['expand', outcome.expand]]);
      // A changed draft order that needed no change order is still a draft; both are found in the resource itself.
      const item = await parts.catalog.item(route.place!, outcome.id, expand);
      return send(response, outcome.kind === 'created' ? 201 : 200, item, version, 'application/vnd.oracle.adf.resourceitem+json');
    }
  }
}

function send(response: ServerResponse, status: number, body: object, version: number, type = 'application/vnd.oracle.adf.resourceitem+json'): void {
  const text = JSON.stringify(version >= 3 ? collected(body) : body);
  response.writeHead(status, { 'Content-Type': type, 'REST-Framework-Version': String(version), 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** From framework version 3 on, nested children are collections of their own and no longer bare lists. */
function collected(body: object): object {
  const nest = (item: Item): Item => Object.fromEntries(Object.entries(item).map(([name, value]) => {
    if (name === 'links' || !Array.isArray(value)) return [name, value];
    return [name, { items: (value as Item[]).map(nest), count: value.length, hasMore: false, limit: value.length, offset: 0, links: [] }];
  }));
  return 'items' in body && Array.isArray(body.items) ? { ...body, items: (body.items as Item[]).map(nest) } : nest(body as Item);
}

async function readBody(request: IncomingMessage, action: boolean): Promise<Body> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const accepted = action ? ['application/vnd.oracle.adf.action+json'] : ['application/json', 'application/vnd.oracle.adf.resourceitem+json'];
  if (!accepted.includes(type)) {
    request.resume();
    throw new AdfError(415, `The content type ${type} is not supported; use ${accepted.join(' or ')}.`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAXIMUM_BODY) throw new AdfError(413, 'The request body is too large.');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return new Body(text === '' ? {} : JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new AdfError(400, 'The request body is not valid JSON.');
    throw error;
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
