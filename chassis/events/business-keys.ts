import type { EventSchemaDocument } from './event-schemas.ts';

/** Where a business key stands in the data of an event: names of properties, `*` for every item of a list. */
export interface KeyPlace {
  kind: string;
  path: readonly string[];
}

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  'x-business-key'?: string;
  'x-data-class'?: string;
}

/** The kind of values that name their own kind, as `kind:value`. */
const SELF_NAMED = '*';

/** The kind of the id of a life, by which the life finds what it announced before it had any other key of its own. */
export const LIFE = 'life';

/** What one event may be found by is bounded, so that a list of hundreds of lines does not become hundreds of index entries. */
const MOST_KEYS = 32;
const LONGEST_KEY = 200;

export function keyPlaces(document: EventSchemaDocument, type: string): KeyPlace[] {
  return placesIn(document, type).map(({ kind, path }) => ({ kind, path }));
}

/** Everything that is wrong with the business keys of events, each with the place. */
export function mistakesInKeys(document: EventSchemaDocument): string[] {
  return Object.keys(document.messages).flatMap((type) => {
    const places = placesIn(document, type);
    if (places.length === 0) return [`${type}: has no property marked x-business-key, so that nobody finds its events`];
    return places.flatMap(({ kind, path, dataClass }) => [
      ...(kind === SELF_NAMED || /^[a-z][a-z0-9-]*$/.test(kind) ? [] : [`${type}/${path.join('/')}: the business key ${kind} is no name in kebab-case`]),
      // Keys are kept for longer than the data, are shown to operators, and stand in indexes.
      ...(dataClass === 'phi' || dataClass === 'pii' ? [`${type}/${path.join('/')}: what is known of a person is no business key`] : []),
    ]);
  });
}

/** Business keys in the data of an event, each as `kind:value`, the outer ones first. */
export function keyReader(places: readonly KeyPlace[]): (data: unknown) => string[] {
  const outerFirst = places.toSorted((left, right) => left.path.length - right.path.length);
  return (data) => {
    const keys = new Set<string>();
    for (const { kind, path } of outerFirst) collect(data, path, 0, kind, keys);
    return [...keys];
  };
}

/** As it is written in lists of keys and asked for. */
export function keyOf(kind: string, value: string): string {
  return `${kind}:${value}`;
}

function collect(value: unknown, path: readonly string[], at: number, kind: string, keys: Set<string>): void {
  if (value === undefined || value === null || keys.size >= MOST_KEYS) return;
  const name = path[at];
  if (name === undefined) {
    if (typeof value !== 'string' && typeof value !== 'number') return;
    const key = kind === SELF_NAMED ? String(value) : keyOf(kind, String(value));
    if (key.length <= LONGEST_KEY) keys.add(key);
  } else if (name === '*') {
    if (Array.isArray(value)) for (const each of value) collect(each, path, at + 1, kind, keys);
  } else {
    collect((value as Record<string, unknown>)[name], path, at + 1, kind, keys);
  }
}

type Marked = KeyPlace & { dataClass: string | undefined };

function placesIn(document: EventSchemaDocument, type: string): Marked[] {
  const found: Marked[] = [];
  const visit = (schema: Schema, path: string[], within: readonly string[], above: string | undefined): void => {
    const dataClass = schema['x-data-class'] ?? above;
    const kind = schema['x-business-key'];
    if (kind !== undefined) found.push({ kind, path, dataClass });
    if (schema.$ref !== undefined) {
      // A schema that holds itself would be walked for ever.
      if (within.includes(schema.$ref)) return;
      const target = document.schemas[schema.$ref.replace('#/components/schemas/', '')] as Schema | undefined;
      if (target) visit(target, path, [...within, schema.$ref], dataClass);
    }
    for (const [name, property] of Object.entries(schema.properties ?? {})) visit(property, [...path, name], within, dataClass);
    if (schema.items) visit(schema.items, [...path, '*'], within, dataClass);
    for (const part of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) visit(part, path, within, dataClass);
  };
  visit(document.messages[type] ?? {}, [], [], undefined);
  return found;
}
