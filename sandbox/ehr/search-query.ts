import { FhirError, issue, unknownParameter, type Issue } from './operation-outcome.ts';
import { SEARCH_PARAMETERS, type SearchParameter } from './search-parameters.ts';
import { dateRange, normaliseText } from './search-values.ts';

/** A search as SQL over `ehr.resource r`: conditions and order with their parameters, of which $1 is the type. */
export interface SearchPlan {
  type: string;
  where: string;
  order: string;
  values: unknown[];
  count: number;
  isSummaryCount: boolean;
  includes: readonly Include[];
  notes: readonly Issue[];
}
export interface Include {
  parameter: string;
  target: string | undefined;
}

export const DEFAULT_COUNT = 50;
export const MAXIMUM_COUNT = 200;
const CONTROLS = new Set(['_count', '_sort', '_include', '_summary', '_format', '_pretty', '_total']);

/**
 * Reads a query string into a plan.
 *
 * @param isStrict `Prefer: handling=strict`: an unknown parameter is refused instead of being ignored with a note
 * @throws FhirError 400
 */
export function planSearch(type: string, query: URLSearchParams, isStrict = false): SearchPlan {
  const values: unknown[] = [type];
  const place = (value: unknown) => `$${values.push(value)}`;
  const conditions = ['r.type = $1', 'not r.deleted'];
  const notes: Issue[] = [];
  for (const [key, text] of query) {
    if (CONTROLS.has(key)) continue;
    const condition = conditionOf(type, key, text, place);
    if (condition) conditions.push(condition);
    else if (isStrict) throw new FhirError(400, issue('not-supported', `Unknown search parameter '${key}'`));
    else notes.push(unknownParameter(key));
  }
  const summary = query.get('_summary');
  if (summary !== null && !['count', 'false'].includes(summary)) throw new FhirError(400, issue('not-supported', `_summary=${summary} is not supported`));
  const count = countOf(query.get('_count'));
  return {
    type,
    where: conditions.join(' and '),
    order: orderOf(type, query.get('_sort'), place),
    values,
    count,
    isSummaryCount: summary === 'count' || count === 0,
    includes: query.getAll('_include').map((text) => includeOf(type, text)),
    notes,
  };
}

function conditionOf(type: string, key: string, text: string, place: (value: unknown) => string): string | undefined {
  const [name = '', modifier] = key.split(':');
  if (name.includes('.')) throw new FhirError(400, issue('not-supported', `Chained search parameters are not supported: '${key}'`));
  const choices = splitUnescaped(text, ',').filter((each) => each !== '');
  if (name === '_id') return `r.id = any(${place(choices)}::text[])`;
  if (name === '_lastUpdated') return anyOf(choices.map((each) => dateCondition(each, 'r.last_updated', `r.last_updated + interval '1 ms'`, place)));
  const parameter = SEARCH_PARAMETERS[type]?.[name];
  if (!parameter) return undefined;
  if (modifier === 'missing') {
    return `${text === 'true' ? 'not ' : ''}exists (select from ehr.search_value s where s.type = $1 and s.id = r.id and s.parameter = ${place(name)})`;
  }
  if (choices.length === 0) throw new FhirError(400, issue('invalid', `The search parameter '${name}' has no value`));
  const matches = anyOf(choices.map((each) => matchOf(parameter, name, modifier, each, place)));
  // An in-list lets the planner start from the index of values, which an exists over every resource does not.
  const found = `select s.id from ehr.search_value s where s.type = $1 and s.parameter = ${place(name)} and ${matches}`;
  return `r.id ${modifier === 'not' ? 'not ' : ''}in (${found})`;
}

function matchOf(parameter: SearchParameter, name: string, modifier: string | undefined, text: string, place: (value: unknown) => string): string {
  const refuse = () => new FhirError(400, issue('not-supported', `The modifier ':${modifier}' is not supported for '${name}'`));
  switch (parameter.type) {
    case 'token': {
      if (modifier !== undefined && modifier !== 'not') throw refuse();
      const parts = splitUnescaped(text, '|');
      if (parts.length === 1) return `s.value = ${place(parts[0])}`;
      const [system, code] = parts;
      return [system === '' ? 's.system is null' : `s.system = ${place(system)}`, ...(code ? [`s.value = ${place(code)}`] : [])].join(' and ');
    }
    case 'string': {
      const wanted = normaliseText(text);
      if (modifier === 'exact') return `s.value = ${place(wanted)}`;
      if (modifier !== undefined && modifier !== 'contains') throw refuse();
      return `s.value like ${place(`${modifier === 'contains' ? '%' : ''}${wanted.replace(/[\\%_]/g, '\\$&')}%`)}`;
    }
    case 'date':
      if (modifier !== undefined) throw refuse();
      return dateCondition(text, 's.date_from', 's.date_to', place);
    case 'reference': {
      const [, type = modifier, id] = /(?:^|\/)(?:([A-Z][A-Za-z]+)\/)?([A-Za-z0-9\-.]{1,64})$/.exec(text) ?? [];
      if (!id) throw new FhirError(400, issue('invalid', `'${text}' is not a reference`));
      return type ? `s.system = ${place(type)} and s.value = ${place(id)}` : `s.value = ${place(id)}`;
    }
  }
}

