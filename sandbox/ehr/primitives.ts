const YEAR = '([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)';
const DAY = '(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])';
const TIME = '([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?';
const ZONE = '(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))';

/** @source https://hl7.org/fhir/R4/datatypes.html#primitive (the regular expressions given there) */
const TEXT_PATTERNS: Readonly<Record<string, RegExp>> = {
  date: new RegExp(`^${YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1]))?)?$`),
  dateTime: new RegExp(`^${YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])(T${TIME}${ZONE})?)?)?$`),
  instant: new RegExp(`^${YEAR}-${DAY}T${TIME}${ZONE}$`),
  time: new RegExp(`^${TIME}$`),
  code: /^[^\s]+( [^\s]+)*$/,
  id: /^[A-Za-z0-9\-.]{1,64}$/,
  uri: /^\S+$/,
  url: /^\S+$/,
  canonical: /^\S+$/,
  base64Binary: /^[A-Za-z0-9+/\s]*={0,2}\s*$/,
  xhtml: /^<div[\s>]/,
};
const NUMBERS: Readonly<Record<string, (value: number) => boolean>> = {
  integer: (value) => Number.isInteger(value) && Math.abs(value) <= 2147483647,
  unsignedInt: (value) => Number.isInteger(value) && value >= 0 && value <= 2147483647,
  positiveInt: (value) => Number.isInteger(value) && value >= 1 && value <= 2147483647,
  decimal: (value) => Number.isFinite(value),
};
/** PostgreSQL keeps no NUL, and R4 forbids control characters below 32 except tab, line feed and carriage return. */
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

export function isPrimitive(type: string): boolean {
  return type === 'boolean' || type === 'string' || type === 'markdown' || type in TEXT_PATTERNS || type in NUMBERS;
}

/** What is wrong with a primitive value, or undefined when it is well formed. */
export function primitiveFault(type: string, value: unknown): string | undefined {
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'must be a boolean';
  const isWithin = NUMBERS[type];
  if (isWithin) return typeof value === 'number' && isWithin(value) ? undefined : `must be a JSON number of type ${type}`;
  if (typeof value !== 'string') return `must be a JSON string of type ${type}`;
  if (value.trim() === '') return 'must not be empty';
  if (CONTROL_CHARACTER.test(value) || !value.isWellFormed()) return 'holds a character that FHIR does not allow';
  const pattern = TEXT_PATTERNS[type];
  return pattern && !pattern.test(value) ? `is not a valid ${type}` : undefined;
}
