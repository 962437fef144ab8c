import type { Database } from '../database.ts';
import { AdfError } from './errors.ts';
import { parseQuery, typeOf } from './query.ts';
import type { Attributes } from './query.ts';

/** A resource that can be read: a view, its key, and the children below it. */
export interface Resource {
  view: string;
  key: string;
  /** Attribute of the parent's key in this view; the parent's own name for it when absent. */
  parent?: string;
  /** Keys in paths are opaque and only found in links, as Oracle does for composite keys. */
  opaqueKeys?: boolean;
  finders?: Readonly<Record<string, Finder>>;
  children?: Readonly<Record<string, Resource>>;
}

export interface Finder {
  /** Variable of the finder to attribute of the resource. */
  variables: Readonly<Record<string, string>>;
  /** Condition that the finder adds by itself, as in q. */
  always?: string;
}

export interface Place {
  resource: Resource;
  name: string;
  /** Path of the collection, without query. */
  path: string;
  /** Attribute and value that tie a child to its parent. */
  within?: { attribute: string; key: string };
}

export type Item = Record<string, unknown>;

export interface Catalog {
  collection(place: Place, search: URLSearchParams): Promise<object>;
  item(place: Place, key: string, search: URLSearchParams, database?: Database): Promise<Item>;
  /** The path key of an item: its number, or the opaque form of it. */
  pathKey(resource: Resource, item: Item): string;
  /** The number behind a path key. @throws AdfError 404 */
  keyOf(resource: Resource, pathKey: string): string;
}

const DEFAULT_LIMIT = 25;
/** Oracle's supplier guide: at most 500 per batch. */
const MAXIMUM_LIMIT = 500;
const OPAQUE_PREFIX = '00020000000EACED00057708000110F0';

export async function openCatalog(database: Database, origin: () => string): Promise<Catalog> {
  const columns = await database.rows<{ view: string; name: string; type: string }>(`
    select table_name as view, column_name as name, data_type as type from information_schema.columns
    where table_schema = 'erp' and table_name like 'adf\\_%' order by table_name, ordinal_position`);
  const views = new Map<string, Map<string, string>>();
  for (const { view, name, type } of columns) {
    const attributes = views.get(view) ?? new Map<string, string>();
    views.set(view, attributes.set(name, type));
  }
  const attributesOf = (resource: Resource): Attributes => views.get(resource.view) ?? new Map();

  const pathKey = (resource: Resource, item: Item): string => {
    const key = String(item[resource.key]);
    return resource.opaqueKeys ? OPAQUE_PREFIX + BigInt(key).toString(16).toUpperCase().padStart(16, '0') : encodeURIComponent(key);
  };
  const keyOf = (resource: Resource, text: string): string => {
    const notFound = new AdfError(404, 'Not Found');
    const key = decodeURIComponent(text);
    if (resource.opaqueKeys) {
      if (!key.startsWith(OPAQUE_PREFIX) || !/^[0-9A-F]{48}$/.test(key)) throw notFound;
      return BigInt(`0x${key.slice(OPAQUE_PREFIX.length)}`).toString();
    }
    const type = attributesOf(resource).get(resource.key);
    if ((type === 'bigint' || type === 'integer') && !/^\d{1,18}$/.test(key)) throw notFound;
    return key;
  };

  /** Attributes asked for, and children to nest, from `fields` or `expand`. Oracle lets `fields` win over `expand`. */
  const selection = (resource: Resource, search: URLSearchParams) => {
    const wanted = search.get('fields');
    if (wanted === null) {
      const expand = search.get('expand');
      return { attributes: undefined, children: expand === null || expand === '' ? [] : expand.split(',').map((each) => each.trim()) };
    }
    const parts = wanted.split(/[,;]/).map((each) => each.trim()).filter((each) => each !== '');
    const attributes = parts.filter((each) => !each.includes(':'));
    for (const name of attributes) {
      if (!attributesOf(resource).has(name)) throw new AdfError(400, `URL request parameter fields cannot be used in this context: attribute ${name} is not found.`, 'JBO-25058', 'fields');
    }
    return { attributes, children: parts.filter((each) => each.includes(':')).map((each) => each.split(':')[0]!) };
  };

  /** Select list with children as nested JSON arrays, so that any depth is one statement. */
  const selectList = (resource: Resource, alias: string, children: readonly string[]): string => {
    const nested = Object.entries(resource.children ?? {}).flatMap(([name, child]) => {
      const all = children.includes('all');
      const below = children.filter((each) => each.startsWith(`${name}.`)).map((each) => each.slice(name.length + 1));
      if (!all && below.length === 0 && !children.includes(name)) return [];
      const inner = `${alias}_${name.toLowerCase()}`;
      return [`(select coalesce(json_agg(row_to_json(x)), '[]') from (
        select ${selectList(child, inner, all ? ['all'] : below)} from ${child.view} ${inner}
        where ${inner}."${child.parent ?? resource.key}" = ${alias}."${resource.key}" order by ${inner}."${child.key}") x) as "${name}"`];
    });
    const unknown = children.find((each) => each !== 'all' && !resource.children?.[each.split('.')[0]!]);
    if (unknown !== undefined) throw new AdfError(400, `URL request parameter expand cannot be used in this context: ${unknown} is not found.`, 'JBO-25058', 'expand');
    return [`${alias}.*`, ...nested].join(', ');
  };

  const dress = (place: Place, item: Item, search: URLSearchParams): Item => {
    const { attributes, children } = selection(place.resource, search);
    const href = `${origin()}${place.path}/${pathKey(place.resource, item)}`;
    const shown = attributes ? Object.fromEntries(Object.entries(item).filter(([name]) => attributes.includes(name) || children.some((child) => child.split('.')[0] === name))) : item;
    if (search.get('onlyData') === 'true') return shown;
    return {
      ...shown,
      links: [
        { rel: 'self', href, name: place.name, kind: 'item' },
        { rel: 'canonical', href, name: place.name, kind: 'item' },
        ...Object.keys(place.resource.children ?? {}).map((name) => ({ rel: 'child', href: `${href}/child/${name}`, name, kind: 'collection' })),
      ],
    };
  };

  return {
    pathKey,
    keyOf,
    async collection(place, search) {
      const { resource } = place;
      const limit = Math.min(whole(search, 'limit', DEFAULT_LIMIT), MAXIMUM_LIMIT);
      const offset = whole(search, 'offset', 0);
      const attributes = attributesOf(resource);
      const where = conditions(place, search, attributes);
      const order = orderBy(search.get('orderBy'), resource, attributes);
      const from = where.values.length;
      const rows = await database.rows<{ item: Item }>(
        `select row_to_json(r) as item from (select ${selectList(resource, 'v', selection(resource, search).children)} from ${resource.view} v
         where ${where.text} order by ${order} limit $${from + 1} offset $${from + 2}) r`,
        [...where.values, limit + 1, offset]);
      const items = rows.slice(0, limit).map(({ item }) => dress(place, item, search));
      const total = search.get('totalResults') === 'true'
        ? await database.rows<{ count: string }>(`select count(*)::text as count from ${resource.view} where ${where.text}`, where.values)
        : [];
      const href = `${origin()}${place.path}`;
      return {
        items,
        ...(total[0] ? { totalResults: Number(total[0].count) } : {}),
        count: items.length,
        hasMore: rows.length > limit,
        limit,
        offset,
        links: [{ rel: 'self', href, name: place.name, kind: 'collection' }],
      };
    },
    async item(place, key, search, within = database) {
      const { resource } = place;
      const type = attributesOf(resource).get(resource.key) ?? 'text';
      const tie = place.within ? ` and "${place.within.attribute}"::text = $2` : '';
      const rows = await within.rows<{ item: Item }>(
        `select row_to_json(r) as item from (select ${selectList(resource, 'v', selection(resource, search).children)} from ${resource.view} v where "${resource.key}" = $1::${type}${tie}) r`,
        place.within ? [key, place.within.key] : [key]);
      if (!rows[0]) throw new AdfError(404, 'Not Found');
      return dress(place, rows[0].item, search);
    },
  };
}

