import type { WireDeps } from '#chassis/adapters/adapter.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, type VendorAnswer, type VendorRequest } from '#chassis/http/vendor-http.ts';
import type { ScimSettings } from './settings.ts';
import { fitting, ProviderShape, type ResourcePage, type Shape } from './shapes.ts';

export interface PatchOperation {
  op: 'add' | 'remove' | 'replace';
  path: string;
  value?: unknown;
}

export interface ScimClient {
  page<T>(path: string, shape: Shape<ResourcePage<T>>, query: Record<string, string | number>): Promise<ResourcePage<T>>;
  /** Every resource, page after page. */
  all<T>(path: string, shape: Shape<ResourcePage<T>>, query: Record<string, string | number>): Promise<T[]>;
  read<T>(path: string, shape: Shape<T>): Promise<T>;
  /** False when another resource has what must be unique. */
  create(path: string, resource: object): Promise<boolean>;
  /** By PATCH; where the provider has none the whole resource is written as `changed` makes it. */
  change(path: string, operations: PatchOperation[], changed: (whole: Whole) => object): Promise<void>;
  /** False when there is nothing of that address. */
  remove(path: string): Promise<boolean>;
  close(): Promise<void>;
}

/** A resource with everything in it, also what we do not know. */
export type Whole = Record<string, unknown>;

const SCIM_JSON = 'application/scim+json';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
/** As many as providers give at once without being asked to think about it. */
const PAGE = 100;
/** How often a resource that others change at the same time is read and written again. */
const MOST_TURNS = 5;

/** Text in a filter is JSON text: no quote or backslash in it can end it. @source RFC 7644 section 3.4.2.2 */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Speaks SCIM 2.0 (RFC 7644): filters, paging by index, PATCH or PUT with its version, failures of our kinds. */
export function connectScim({ baseUrl, token, timeoutMs, connections }: ScimSettings, wire: WireDeps): ScimClient {
  const http = createVendorHttp({ adapter: 'scim', baseUrl, timeoutMs, connections, ...wire });
  const headers = { authorization: `Bearer ${token}`, accept: SCIM_JSON };
  let provider: Promise<typeof ProviderShape.of & object> | undefined;

  const get = <T>(path: string, shape: Shape<T>) => http.exchange({ method: 'GET', path, headers }, (answer) => fitting(shape, judged(answer).text));
  const write = <T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body: object, read: (answer: VendorAnswer) => T, more: Record<string, string> = {}) => {
    const request: VendorRequest = { method, path, headers: { ...headers, 'content-type': SCIM_JSON, ...more }, body: JSON.stringify(body) };
    return http.exchange(request, read);
  };

  /** What the provider can do is asked once, and again only when it could not be learnt. */
  function abilities() {
    provider ??= get('/ServiceProviderConfig', ProviderShape);
    provider.catch(() => { provider = undefined; });
    return provider;
  }

  async function page<T>(path: string, shape: Shape<ResourcePage<T>>, query: Record<string, string | number>) {
    return get(`${path}?${Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`, shape);
  }

  async function replace(path: string, changed: (whole: Whole) => object, isVersioned: boolean): Promise<void> {
    for (let turn = 1; turn <= MOST_TURNS; turn += 1) {
      const whole = await http.exchange({ method: 'GET', path, headers }, (answer) => JSON.parse(judged(answer).text) as Whole);
      const version = (whole['meta'] as { version?: string } | undefined)?.version;
      const ifMatch = isVersioned && version !== undefined ? { 'if-match': version } : undefined;
      const isWritten = await write('PUT', path, changed(whole), (answer) => answer.status !== 412 && judged(answer) === answer, ifMatch);
      if (isWritten) return;
    }
    throw new ApiError('unavailable', 'Others change the same entry of the directory all the time.', { code: 'vendor-busy', retryAfterMs: 500 });
  }

  return {
    page,
    async all<T>(path: string, shape: Shape<ResourcePage<T>>, query: Record<string, string | number>) {
      const found: T[] = [];
      for (;;) {
        const { totalResults, Resources = [] }: ResourcePage<T> = await page(path, shape, { ...query, startIndex: found.length + 1, count: PAGE });
        found.push(...Resources);
        if (Resources.length === 0 || found.length >= totalResults) return found;
      }
    },
    read: get,
    create: (path, resource) => write('POST', path, resource, (answer) => answer.status !== 409 && judged(answer) === answer),
    async change(path, operations, changed) {
      const { patch, etag } = await abilities();
      if (patch.supported) await write('PATCH', path, { schemas: [PATCH], Operations: operations }, judged);
      else await replace(path, changed, etag.supported);
    },
    remove: (path) => http.exchange({ method: 'DELETE', path, headers }, (answer) => answer.status !== 404 && judged(answer) === answer),
    close: () => http.close(),
  };
}

/** Failures that mean the same whatever was asked. */
function judged(answer: VendorAnswer): VendorAnswer {
  const { status } = answer;
  if (status >= 200 && status < 300) return answer;
  if (status === 401) throw new ApiError('unavailable', 'The directory does not accept the sign-on of this platform.', { code: 'vendor-sign-on-failed' });
  if (status === 403) throw new ApiError('unavailable', 'The directory does not allow this to this platform.', { code: 'vendor-permission-missing' });
  if (status === 400) throw new ApiError('refused', 'The directory does not take a value of this account.', { code: 'vendor-refused' });
  if (status >= 500) throw new ApiError('unavailable', 'The directory failed.', { code: 'vendor-failed' });
  throw new ApiError('upstream-broken', `The directory answered with status ${status}.`, { code: 'vendor-answer-invalid' });
}
