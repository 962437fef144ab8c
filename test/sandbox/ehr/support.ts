import { after, before } from 'node:test';
import { startEhr, type Ehr, type EhrOptions } from '../../../sandbox/ehr/server.ts';
import type { JsonObject } from '../../../sandbox/ehr/json.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

export const SECRET = 'a-secret-of-this-test-only';
export const PLATFORM = { clientId: 'platform', secret: SECRET, scopes: ['system/*.cruds'] };

export interface Reply {
  status: number;
  headers: Headers;
  body: JsonObject;
}
export interface RunningEhr {
  ehr: Ehr;
  database: TestDatabase;
  /** Sends with a valid token unless the headers say otherwise; a path is taken below the FHIR base. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
}

/** An EHR of its own for one file of tests, gone when they end. */
export function withEhr(options: Partial<EhrOptions> = {}): RunningEhr {
  const running = {} as RunningEhr;
  let token = '';
  before(async () => {
    running.database = await createTestDatabase();
    running.ehr = await startEhr({ databaseUrl: running.database.url, port: 0, seed: 1, clients: [PLATFORM], ...options });
    token = await tokenFor(running.ehr.tokenUrl, PLATFORM.clientId, SECRET);
  });
  after(async () => {
    await running.ehr.close();
    await running.database.drop();
  });
  running.send = async (method, path, body, headers = {}) => {
    const response = await fetch(path.startsWith('http') ? path : `${running.ehr.fhirUrl}/${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/fhir+json' }), ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : (JSON.parse(text) as JsonObject) };
  };
  return running;
}

export async function tokenFor(tokenUrl: string, clientId: string, secret: string, scope = ''): Promise<string> {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

export function patient(family: string, more: JsonObject = {}): JsonObject {
  return {
    resourceType: 'Patient',
    identifier: [{ system: 'urn:test:mrn', value: `MRN-${family}` }],
    name: [{ family, given: ['Ada'] }],
    gender: 'female',
    birthDate: '1980-05-17',
    ...more,
  };
}

export function resourcesOf(bundle: JsonObject, mode = 'match'): JsonObject[] {
  const entries = (bundle.entry ?? []) as { resource: JsonObject; search: { mode: string } }[];
  return entries.filter((each) => each.search.mode === mode).map((each) => each.resource);
}

export function issuesOf(body: JsonObject): { severity: string; code: string; diagnostics: string; expression?: string[] }[] {
  return body.issue as unknown as ReturnType<typeof issuesOf>;
}

export function nextLink(bundle: JsonObject): string | undefined {
  return (bundle.link as { relation: string; url: string }[]).find((each) => each.relation === 'next')?.url;
}
