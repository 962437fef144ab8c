import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import SCIMMY from 'scimmy';
import { createFaults, type Faults } from '../faults.ts';
import { openBooks, type Books } from './books.ts';
import { scimRouter, versionTag } from './provider.ts';

export interface ScimTenant {
  /** A random one when absent. */
  token?: string;
  /** Groups that are there from the start. */
  groups: readonly string[];
  /** Some providers only let whole resources be written. */
  patch?: boolean;
  /** It has sessions, and an address at which they end: DELETE /Users/{id}/sessions. */
  sessions?: boolean;
}

export interface ScimOptions {
  databaseUrl: string;
  /** 0 takes a free one. */
  port: number;
  seed: number;
  faults?: Faults;
  /** By name, e.g. applications and badges. */
  tenants: Readonly<Record<string, ScimTenant>>;
}

export interface RunningScim {
  url: string;
  /** What the integration needs to know of a tenant. */
  tenants: Readonly<Record<string, { baseUrl: string; token: string }>>;
  faults: Faults;
  /** Somebody signs in. */
  openSession(tenant: string, userId: string): Promise<void>;
  close(): Promise<void>;
}

/** However many are asked for. */
const MOST_AT_ONCE = 100;
const PATH = '/:tenant/scim/v2';

/** Cloud applications and a badge system that are provisioned by SCIM 2.0, each with people and groups of its own. */
export async function startScim(options: ScimOptions): Promise<RunningScim> {
  const books = await openBooks(options.databaseUrl);
  const faults = options.faults ?? createFaults(options.seed, { refuse: refuseAsScim });
  const tenants = Object.fromEntries(Object.entries(options.tenants).map(([name, { token = randomBytes(24).toString('base64url'), ...tenant }]) => [name, { ...tenant, token }]));
  for (const [tenant, { groups }] of Object.entries(tenants)) await plant(books, tenant, groups);

  const app = express();
  app.disable('x-powered-by');
  app.use(faults.middleware);
  app.use(PATH, signedOn(tenants), oneAfterTheOther(), plainQuery, ifMatch(books));
  app.get(`${PATH}/ServiceProviderConfig`, (request, response, next) => {
    const { patch = true } = tenants[request.params['tenant']!]!;
    if (patch) return next();
    new SCIMMY.Resources.ServiceProviderConfig().read().then((config) => response.type('application/scim+json').send(JSON.stringify({ ...config, patch: { supported: false } })), next);
  });
  app.patch(`${PATH}/*rest`, (request, response, next) => (tenants[String(request.params['tenant'])]!.patch === false ? refuseAsScim(response, 501) : next()));
  app.delete(`${PATH}/Users/:id/sessions`, (request, response, next) => {
    const { tenant, id } = request.params;
    if (!tenants[tenant]!.sessions) return next();
    books.endSessions(tenant, id).then(() => response.status(204).end(), next);
  });
  app.use(PATH, scimRouter(({ params }) => ({ tenant: params['tenant']!, books })));

  const server = app.listen(options.port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url, faults,
    tenants: Object.fromEntries(Object.entries(tenants).map(([name, { token }]) => [name, { baseUrl: `${url}/${name}/scim/v2`, token }])),
    openSession: books.openSession,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await books.close();
    },
  };
}

async function plant(books: Books, tenant: string, groups: readonly string[]): Promise<void> {
  const known = (await books.list(tenant, 'Group')).map(({ resource }) => resource['displayName']);
  for (const displayName of groups) if (!known.includes(displayName)) await books.write(tenant, 'Group', undefined, { displayName });
}

function signedOn(tenants: Readonly<Record<string, { token: string }>>): RequestHandler {
  return (request, response, next) => {
    const tenant = Object.hasOwn(tenants, String(request.params['tenant'])) ? tenants[String(request.params['tenant'])] : undefined;
    if (!tenant) return refuseAsScim(response, 404);
    if (request.headers.authorization !== `Bearer ${tenant.token}`) return refuseAsScim(response, 401);
    next();
  };
}

/** The library reads a resource, changes it and writes it back. Two at a time would undo each other. */
function oneAfterTheOther(): RequestHandler {
  let line = Promise.resolve();
  return (request, response, next) => {
    if (request.method === 'GET') return next();
    line = line.then(() => new Promise<void>((resolve) => {
      if (request.socket.destroyed) return resolve();
      // The answer may never go out: a simulated fault cuts the connection in its place.
      response.once('close', resolve);
      next();
    }));
  };
}

/** The library makes numbers of these by writing into what Express 5 reads anew each time. */
const plainQuery: RequestHandler = (request, _response, next) => {
  if (request.method !== 'GET' || !/^\/(Users|Groups)\/?$/.test(request.path)) return next();
  const { startIndex, count, ...query } = request.query;
  const number = (value: unknown) => (/^\d{1,9}$/.test(String(value)) ? Number(value) : undefined);
  Object.defineProperty(request, 'query', { value: { ...query, startIndex: number(startIndex) ?? 1, count: Math.min(number(count) ?? MOST_AT_ONCE, MOST_AT_ONCE) } });
  next();
};

/** Refuses to write over what somebody else has changed since it was read. @source RFC 7644 section 3.14 */
function ifMatch(books: Books): RequestHandler {
  return (request, response, next) => {
    const asked = request.headers['if-match'];
    const [, kind, id] = /^\/(User|Group)s\/([^/]+)$/.exec(request.path) ?? [];
    if (asked === undefined || kind === undefined) return next();
    books.find(String(request.params['tenant']), kind, decodeURIComponent(id!)).then((kept) => (kept && versionTag(kept.version) !== asked ? refuseAsScim(response, 412) : next()), next);
  };
}

/** @source RFC 7644 section 3.12 */
function refuseAsScim(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/scim+json', ...headers });
  response.end(JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status) }));
}
