import { AdfError } from './errors.ts';

/** Attribute name to PostgreSQL type, from the columns of the resource's view. */
export type Attributes = ReadonlyMap<string, string>;

export interface Condition {
  /** SQL with $1, $2 ... counted from `from + 1`. */
  text: string;
  values: unknown[];
}

const operators = ['!=', '<>', '<=', '>=', '=', '<', '>'] as const;

/**
 * The subset of the q parameter that integrations use: comparisons, like, in, between conditions `;` or `and`, and `or`
 * between groups. Without parentheses, as in framework version 1 and 2.
 *
 * @throws AdfError 400 for an attribute that the resource does not have, as Oracle answers
 */
export function parseQuery(q: string, attributes: Attributes, from: number): Condition {
  const values: unknown[] = [];
  const groups = split(q, /^\s+or\s+/i).map((group) =>
    split(group, /^(\s*;\s*|\s+and\s+)/i).filter((part) => part.trim() !== '').map((part) => comparison(part.trim(), attributes, values, from)).join(' and '));
  return { text: groups.map((group) => `(${group || 'true'})`).join(' or '), values };
}

function comparison(part: string, attributes: Attributes, values: unknown[], from: number): string {
  const name = /^\w+/.exec(part)?.[0] ?? '';
  const type = typeOf(name, attributes);
  const rest = part.slice(name.length).trim();
  const place = (text: string) => {
    values.push(checked(unquoted(text), type, name));
    return `$${from + values.length}::${type}`;
  };
  const column = `"${name}"`;
  if (/^is\s+null$/i.test(rest)) return `${column} is null`;
  if (/^is\s+not\s+null$/i.test(rest)) return `${column} is not null`;
  const like = /^like\s+(.+)$/is.exec(rest);
  if (like?.[1] !== undefined) {
    values.push(unquoted(like[1]).replaceAll('*', '%'));
    return `${column}::text like $${from + values.length}`;
  }
  const list = /^in\s*\((.*)\)$/is.exec(rest);
  if (list?.[1] !== undefined) return `${column} in (${split(list[1], /^\s*,\s*/).map(place).join(', ')})`;
  const operator = operators.find((each) => rest.startsWith(each));
  if (operator === undefined) throw new AdfError(400, `The value ${part} for query parameter q is not valid.`, undefined, 'q');
  const operand = rest.slice(operator.length).trim();
  // Version 1 searches by example, where an asterisk or a per cent sign stands for any text.
  if (operator === '=' && type === 'text' && /[*%]/.test(operand)) {
    values.push(unquoted(operand).replaceAll('*', '%'));
    return `${column} like $${from + values.length}`;
  }
  return `${column} ${operator === '!=' ? '<>' : operator} ${place(operand)}`;
}

export function typeOf(name: string, attributes: Attributes): string {
  const type = attributes.get(name);
  if (type === undefined) throw new AdfError(400, `URL request parameter q cannot be used in this context: attribute ${name} is not found.`, 'JBO-25058', 'q');
  return type;
}

/** Splits outside quotes and parentheses. */
function split(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let quote = '';
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === "'" || character === '"') {
      quote = character;
    } else if (character === '(') {
      depth += 1;
    } else if (character === ')') {
      depth -= 1;
    } else if (depth === 0 && (character === ';' || character === ',' || /\s/.test(character))) {
      const found = separator.exec(text.slice(at, at + 12));
      if (found) {
        parts.push(text.slice(start, at));
        at += found[0].length - 1;
        start = at + 1;
      }
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  const quote = trimmed[0];
  return (quote === "'" || quote === '"') && trimmed.endsWith(quote) && trimmed.length > 1 ? trimmed.slice(1, -1) : trimmed;
}

const shapes: Readonly<Record<string, RegExp>> = {
  bigint: /^-?\d{1,18}$/,
  integer: /^-?\d{1,9}$/,
  numeric: /^-?\d+(\.\d+)?$/,
  boolean: /^(true|false)$/i,
  date: /^\d{4}-\d\d-\d\d$/,
  'timestamp with time zone': /^\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/,
};

function checked(text: string, type: string, name: string): string {
  const shape = shapes[type];
  if (shape && !shape.test(text)) throw new AdfError(400, `The value ${text} for attribute ${name} is not valid.`, 'JBO-25009', name);
  return text;
}
