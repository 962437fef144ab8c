import { isRecord, valuesAt, type Json, type JsonObject } from './json.ts';
import { SEARCH_PARAMETERS, type SearchType } from './search-parameters.ts';

/** One row of the search index. Which columns are filled depends on the type of the parameter. */
export interface SearchValue {
  parameter: string;
  system: string | null;
  value: string | null;
  from: string | null;
  to: string | null;
}

export interface DateRange {
  from: string;
  /** Exclusive. */
  to: string;
}

const FAR_PAST = '0001-01-01T00:00:00.000Z';
const FAR_FUTURE = '9999-12-31T00:00:00.000Z';

/** What a resource can be found by. */
export function searchValuesOf(resource: JsonObject): SearchValue[] {
  const parameters = SEARCH_PARAMETERS[String(resource.resourceType)] ?? {};
  return Object.entries(parameters).flatMap(([name, parameter]) => {
    const values = parameter.paths.flatMap((path) => valuesAt(resource, path)).flatMap((value) => INDEXERS[parameter.type](value));
    const wanted = parameter.target ? values.filter((each) => each.system === parameter.target) : values;
    return wanted.map((each) => ({ parameter: name, system: null, value: null, from: null, to: null, ...each }));
  });
}

const INDEXERS: Readonly<Record<SearchType, (value: Json) => Partial<SearchValue>[]>> = {
  token: (value) => {
    if (!isRecord(value)) return [{ value: String(value) }];
    if (Array.isArray(value.coding)) return value.coding.flatMap((each) => INDEXERS.token(each));
    const code = value.code ?? value.value;
    return code === undefined ? [] : [{ system: typeof value.system === 'string' ? value.system : null, value: String(code) }];
  },
  string: (value) => stringsIn(value).map((each) => ({ value: normaliseText(each) })),
  date: (value) => {
    if (isRecord(value)) {
      const start = typeof value.start === 'string' ? dateRange(value.start) : undefined;
      const end = typeof value.end === 'string' ? dateRange(value.end) : undefined;
      return [{ from: start?.from ?? FAR_PAST, to: end?.to ?? FAR_FUTURE }];
    }
    return typeof value === 'string' ? [dateRange(value)] : [];
  },
  reference: (value) => {
    if (!isRecord(value) || typeof value.reference !== 'string') return [];
    const [, type, id] = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]+)?$/.exec(value.reference) ?? [];
    return type && id ? [{ system: type, value: id }] : [{ value: value.reference }];
  },
};

function stringsIn(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (!isRecord(value)) return [];
  return ['text', 'family', 'given', 'prefix', 'suffix', 'line', 'city', 'district', 'state', 'postalCode', 'country']
    .flatMap((key) => valuesAt(value, key))
    .filter((each) => typeof each === 'string');
}

/** @source https://hl7.org/fhir/R4/search.html#string (search is insensitive to case and accents) */
export function normaliseText(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** The implicit range of a FHIR date: `2026-03` is all of March. Times without a zone are read as UTC. */
export function dateRange(text: string): DateRange {
  const [date = '', time] = text.split('T');
  const [year = 0, month, day] = date.split('-').map(Number);
  if (time === undefined) {
    const from = utcMidnight(year, month ?? 1, day ?? 1);
    const to = month === undefined ? utcMidnight(year + 1, 1, 1) : day === undefined ? utcMidnight(year, month + 1, 1) : utcMidnight(year, month, day + 1);
    return { from, to };
  }
  const hasZone = /(Z|[+-]\d{2}:\d{2})$/.test(time);
  const start = Date.parse(hasZone ? text : `${text}Z`);
  const fraction = /\.\d+/.test(time);
  const seconds = /^\d{2}:\d{2}:\d{2}/.test(time);
  const lengthMs = fraction ? 1 : seconds ? 1000 : 60_000;
  return { from: new Date(start).toISOString(), to: new Date(start + lengthMs).toISOString() };
}

function utcMidnight(year: number, month: number, day: number): string {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.toISOString();
}