function conditions(place: Place, search: URLSearchParams, attributes: Attributes): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const parts: string[] = [];
  const add = (q: string) => {
    const condition = parseQuery(q, attributes, values.length);
    parts.push(`(${condition.text})`);
    values.push(...condition.values);
  };
  if (place.within) {
    values.push(place.within.key);
    parts.push(`"${place.within.attribute}"::text = $1`);
  }
  const finder = search.get('finder');
  if (finder !== null) {
    const [name = '', variables = ''] = split(finder, ';');
    const known = place.resource.finders?.[name];
    if (!known) throw new AdfError(400, `The finder ${name} is not found.`, 'JBO-25058', 'finder');
    for (const pair of variables.split(/[,;]/).filter((each) => each !== '')) {
      const [variable = '', value = ''] = split(pair, '=');
      const attribute = known.variables[variable];
      if (attribute === undefined) throw new AdfError(400, `The finder variable ${variable} is not found.`, 'JBO-25058', 'finder');
      add(`${attribute}=${value}`);
    }
    if (known.always !== undefined) add(known.always);
  }
  const q = search.get('q');
  if (q !== null && q.trim() !== '') add(q);
  return { text: parts.join(' and ') || 'true', values };
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function orderBy(text: string | null, resource: Resource, attributes: Attributes): string {
  const asked = (text ?? '').split(',').filter((each) => each !== '').map((each) => {
    const [name, direction] = split(each.trim(), ':');
    typeOf(name, attributes);
    return `"${name}"${direction.toLowerCase() === 'desc' ? ' desc' : ''}`;
  });
  return [...asked, `"${resource.key}"`].join(', ');
}

function whole(search: URLSearchParams, name: string, otherwise: number): number {
  const text = search.get(name);
  if (text === null) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new AdfError(400, `The value ${text} for URL request parameter ${name} is not valid.`, undefined, name);
  return Number(text);
}
