/** A place in a message, as in `OBX[3]-5(2).1.1`. */
export interface Path {
  segment: string;
  sequence: number;
  field: number;
  repetition?: number;
  component?: number;
  subcomponent?: number;
}

const PATTERN = /^([A-Z][A-Z0-9]{2})(?:\[([1-9]\d*)\])?-([1-9]\d*)(?:\(([1-9]\d*)\))?(?:\.([1-9]\d*)(?:\.([1-9]\d*))?)?$/;

// Paths are mostly literals in code; the bound is for callers that compose them.
const known = new Map<string, Path>();
const MAX_KNOWN = 2_000;

/** @throws TypeError when the text is not a path */
export function readPath(text: string): Path {
  const seen = known.get(text);
  if (seen !== undefined) return seen;
  const match = PATTERN.exec(text);
  if (match === null) throw new TypeError(`Not a place in an HL7 message: ${text}`);
  const [, segment, sequence, field, repetition, component, subcomponent] = match;
  const path: Path = { segment: segment as string, sequence: Number(sequence ?? 1), field: Number(field) };
  if (repetition !== undefined) path.repetition = Number(repetition);
  if (component !== undefined) path.component = Number(component);
  if (subcomponent !== undefined) path.subcomponent = Number(subcomponent);
  if (known.size < MAX_KNOWN) known.set(text, path);
  return path;
}
