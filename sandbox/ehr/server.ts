import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { createFaults, type Faults } from '../faults.ts';
import { createAuthorization, type Authorization, type EhrClient } from './authorization.ts';
import { processBundle } from './bundle.ts';
import { capabilityStatement, smartConfiguration } from './capability-statement.ts';
import { toFhirError } from './failures.ts';
import { interact, type FhirAnswer } from './interactions.ts';
import type { Json } from './json.ts';
import { loadRecord } from './load.ts';
import { FhirError, issue } from './operation-outcome.ts';
import { createPageSessions, type PageSessions } from './pages.ts';
import { EMPTY_ALL, SCHEMA } from './schema.ts';

export interface EhrOptions {
  databaseUrl: string;
  /** 0 takes a free port. */
  port: number;
  seed: number;
  clients: readonly EhrClient[];
  faults?: Faults;
  host?: string;
  /** How long a `next` link works. */
  pageLifetimeMs?: number;
  /** Milliseconds; a test hands in its own clock for the expiry of links. */
  now?: () => number;
}

export interface Ehr {
  url: string;
  fhirUrl: string;
  tokenUrl: string;
  faults: Faults;
  /** Fills the record with the hospital and its patients; returns how many resources were new. */
  load(): Promise<number>;
  /** Empties the record. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

interface Site {
  pool: Pool;
  authorization: Authorization;
  pages: PageSessions;
  fhirUrl: string;
  tokenUrl: string;
}

const BASE = '/api/FHIR/R4';
const FHIR_JSON = 'application/fhir+json; charset=utf-8';
const LARGEST_BODY = 8 * 1024 * 1024;

/** Starts the simulated EHR: a FHIR R4 server with SMART backend services over PostgreSQL. */
export async function startEhr(options: EhrOptions): Promise<Ehr> {
  const pool = new Pool({ connectionString: options.databaseUrl, max: 8 });
  pool.on('error', (error) => process.emitWarning(`EHR database connection lost: ${error.message}`));
  // One that is lost between two queries of a transaction would end the process; the next query fails then.
  pool.on('connect', (client) => client.on('error', () => undefined));
  await pool.query(SCHEMA);
  const faults = options.faults ?? createFaults(options.seed);
  const host = options.host ?? '127.0.0.1';
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port, host, resolve));
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  const tokenUrl = `${url}/oauth2/token`;
  const site: Site = {
    pool, tokenUrl,
    fhirUrl: url + BASE,
    authorization: createAuthorization(pool, options.clients, tokenUrl),
    pages: createPageSessions(options.pageLifetimeMs ?? 300_000, options.now),
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    faults.middleware(request, response, () => {
      answer(site, request).catch(refuse).then((result) => send(response, result));
    });
  });
  return {
    url, tokenUrl, faults,
    fhirUrl: site.fhirUrl,
    load: () => loadRecord(pool),
    reset: async () => {
      await pool.query(EMPTY_ALL);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.end();
    },
  };
}

async function answer(site: Site, request: IncomingMessage): Promise<FhirAnswer> {
  const url = new URL(request.url ?? '/', site.fhirUrl);
  if (url.pathname === '/oauth2/token' && request.method === 'POST') {
    const form = new URLSearchParams((await readBytes(request)).toString());
    const { status, body } = await site.authorization.issueToken(form, request.headers.authorization);
    return { status, headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }, text: JSON.stringify(body) };
  }
  if (url.pathname !== BASE && !url.pathname.startsWith(`${BASE}/`)) throw new FhirError(404, issue('not-found', 'No such address'));
  const path = decodePath(url.pathname.slice(BASE.length + 1));
  requireJsonAccepted(request.headers.accept, url.searchParams.get('_format'));
  if (path === 'metadata') return { status: 200, headers: {}, text: JSON.stringify(capabilityStatement(site.fhirUrl, site.tokenUrl)) };
  if (path === '.well-known/smart-configuration') {
    return { status: 200, headers: { 'Content-Type': 'application/json' }, text: JSON.stringify(smartConfiguration(site.tokenUrl)) };
  }
  const context = { pool: site.pool, baseUrl: site.fhirUrl, pages: site.pages, grant: site.authorization.requireGrant(request.headers.authorization) };
  const prefer = request.headers.prefer?.toString();
  const isForm = path.endsWith('/_search');
  const method = request.method ?? 'GET';
  const body = ['POST', 'PUT'].includes(method) && !isForm ? await readJson(request) : undefined;
  if (path === '') {
    if (method !== 'POST') throw new FhirError(405, issue('not-supported', 'Only a Bundle may be posted here'), { Allow: 'POST' });
    return processBundle(context, body, prefer);
  }
  return interact(context, {
    method, path, body, prefer,
    query: isForm ? new URLSearchParams((await readBytes(request)).toString()) : url.searchParams,
    ifMatch: request.headers['if-match'],
    ifNoneMatch: request.headers['if-none-match'],
    ifNoneExist: request.headers['if-none-exist']?.toString(),
  });
}

function refuse(error: unknown): FhirAnswer {
  const failure = toFhirError(error);
  if (failure.status >= 500) process.emitWarning(error instanceof Error ? error : String(error));
  return { status: failure.status, headers: failure.headers, text: JSON.stringify(failure.toOutcome()) };
}

function send(response: ServerResponse, result: FhirAnswer): void {
  if (response.destroyed) return;
  const bytes = result.text === undefined ? undefined : Buffer.from(result.text);
  response.writeHead(result.status, { ...(bytes ? { 'Content-Type': FHIR_JSON, 'Content-Length': bytes.length } : {}), ...result.headers });
  response.end(bytes);
}

async function readJson(request: IncomingMessage): Promise<Json> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/fhir+json' && type !== 'application/json') throw new FhirError(415, issue('not-supported', 'The body must be application/fhir+json'));
  const bytes = await readBytes(request);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) throw new FhirError(400, issue('structure', 'The body is not valid JSON in UTF-8'));
    throw error;
  }
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_BODY) throw new FhirError(413, issue('too-costly', 'The body is too large'), { Connection: 'close' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) throw new FhirError(400, issue('invalid', 'The address is not well formed'));
    throw error;
  }
}

function requireJsonAccepted(accept: string | undefined, format: string | null): void {
  const wanted = format ?? accept ?? '*/*';
  if (/json|\*\/\*|application\/\*/.test(wanted)) return;
  throw new FhirError(406, issue('not-supported', 'Only application/fhir+json is available'));
}
