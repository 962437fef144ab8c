/**
 * What a reconciliation can find. `lost`: it happened and left no trace. `duplicated`: it left more than one. `unbalanced`:
 * two books that must agree do not. `stuck`: it has not come to its end. `unexpected`: nobody asked for it, or the
 * answer was another than it had to be.
 */
export type FindingKind = 'lost' | 'duplicated' | 'unbalanced' | 'stuck' | 'unexpected';

export interface Finding {
  kind: FindingKind;
  /** The check that found it. */
  check: string;
  /** The document, piece or account that it is about. */
  what: string;
  expected: string;
  found: string;
}

export type Finder = (kind: FindingKind, what: string, expected: string, found: string) => Finding;

export function finderFor(check: string): Finder {
  return (kind, what, expected, found) => ({ kind, check, what, expected, found });
}

/** The finding aloud. */
export function sentenceOf({ kind, what, expected, found }: Finding): string {
  return `${kind}: ${what}: expected ${expected}, found ${found}`;
}

/** How often something is in the books that has to be there once; nothing to say when it is. */
export function once(find: Finder, what: string, thing: string, count: number): Finding[] {
  if (count === 1) return [];
  return [find(count === 0 ? 'lost' : 'duplicated', what, `one ${thing}`, count === 0 ? 'none' : String(count))];
}
