/** Classes of data that are about a person. */
const PERSONAL: ReadonlySet<unknown> = new Set(['phi', 'pii']);

/** Whether a value of the schema may say something of a person, as far as the contract marks it. */
export function isPersonal(document: object, schema: unknown, seen = new Set<unknown>()): boolean {
  if (Array.isArray(schema)) return schema.some((each) => isPersonal(document, each, seen));
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return false;
  seen.add(schema);
  if ('x-data-class' in schema && PERSONAL.has(schema['x-data-class'])) return true;
  const target = '$ref' in schema && typeof schema.$ref === 'string' ? targetOf(document, schema.$ref) : undefined;
  return isPersonal(document, target, seen) || isPersonal(document, Object.values(schema), seen);
}

/** @source RFC 6901, for references within the document */
function targetOf(document: object, reference: string): unknown {
  return reference.split('/').slice(1).reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined), document);
}