/**
 * Comparisons are between the range searched for and the range found. `ge` and `le` also take a range that only overlaps,
 * as servers in use do; by the letter of R4 a stay that ends on that day would not match.
 *
 * @source https://hl7.org/fhir/R4/search.html#prefix
 */
function dateCondition(text: string, from: string, to: string, place: (value: unknown) => string): string {
  const [, prefix = 'eq', date = ''] = /^([a-z]{2})?(.*)$/.exec(text) ?? [];
  if (!/^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/.test(date) || Number.isNaN(Date.parse(date))) {
    throw new FhirError(400, issue('invalid', `'${text}' is not a date`));
  }
  const range = dateRange(date);
  const start = () => `${place(range.from)}::timestamptz`;
  const end = () => `${place(range.to)}::timestamptz`;
  const within = () => `(${from} >= ${start()} and ${to} <= ${end()})`;
  switch (prefix) {
    case 'eq': return within();
    case 'ne': return `not ${within()}`;
    case 'gt': return `${to} > ${end()}`;
    case 'lt': return `${from} < ${start()}`;
    case 'ge': return `${to} > ${start()}`;
    case 'le': return `${from} < ${end()}`;
    case 'sa': return `${from} >= ${end()}`;
    case 'eb': return `${to} <= ${start()}`;
    default: throw new FhirError(400, issue('not-supported', `The prefix '${prefix}' is not supported`));
  }
}

function orderOf(type: string, sort: string | null, place: (value: unknown) => string): string {
  const keys = (sort ?? '').split(',').filter((each) => each !== '').map((each) => {
    const name = each.replace(/^-/, '');
    return `${orderKey(type, name, place)} ${each.startsWith('-') ? 'desc' : 'asc'} nulls last`;
  });
  return [...keys, 'r.sequence asc'].join(', ');
}

function orderKey(type: string, name: string, place: (value: unknown) => string): string {
  if (name === '_lastUpdated') return 'r.last_updated';
  if (name === '_id') return 'r.id';
  const parameter = SEARCH_PARAMETERS[type]?.[name];
  if (!parameter) throw new FhirError(400, issue('not-supported', `Cannot sort by '${name}'`));
  const column = parameter.type === 'date' ? 'date_from' : 'value';
  return `(select min(s.${column}) from ehr.search_value s where s.type = $1 and s.id = r.id and s.parameter = ${place(name)})`;
}

function includeOf(type: string, text: string): Include {
  const [source, parameter = '', target] = text.split(':');
  if (source !== type || SEARCH_PARAMETERS[type]?.[parameter]?.type !== 'reference') throw new FhirError(400, issue('not-supported', `Cannot include '${text}'`));
  return { parameter, target };
}

function countOf(text: string | null): number {
  if (text === null) return DEFAULT_COUNT;
  if (!/^\d{1,9}$/.test(text)) throw new FhirError(400, issue('invalid', `_count must be a whole number, not '${text}'`));
  return Math.min(Number(text), MAXIMUM_COUNT);
}

/** @source https://hl7.org/fhir/R4/search.html#escaping */
function splitUnescaped(text: string, separator: string): string[] {
  const parts = [''];
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '\\' && index + 1 < text.length) parts[parts.length - 1] += keepEscape(text.charAt(++index), separator);
    else if (character === separator) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function keepEscape(character: string, separator: string): string {
  return character === separator || (separator === '|' && ',\\$'.includes(character)) ? character : `\\${character}`;
}

function anyOf(conditions: readonly string[]): string {
  return conditions.length === 1 ? conditions[0] ?? 'false' : `(${conditions.map((each) => `(${each})`).join(' or ')})`;
}
