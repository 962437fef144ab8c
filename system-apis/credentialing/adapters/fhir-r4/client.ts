import type { AdapterDeps } from '#chassis/adapters/adapter.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, type VendorAnswer } from '#chassis/http/vendor-http.ts';
import type { FhirSettings } from './settings.ts';
import { BundleShape, fitting, invalidAnswer, json, type Shape } from './shapes.ts';
import { createSignOn } from './sign-on.ts';

export interface FhirClient {
  /** Everything that the search finds, page after page. */
  all<T>(shape: Shape<T>, parameters: Record<string, string>): Promise<T[]>;
  /** What stands on the first page. */
  first<T>(shape: Shape<T>, parameters: Record<string, string>): Promise<T[]>;
  close(): Promise<void>;
}

interface Page<T> {
  found: T[];
  next?: string;
}

const MOST_PAGES = 1_000;

/** Searches a FHIR R4 server: sign-on, pages, checked answers, failures of our kinds. The type of a shape is its name. */
export function createFhirClient(settings: FhirSettings, { clock, ...wire }: AdapterDeps): FhirClient {
  const { tokenUrl, timeoutMs, connections } = settings;
  const baseUrl = settings.baseUrl.replace(/\/$/, '');
  const http = createVendorHttp({ adapter: 'fhir-r4', baseUrl, timeoutMs, connections, ...wire });
  const tokenHttp = createVendorHttp({ adapter: 'fhir-r4-sign-on', baseUrl: new URL(tokenUrl).origin, timeoutMs, connections: 1, ...wire });
  const signOn = createSignOn(settings, tokenHttp, clock);

  /** A token may have died before its time, with a restart of the vendor: then once more with a new one. */
  async function page<T>(shape: Shape<T>, path: string): Promise<Page<T>> {
    for (const isLast of [false, true]) {
      const token = await signOn.token();
      // Strict: a parameter that the server does not know would otherwise be left out and everything found.
      const headers = { accept: 'application/fhir+json', prefer: 'handling=strict', authorization: `Bearer ${token}` };
      const answer = await http.exchange({ method: 'GET', path, headers }, (answered) => (answered.status === 401 ? undefined : pageOf(shape, answered)));
      if (answer) return answer;
      signOn.forget(token);
      if (isLast) break;
    }
    throw new ApiError('unavailable', 'Credentialing does not take the token that it gave us.', { code: 'vendor-sign-on-failed' });
  }

  /** The vendor's own address, whatever the link says: our token must not go anywhere else. */
  function pathOf(link: string): string {
    const url = new URL(link, `${baseUrl}/`);
    if (!url.href.startsWith(`${baseUrl}/`) && !url.href.startsWith(`${baseUrl}?`)) throw invalidAnswer('The next page that credentialing names is not one of its own.');
    return url.href.slice(baseUrl.length);
  }

  const begin = <T>(shape: Shape<T>, parameters: Record<string, string>) => page(shape, `/${shape.name}?${new URLSearchParams(parameters)}`);

  return {
    async all(shape, parameters) {
      let { found, next } = await begin(shape, { _count: String(settings.pageSize), ...parameters });
      for (let pages = 1; next !== undefined; pages += 1) {
        if (pages > MOST_PAGES) throw invalidAnswer(`The list of ${shape.name} has no end.`);
        const following: Page<(typeof found)[number]> = await page(shape, pathOf(next));
        found = [...found, ...following.found];
        next = following.next;
      }
      return found;
    },
    first: async (shape, parameters) => (await begin(shape, parameters)).found,
    async close() {
      await http.close();
      await tokenHttp.close();
    },
  };
}

function pageOf<T>(shape: Shape<T>, { status, text }: VendorAnswer): Page<T> {
  if (status === 403) throw new ApiError('unavailable', 'Credentialing does not allow this to our client.', { code: 'vendor-permission-missing' });
  if (status === 408) throw new ApiError('upstream-timeout', 'Credentialing did not finish in time.', { code: 'vendor-timeout' });
  // Links to pages live for a few minutes: the whole list has to be asked for again.
  if (status === 404 || status === 410) throw new ApiError('unavailable', 'Credentialing does not know the page any more.', { code: 'vendor-page-expired', retryAfterMs: 100 });
  if (status >= 500) throw new ApiError('unavailable', 'Credentialing failed.', { code: 'vendor-failed' });
  if (status !== 200) throw new ApiError('upstream-broken', `Credentialing answered with status ${status}.`, { code: 'vendor-refused-request' });
  const { entry = [], link = [] } = fitting(BundleShape, json(text));
  const next = link.find((each) => each.relation === 'next')?.url;
  // Without a mode an entry is a match; what informs about the search itself is none.
  const matches = entry.filter((each) => (each.search?.mode ?? 'match') === 'match' && each.resource !== undefined);
  return { found: matches.map((each) => fitting(shape, each.resource)), ...(next === undefined ? {} : { next }) };
}
