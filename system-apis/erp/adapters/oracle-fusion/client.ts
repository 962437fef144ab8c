import type { WireDeps } from '#chassis/adapters/adapter.ts';
import { createVendorHttp, type VendorAnswer, type VendorHttp, type VendorRequest } from '#chassis/http/vendor-http.ts';
import { failureOf } from './errors.ts';
import { readJson } from './exact-json.ts';
import { oneOfIds, textOf, type Condition } from './query.ts';
import { brokenAnswer, itemOf, pageOf, type Row, type Shape, type VendorPage } from './record.ts';
import type { FusionSettings } from './settings.ts';

export interface Search {
  where?: readonly Condition[];
  /** Children to nest, such as `lines.schedules`. */
  expand?: string;
  fields?: string;
  orderBy?: string;
  finder?: string;
  /** With the links to each row, whose keys may be opaque. */
  links?: boolean;
  limit?: number;
  offset?: number;
}

/** The most that the vendor gives at once. @source Oracle Fusion Cloud supplier REST guide: 500 per batch */
const LARGEST_PAGE = 500;
/** A list that goes on for longer is a mistake of the question. */
const MOST_PAGES = 200;

/** More numbers would make the address longer than a front lets through. */
const LONGEST_LIST = 200;

/** Money and goods, and people: two applications of one pod. */
export type Application = 'fscmRestApi' | 'hcmRestApi';

const VERSION = '11.13.18.05';

/** Speaks Oracle Fusion REST: sign-on, content types, paging, checked answers, failures of our kinds. */
export class FusionClient {
  readonly #http: VendorHttp;
  readonly #headers: Record<string, string>;

  constructor({ baseUrl, user, password, timeoutMs, connections }: FusionSettings, wire: WireDeps, application: Application = 'fscmRestApi') {
    this.#http = createVendorHttp({ adapter: 'oracle-fusion', baseUrl: `${baseUrl.replace(/\/$/, '')}/${application}/resources/${VERSION}`, timeoutMs, connections, ...wire });
    // Version 2 answers errors as JSON and nested children as plain lists.
    this.#headers = { 'authorization': `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`, 'rest-framework-version': '2', 'accept': 'application/json' };
  }

  /** `last` is the last row that came, also when it was not meant. */
  async page<S extends Shape>(shape: S, path: string, search: Search): Promise<VendorPage<Row<S>> & { last: Row<S> | undefined }> {
    const answer = await this.#send({ method: 'GET', path: `/${path}?${queryOf(search)}` }, (answered) => pageOf(shape, answered));
    const { where = [] } = search;
    return { hasMore: answer.hasMore, last: answer.items.at(-1), items: answer.items.filter((row) => where.every((condition) => condition.holds(row as object))) };
  }

  /** Every row, page after page. */
  async all<S extends Shape>(shape: S, path: string, search: Search): Promise<Row<S>[]> {
    const rows: Row<S>[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { items, hasMore } = await this.page(shape, path, { ...search, limit: LARGEST_PAGE, offset: page * LARGEST_PAGE });
      rows.push(...items);
      if (!hasMore) return rows;
    }
    throw brokenAnswer(`${shape.resource} has no end`);
  }

  /** Every row whose number is one of these. */
  async allOf<S extends Shape>(shape: S, path: string, attribute: string, ids: readonly string[]): Promise<Row<S>[]> {
    const chunks = Array.from({ length: Math.ceil(ids.length / LONGEST_LIST) }, (_, index) => ids.slice(index * LONGEST_LIST, (index + 1) * LONGEST_LIST));
    return (await Promise.all(chunks.map((chunk) => this.all(shape, path, { where: [oneOfIds(attribute, chunk)] })))).flat();
  }

  item<S extends Shape>(shape: S, path: string, search: Pick<Search, 'expand' | 'fields'> = {}): Promise<Row<S>> {
    return this.#send({ method: 'GET', path: `/${path}?${queryOf(search)}` }, (answered) => itemOf(shape, answered));
  }

  create<S extends Shape>(shape: S, path: string, body: object, headers: Record<string, string> = {}): Promise<Row<S>> {
    return this.#write('POST', path, body, { ...RECORD, ...headers }, (answered) => itemOf(shape, answered));
  }

  async change(path: string, body: object, headers: Record<string, string> = {}): Promise<void> {
    await this.#write('PATCH', path, body, { ...RECORD, ...headers }, ignored);
  }

  async act(path: string, body: object = {}): Promise<void> {
    await this.#write('POST', path, body, ACTION, ignored);
  }

  async remove(path: string): Promise<void> {
    await this.#send({ method: 'DELETE', path: `/${path}` }, ignored);
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  #write<T>(method: 'POST' | 'PATCH', path: string, body: object, headers: Record<string, string>, read: (answered: unknown) => T): Promise<T> {
    return this.#send({ method, path: `/${path}`, headers, body: JSON.stringify(body) }, read);
  }

  #send<T>(request: VendorRequest, read: (answered: unknown) => T): Promise<T> {
    return this.#http.exchange({ ...request, headers: { ...this.#headers, ...request.headers } }, (answer) => read(answerOf(answer)));
  }
}

const RECORD = { 'content-type': 'application/vnd.oracle.adf.resourceitem+json' };
const ACTION = { 'content-type': 'application/vnd.oracle.adf.action+json' };

function ignored(): void {}

function answerOf({ status, text }: VendorAnswer): unknown {
  if (status < 200 || status > 299) throw failureOf(status, text);
  if (status === 204) return undefined;
  try {
    return readJson(text);
  } catch (cause) {
    throw brokenAnswer('not JSON', cause);
  }
}

function queryOf({ where = [], expand, fields, orderBy, finder, links, limit, offset }: Search): string {
  const parameters: Record<string, string | number | undefined> = {
    q: where.length > 0 ? textOf(where) : undefined, expand, fields, orderBy, finder, limit, offset: offset || undefined, onlyData: links ? undefined : 'true',
  };
  return Object.entries(parameters).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&');
}
