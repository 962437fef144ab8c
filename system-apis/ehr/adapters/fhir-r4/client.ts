import type { AdapterDeps } from '#chassis/adapters/adapter.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, type VendorAnswer, type VendorRequest } from '#chassis/http/vendor-http.ts';
import { BundleShape, fitting, invalidAnswer } from './shapes.ts';
import { createSignOn } from './sign-on.ts';
import type { FhirSettings } from './settings.ts';

/** A resource as it came; what it holds is checked by whoever reads it. */
export interface Resource {
  resourceType: string;
  [element: string]: unknown;
}

export interface Page {
  matches: Resource[];
  included: Resource[];
  /** Opaque, and good for a few minutes only. */
  next?: string;
}

export interface FhirClient {
  /** Undefined when there is none, or no longer. */
  read(type: string, id: string): Promise<Resource | undefined>;
  search(type: string, parameters: Record<string, string>): Promise<Page>;
  /** The page behind a `next` link; undefined when the link has expired and the search has to be made again. */
  follow(next: string): Promise<Page | undefined>;
  /** Everything that a search finds, page by page. */
  searchAll(type: string, parameters: Record<string, string>): Promise<Resource[]>;
  /** All resources of these ids that there are, by id. */
  readMany(type: string, ids: Iterable<string>): Promise<Map<string, Resource>>;
  /** Creates a resource unless one is found by the condition. */
  createOnce(type: string, resource: Resource, condition: string): Promise<{ resource: unknown; isNew: boolean }>;
  /** Replaces a resource unless somebody else changed it since it was read. */
  replace(resource: Stored): Promise<void>;
  close(): Promise<void>;
}

/** A resource with what is needed to replace it. */
export interface Stored extends Resource {
  id: string;
  meta?: { versionId?: string };
}

const FHIR_JSON = 'application/fhir+json';
const IDS_IN_ONE_SEARCH = 50;
const MOST_FOUND = 10_000;

