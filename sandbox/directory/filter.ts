import { type BerReader, SearchFilter } from 'ldapts';
import { comparable, lineageOf, typeOf } from './attributes.ts';
import { LdapRefusal } from './result.ts';

/** @source RFC 4511 section 4.5.1.7 */
export type Filter =
  | { kind: 'and' | 'or'; filters: Filter[] }
  | { kind: 'not'; filter: Filter }
  | { kind: 'equal' | 'atLeast' | 'atMost'; attribute: string; value: string }
  | { kind: 'parts'; attribute: string; pattern: RegExp }
  | { kind: 'present'; attribute: string }
  | { kind: 'unknown' };

/** The library's own reader takes the name of a presence filter from the wrong place. */
export function readFilter(reader: BerReader): Filter {
  const tag = reader.readSequence();
  const end = reader.offset + reader.length;
  const comparison = (kind: 'equal' | 'atLeast' | 'atMost'): Filter => ({ kind, attribute: reader.readString() ?? '', value: reader.readString() ?? '' });
  const all = () => {
    const filters: Filter[] = [];
    while (reader.offset < end) filters.push(readFilter(reader));
    return filters;
  };
  switch (tag) {
    case SearchFilter.and: return { kind: 'and', filters: all() };
    case SearchFilter.or: return { kind: 'or', filters: all() };
    case SearchFilter.not: return { kind: 'not', filter: readFilter(reader) };
    case SearchFilter.equalityMatch:
    case SearchFilter.approxMatch: return comparison('equal');
    case SearchFilter.greaterOrEqual: return comparison('atLeast');
    case SearchFilter.lessOrEqual: return comparison('atMost');
    case SearchFilter.substrings: return { kind: 'parts', attribute: reader.readString() ?? '', pattern: readParts(reader) };
    case SearchFilter.present:
      reader.offset = end;
      return { kind: 'present', attribute: reader.buffer.toString('utf8', end - reader.length, end) };
    case SearchFilter.extensibleMatch:
      reader.offset = end;
      return { kind: 'unknown' };
    default: throw new Error('not a filter of LDAP');
  }
}

/** Blanks at the ends of a part are part of it, unlike those at the ends of a whole value. */
function readParts(reader: BerReader): RegExp {
  reader.readSequence();
  const end = reader.offset + reader.length;
  let pattern = '';
  while (reader.offset < end) {
    // The tag says where in the value: 0x80 at its beginning, 0x82 at its end, 0x81 anywhere between.
    const tag = reader.peek() ?? 0;
    const part = RegExp.escape((reader.readString(tag) ?? '').toLowerCase());
    pattern += tag === 0x80 ? `^${part}` : tag === 0x82 ? `.*${part}$` : `.*${part}`;
  }
  return new RegExp(pattern, 'su');
}

/** Undefined where the question makes no sense to the schema: neither it nor its opposite finds anything. */
type Truth = boolean | undefined;

export function matches(filter: Filter, values: (attribute: string) => readonly string[]): Truth {
  switch (filter.kind) {
    case 'and': return both(filter.filters.map((each) => matches(each, values)));
    case 'or': return not(both(filter.filters.map((each) => not(matches(each, values)))));
    case 'not': return not(matches(filter.filter, values));
    case 'unknown': return undefined;
    default: return matchesOne(filter, values);
  }
}

function matchesOne(filter: Extract<Filter, { attribute: string }>, values: (attribute: string) => readonly string[]): Truth {
  const type = typeOf(filter.attribute);
  if (!type) return undefined;
  const own = values(type.name);
  if (filter.kind === 'present') return own.length > 0;
  // A password is nobody's to look for.
  if (type.syntax === 'secret') return undefined;
  if (filter.kind === 'parts') return type.syntax === undefined || type.syntax === 'ascii' ? own.some((value) => filter.pattern.test(value.toLowerCase())) : undefined;
  if (type.name === 'objectClass') return filter.kind === 'equal' ? own.flatMap(lineageOf).includes(filter.value.toLowerCase()) : undefined;
  // Of all that is kept here, only times have an order.
  if (filter.kind !== 'equal' && type.syntax !== 'time') return undefined;
  const asked = asComparable(() => comparable(type, filter.value));
  if (asked === undefined) return undefined;
  return own.map((value) => comparable(type, value)).some((its) => (filter.kind === 'equal' ? its === asked : filter.kind === 'atLeast' ? its >= asked : its <= asked));
}

function both(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(undefined) ? undefined : true;
}

function not(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}

/** A value that is none of its kind is like nothing. */
function asComparable(make: () => string): string | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof LdapRefusal) return undefined;
    throw error;
  }
}
