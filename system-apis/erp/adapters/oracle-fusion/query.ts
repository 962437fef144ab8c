/**
 * Conditions of the `q` parameter. The vendor documents no escape for quotes, and `=` takes `*` and `%` as wildcards in
 * some versions. So only harmless characters ever stand in a query: others become a wildcard of `like`, and every row
 * that comes back is compared again here.
 *
 * @source Oracle Fusion Cloud REST API, "Use q query parameter"; the wildcard behaviour was seen in framework version 1 and 2
 */
export interface Condition {
  text: string;
  /** Of which one has to hold. */
  branches?: readonly (readonly Condition[])[];
  /** Whether a row that came back is really meant. */
  holds(row: object): boolean;
}

const HARMLESS = /^[A-Za-z0-9 ._:/#@+|-]*$/;
const HARMFUL = /[^A-Za-z0-9 ._:/#@+|-]+/g;

export function equals(attribute: string, value: string): Condition {
  const operation = HARMLESS.test(value) ? `='${value}'` : ` like '${pattern(value)}'`;
  return { text: `${attribute}${operation}`, holds: (row) => valueOf(row, attribute) === value };
}

export function startsWith(attribute: string, start: string): Condition {
  return { text: `${attribute} like '${pattern(start)}*'`, holds: (row) => (valueOf(row, attribute) ?? '').startsWith(start) };
}

export function contains(attribute: string, part: string): Condition {
  return { text: `${attribute} like '*${pattern(part)}*'`, holds: (row) => (valueOf(row, attribute) ?? '').includes(part) };
}

/** Of values that the caller knows to be codes or numbers. */
export function oneOf(attribute: string, values: readonly string[]): Condition {
  const known = new Set(values);
  const list = values.filter((value) => HARMLESS.test(value)).map((value) => `'${value}'`).join(',');
  return { text: `${attribute} in (${list || "''"})`, holds: (row) => known.has(valueOf(row, attribute) ?? '') };
}

/** Of texts that may hold anything. */
export function anyOf(attribute: string, values: readonly string[]): Condition {
  const harmless = values.filter((value) => HARMLESS.test(value));
  const others = values.filter((value) => !HARMLESS.test(value)).map((value) => [equals(attribute, value)]);
  return either([...(harmless.length > 0 ? [[oneOf(attribute, harmless)]] : []), ...others]);
}

/** Fronts let an address of some thousand characters through. */
const LONGEST_ADDRESS = 4_000;

export function inChunks(values: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let length = Infinity;
  for (const value of values) {
    length += value.length + 9;
    if (length > LONGEST_ADDRESS) {
      chunks.push([]);
      length = value.length;
    }
    chunks.at(-1)!.push(value);
  }
  return chunks;
}

export function oneOfIds(attribute: string, ids: readonly string[]): Condition {
  return { text: `${attribute} in (${ids.join(',')})`, holds: () => true };
}

/** A comparison whose operand is a number or a fixed word of ours. */
export function where(text: string): Condition {
  return { text, holds: () => true };
}

export function either(branches: readonly (readonly Condition[])[]): Condition {
  return { text: branches.map(textOf).join(' or '), branches, holds: (row) => branches.some((branch) => branch.every((condition) => condition.holds(row))) };
}

/** The vendor's `q` has no parentheses, so what applies to all is repeated in each branch. */
export function textOf(conditions: readonly Condition[]): string {
  const alternative = conditions.find((condition) => condition.branches);
  if (!alternative) return conditions.map((condition) => condition.text).join(';');
  const rest = conditions.filter((condition) => condition !== alternative);
  return alternative.branches!.map((branch) => textOf([...rest, ...branch])).join(' or ');
}

function pattern(value: string): string {
  return value.replaceAll(HARMFUL, '*');
}

function valueOf(row: object, attribute: string): string | undefined {
  const value = (row as Record<string, unknown>)[attribute];
  return typeof value === 'string' ? value : undefined;
}
