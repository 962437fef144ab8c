export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json | undefined;
}

export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The values at a dotted path, arrays along the way flattened. */
export function valuesAt(value: Json | undefined, path: string): Json[] {
  let current: Json[] = value === undefined ? [] : [value];
  for (const step of path.split('.')) {
    current = current.flatMap((each) => (isRecord(each) ? [each[step] ?? []].flat() : []));
  }
  return current;
}
