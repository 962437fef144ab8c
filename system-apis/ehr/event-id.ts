import { derivedId } from '#chassis/contract/derived-id.ts';

const NAMESPACE = '5e0f3a7c-6f0d-4b0e-9a5b-1f6c2d7e8a90';

/** The id of an event that follows from what it tells, so that telling it twice tells it once. */
export function eventIdOf(...parts: readonly string[]): string {
  return derivedId(NAMESPACE, ...parts);
}
