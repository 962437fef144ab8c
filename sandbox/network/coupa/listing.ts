import { badRequest } from './errors.ts';

/** Coupa's default and its cap. */
export const PAGE_SIZE = 50;

export interface Field {
  sql: string;
  type: 'integer' | 'text' | 'boolean' | 'decimal' | 'day' | 'moment';
}

export interface Listing {
  where: string;
  order: string;
  limit: number;
  offset: number;
  values: unknown[];
}

const COMPARISONS: Record<string, string> = {
  gt: '>',
  lt: '<',
  gt_or_eq: '>=',
  lt_or_eq: '<=',
  not_eq: '<>',
};

const PATTERNS: Record<Field['type'], RegExp> = {
  integer: /^\d{1,9}$/,
  // No NUL: PostgreSQL has no such character.
  text: /^[^\0]{0,255}$/,
  boolean: /^(true|false)$/,
  decimal: /^-?\d{1,20}(\.\d{1,6})?$/,
  day: /^\d{4}-\d{2}-\d{2}$/,
  moment: /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/,
};

/**
 * Turns `status=issued&updated-at[gt]=…&order_by=id&dir=desc&offset=50&limit=50` into SQL. There is neither a total nor
 * a next link: the caller reads until a page is short.
 */
export function readListing(query: Record<string, unknown>, fields: Readonly<Record<string, Field>>): Listing {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions: string[] = [];
  for (const [key, value] of Object.entries(query)) {
    if (['limit', 'offset', 'order_by', 'dir'].includes(key)) continue;
    if (typeof value !== 'string') throw badRequest(key, 'may be given only once');
    conditions.push(condition(key, value, fields, bind));
  }
  return {
    where: conditions.length === 0 ? 'true' : conditions.join(' and '),
    order: readOrder(query, fields),
    limit: Math.min(readCount(query, 'limit', PAGE_SIZE), PAGE_SIZE),
    offset: readCount(query, 'offset', 0),
    values,
  };
}

function condition(
  key: string,
  value: string,
  fields: Readonly<Record<string, Field>>,
  bind: (value: unknown) => string,
): string {
  const exact = fields[key];
  if (exact) return compare(exact, '=', key, value, bind);
  const [, name, operator] = /^(.+)\[([a-z_]+)\]$/.exec(key) ?? [];
  const field = name === undefined ? undefined : fields[name];
  if (!field || operator === undefined) throw badRequest(key, 'is not a valid query parameter');
  if (operator === 'in') {
    const each = value.split(',').map((part) => compare(field, '=', key, part, bind));
    return `(${each.join(' or ')})`;
  }
  const comparison = COMPARISONS[operator];
  if (comparison === undefined) throw badRequest(key, 'is not a valid query operator');
  return compare(field, comparison, key, value, bind);
}

function compare(
  field: Field,
  comparison: string,
  key: string,
  value: string,
  bind: (value: unknown) => string,
): string {
  if (!PATTERNS[field.type].test(value)) throw badRequest(key, 'is invalid');
  // Written out, so that the partial index on what is not exported yet can serve it.
  if (field.type === 'boolean') return (value === 'true') === (comparison === '=') ? field.sql : `not ${field.sql}`;
  if (field.type === 'text') return `${field.sql} ${comparison} ${bind(value)}`;
  // Coupa shows moments by the second and compares them so: two changes within a second cannot be told apart.
  if (field.type === 'moment') {
    if (Number.isNaN(Date.parse(value))) throw badRequest(key, 'is invalid');
    return `date_trunc('second', ${field.sql}) ${comparison} ${bind(new Date(value))}`;
  }
  const cast = { integer: 'int', decimal: 'numeric', day: 'date' }[field.type];
  return `${field.sql} ${comparison} ${bind(value)}::${cast}`;
}

function readOrder(query: Record<string, unknown>, fields: Readonly<Record<string, Field>>): string {
  const name = query['order_by'] ?? 'id';
  const direction = query['dir'] ?? 'asc';
  if (direction !== 'asc' && direction !== 'desc') throw badRequest('dir', 'must be asc or desc');
  const field = typeof name === 'string' ? (fields[name] ?? fields[name.replaceAll('_', '-')]) : undefined;
  const id = fields['id'];
  if (!field || !id) throw badRequest('order_by', 'is not a valid attribute');
  return field === id ? `${id.sql} ${direction}` : `${field.sql} ${direction}, ${id.sql} ${direction}`;
}

function readCount(query: Record<string, unknown>, name: string, otherwise: number): number {
  const value = query[name];
  if (value === undefined) return otherwise;
  if (typeof value !== 'string' || !/^\d{1,9}$/.test(value)) throw badRequest(name, 'must be a whole number, 0 or more');
  return Number(value);
}
