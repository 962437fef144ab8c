import { isRecord, type Json } from './json.ts';
import { RESOURCES } from './structures.ts';

/** Every `reference` string in a resource. */
export function referencesIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => (key === 'reference' && typeof each === 'string' ? [each] : referencesIn(each)));
}

/** The references among these to resources that this server itself must hold, as `Type/id`. */
export function localReferences(references: readonly string[]): string[] {
  const local = references.flatMap((each) => {
    const [, type = '', id] = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/\d+)?$/.exec(each) ?? [];
    return type in RESOURCES ? [`${type}/${id}`] : [];
  });
  return [...new Set(local)];
}

/** A copy of the value with each `reference` string replaced. */
export function replaceReferences<T extends Json | undefined>(value: T, replace: (reference: string) => string): T {
  if (Array.isArray(value)) return value.map((each) => replaceReferences(each, replace)) as T;
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, key === 'reference' && typeof each === 'string' ? replace(each) : replaceReferences(each, replace)]),
  ) as T;
}
