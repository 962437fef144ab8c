import { Hl7Error } from './error.ts';

/** The separators a message announces in MSH-1 and MSH-2. An empty string means the sender does without it. */
export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
  /** Fifth encoding character, since v2.7 (chapter 2.5.5.2). */
  readonly truncation: string;
}

/** The values the standard recommends (chapter 2.5.4). */
export const DEFAULT_DELIMITERS: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
  truncation: '',
};

const HEADERS = new Set(['MSH', 'FHS', 'BHS']);
const known = new Map<string, Delimiters>([['|^~\\&', DEFAULT_DELIMITERS]]);

/** Segments whose first field is the field separator itself. */
export function isHeaderSegment(id: string): boolean {
  return HEADERS.has(id);
}

/** MSH-2 as it goes on the wire. */
export function encodingCharacters(d: Delimiters): string {
  return d.component + d.repetition + d.escape + d.subcomponent + d.truncation;
}

/**
 * Reads the separators from the start of an MSH, FHS or BHS segment.
 *
 * MSH-2 may be shorter than four characters: "if an application does not use subcomponents (or escapes), the
 * character may be omitted" (chapter 2.5.4); the missing ones are then not separators in this message.
 *
 * @throws Hl7Error 101 when MSH-1 or MSH-2 is missing, 102 when one is a letter, a digit, white space, or used twice
 */
export function readDelimiters(header: string): Delimiters {
  const segment = header.slice(0, 3);
  const field = header.charAt(3);
  if (field === '' || field === '\r' || field === '\n') {
    throw new Hl7Error('101', 'The field separator is missing', { segment, field: 1 });
  }
  const rest = header.slice(4, 12);
  const end = rest.search(/[\r\n]/);
  const line = end === -1 ? rest : rest.slice(0, end);
  const next = line.indexOf(field);
  const characters = next === -1 ? line : line.slice(0, next);

  const seen = known.get(field + characters);
  if (seen !== undefined) return seen;

  if (!isSeparator(field)) {
    throw new Hl7Error('102', 'The field separator is not a printable special character', { segment, field: 1 });
  }
  if (characters === '') throw new Hl7Error('101', 'The encoding characters are missing', { segment, field: 2 });
  if (characters.length > 5) {
    throw new Hl7Error('102', 'There are more than five encoding characters', { segment, field: 2 });
  }
  for (const character of characters) {
    if (!isSeparator(character)) {
      throw new Hl7Error('102', 'An encoding character is not a printable special character', { segment, field: 2 });
    }
  }
  if (new Set(field + characters).size !== characters.length + 1) {
    throw new Hl7Error('102', 'The same character is announced for two purposes', { segment, field: 2 });
  }
  return {
    field,
    component: characters.charAt(0),
    repetition: characters.charAt(1),
    escape: characters.charAt(2),
    subcomponent: characters.charAt(3),
    truncation: characters.charAt(4),
  };
}

function isSeparator(character: string): boolean {
  return /^[!-/:-@[-`{-~]$/.test(character);
}