export function createFhirClient(settings: FhirSettings, { clock, ...wire }: AdapterDeps): FhirClient {
  const { baseUrl, tokenUrl, timeoutMs, connections } = settings;
  const http = createVendorHttp({ adapter: 'fhir-r4', baseUrl, timeoutMs, connections, ...wire });
  const tokenHttp = createVendorHttp({ adapter: 'fhir-r4-sign-on', baseUrl: new URL(tokenUrl).origin, timeoutMs, connections: 1, ...wire });
  const signOn = createSignOn(settings, tokenHttp, clock);

  /** A token may have died before its time, with a restart of the vendor: then once more with a new one. */
  async function exchange<T>(request: VendorRequest, read: (answer: VendorAnswer) => T): Promise<T> {
    for (const isLast of [false, true]) {
      const token = await signOn.token();
      const answer = await http.exchange({ ...request, headers: { accept: FHIR_JSON, ...request.headers, authorization: `Bearer ${token}` } },
        (answered) => (answered.status === 401 ? undefined : { value: read(judged(answered)) }));
      if (answer) return answer.value;
      signOn.forget(token);
      if (isLast) break;
    }
    throw new ApiError('unavailable', 'The EHR does not take the token that it gave us.', { code: 'vendor-sign-on-failed' });
  }

  async function page(path: string): Promise<Page | undefined> {
    // Strict: a parameter that the server does not know would otherwise be left out and everything found.
    return exchange({ method: 'GET', path, headers: { prefer: 'handling=strict' } }, (answer) => {
      if (answer.status === 404 || answer.status === 410) return undefined;
      requireOk(answer);
      return pageOf(fitting(BundleShape, json(answer)));
    });
  }

  async function search(type: string, parameters: Record<string, string>): Promise<Page> {
    const found = await page(`/${type}?${new URLSearchParams(parameters)}`);
    if (!found) throw new ApiError('not-supported', `The EHR does not search for ${type}.`, { code: 'vendor-lacks-search' });
    return found;
  }

  /** The vendor's own address, whatever the link says: our token must not go anywhere else. */
  function pathOf(link: string): string {
    const base = baseUrl.replace(/\/$/, '');
    const url = new URL(link, `${base}/`);
    if (!url.href.startsWith(`${base}/`) && !url.href.startsWith(`${base}?`)) throw invalidAnswer('The next page that the EHR names is not one of its own.');
    return url.href.slice(base.length);
  }

  return {
    search,
    follow: (next) => page(pathOf(next)),

    async read(type, id) {
      return exchange({ method: 'GET', path: `/${type}/${encodeURIComponent(id)}` }, (answer) => {
        if (answer.status === 404 || answer.status === 410) return undefined;
        requireOk(answer);
        return json(answer) as Resource;
      });
    },

    async searchAll(type, parameters) {
      const found: Resource[] = [];
      let answered: Page | undefined = await search(type, { ...parameters, _count: '200' });
      while (answered) {
        found.push(...answered.matches);
        if (answered.next === undefined) return found;
        if (found.length > MOST_FOUND) throw new ApiError('upstream-broken', `The EHR finds too much for one search of ${type}.`, { code: 'answer-too-large' });
        answered = await page(pathOf(answered.next));
      }
      throw new ApiError('unavailable', 'The EHR did not keep its list until it was read.', { code: 'vendor-page-expired' });
    },

    async readMany(type, ids) {
      const wanted = [...new Set(ids)];
      const found = new Map<string, Resource>();
      for (let from = 0; from < wanted.length; from += IDS_IN_ONE_SEARCH) {
        const some = wanted.slice(from, from + IDS_IN_ONE_SEARCH);
        let answered: Page | undefined = await search(type, { _id: some.join(','), _count: String(some.length) });
        while (answered) {
          for (const each of answered.matches) if (typeof each['id'] === 'string') found.set(each['id'], each);
          answered = answered.next === undefined ? undefined : await page(pathOf(answered.next));
        }
      }
      return found;
    },

    async createOnce(type, resource, condition) {
      const request: VendorRequest = {
        method: 'POST', path: `/${type}`, body: JSON.stringify(resource),
        headers: { 'content-type': FHIR_JSON, 'if-none-exist': condition, prefer: 'return=representation' },
      };
      return exchange(request, (answer) => {
        if (answer.status === 409) throw new ApiError('unavailable', 'The EHR was writing the same document.', { code: 'vendor-busy', retryAfterMs: 250 });
        if (answer.status === 412) throw new ApiError('conflict', 'The EHR has more than one such document.', { code: 'ambiguous-reference' });
        if (answer.status === 400 || answer.status === 422) throw new ApiError('refused', `The EHR refuses this ${type}.`, { code: 'vendor-refused' });
        requireOk(answer);
        return { resource: json(answer), isNew: answer.status === 201 };
      });
    },

    async replace(resource) {
      const { resourceType, id, meta } = resource;
      const request: VendorRequest = {
        method: 'PUT', path: `/${resourceType}/${encodeURIComponent(id)}`, body: JSON.stringify(resource),
        headers: { 'content-type': FHIR_JSON, prefer: 'return=minimal', ...(meta?.versionId === undefined ? {} : { 'if-match': `W/"${meta.versionId}"` }) },
      };
      await exchange(request, (answer) => {
        if (answer.status === 409 || answer.status === 412) throw new ApiError('unavailable', `Somebody else changed this ${resourceType} in the EHR.`, { code: 'vendor-busy', retryAfterMs: 250 });
        if (answer.status === 400 || answer.status === 422) throw new ApiError('refused', `The EHR refuses this ${resourceType}.`, { code: 'vendor-refused' });
        requireOk(answer);
      });
    },

    async close() {
      await http.close();
      await tokenHttp.close();
    },
  };
}

/**
 * A value of a system, as a search takes it.
 *
 * @source https://hl7.org/fhir/R4/search.html#escaping
 */
export function searchToken(system: string, value: string): string {
  return `${system}|${value.replaceAll(/[\\,$|]/g, (character) => `\\${character}`)}`;
}

/** Failures that mean the same whatever was asked. */
function judged(answer: VendorAnswer): VendorAnswer {
  if (answer.status === 403) throw new ApiError('unavailable', 'The EHR does not allow this to our client.', { code: 'vendor-permission-missing' });
  if (answer.status === 408) throw new ApiError('upstream-timeout', 'The EHR did not finish in time.', { code: 'vendor-timeout' });
  if (answer.status >= 500) throw new ApiError('unavailable', 'The EHR failed.', { code: 'vendor-failed' });
  return answer;
}

function requireOk({ status }: VendorAnswer): void {
  if (status !== 200 && status !== 201) throw new ApiError('upstream-broken', `The EHR answered with status ${status}.`, { code: 'vendor-refused-request' });
}

function json({ text }: VendorAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's message quotes the answer, so that it must not be kept as the cause.
    throw invalidAnswer('The EHR did not answer JSON.', cause instanceof SyntaxError ? undefined : cause);
  }
}

function pageOf(bundle: NonNullable<typeof BundleShape.of>): Page {
  const entries = bundle.entry ?? [];
  // Without a mode an entry is a match; what informs about the search itself is neither.
  const ofMode = (mode: string) => entries.filter((each) => (each.search?.mode ?? 'match') === mode).flatMap((each) => (each.resource ? [each.resource as Resource] : []));
  const next = bundle.link?.find((each) => each.relation === 'next')?.url;
  return { matches: ofMode('match'), included: ofMode('include'), ...(next === undefined ? {} : { next }) };
}
