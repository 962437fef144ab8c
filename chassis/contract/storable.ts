/**
 * Where in a value a text stands that no column takes: PostgreSQL knows no NUL, and UTF-8 no half of a surrogate pair.
 *
 * @returns a JSON pointer; undefined when all of it can be stored
 * @source RFC 8259 section 8.2, PostgreSQL manual section 8.14 (JSON types)
 */
export function placeNotStorable(value: unknown): string | undefined {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? '' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, each] of Object.entries(value)) {
    const below = placeNotStorable(name) ?? placeNotStorable(each);
    if (below !== undefined) return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}${below}`;
  }
  return undefined;
}
