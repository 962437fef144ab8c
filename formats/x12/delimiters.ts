import { X12Error } from './error.ts';

export interface Delimiters {
  readonly element: string;
  readonly component: string;
  readonly segment: string;
  /** ISA11 since version 00402; empty before, where ISA11 named the standard (`U`). */
  readonly repetition: string;
}

export const DEFAULT_DELIMITERS: Delimiters = { element: '*', component: ':', segment: '~', repetition: '^' };

/** Lengths of ISA01 to ISA16; with the id and the separators they make 105 characters, the terminator is the 106th. */
export const ISA_LENGTHS: readonly number[] = [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1];

const TERMINATOR_AT = 105;
/** Characters in which the sixteen separators of a misformed ISA are looked for. */
export const ISA_SEARCH = 400;

export interface IsaReading {
  delimiters: Delimiters;
  /** Characters up to and without the terminator. */
  length: number;
  /** Whether every element stands where the standard puts it. */
  isFixed: boolean;
}

/**
 * Reads the separators from the fixed places of the ISA. Files whose ISA lost or gained characters are common; then
 * the sixteenth element separator tells where ISA16 and the terminator are, and `isFixed` is false.
 *
 * @param text begins with `ISA`
 * @throws X12Error 'no-interchange'
 * @source ASC X12.5, interchange control structures
 */
export function readIsa(text: string): IsaReading {
  const at = { segmentId: 'ISA', position: 1 };
  const element = text.charAt(3);
  if (!text.startsWith('ISA') || !isSeparator(element)) {
    throw new X12Error('no-interchange', 'The text does not begin with an interchange header', at);
  }
  const isFixed = standsAtFixedPlaces(text, element);
  const end = isFixed ? TERMINATOR_AT : lengthBySeparators(text, element);
  const component = text.charAt(end - 1);
  const segment = text.charAt(end);
  if (end === -1 || !isSeparator(segment) || !isSeparator(component)) {
    throw new X12Error('no-interchange', 'The separators of the interchange header cannot be read', at);
  }
  const eleventh = text.slice(0, end).split(element)[11] ?? '';
  const repetition = eleventh.length === 1 && isSeparator(eleventh) ? eleventh : '';
  return { delimiters: { element, component, segment, repetition }, length: end, isFixed };
}

/** Two uses of one character make the interchange ambiguous. */
export function areDistinct(d: Delimiters): boolean {
  const used = [d.element, d.component, d.segment, d.repetition].filter((character) => character !== '');
  return new Set(used).size === used.length;
}

function standsAtFixedPlaces(text: string, element: string): boolean {
  let at = 3;
  for (const length of ISA_LENGTHS) {
    if (text.charAt(at) !== element) return false;
    at += length + 1;
  }
  return at === TERMINATOR_AT && isSeparator(text.charAt(TERMINATOR_AT));
}

function lengthBySeparators(text: string, element: string): number {
  const start = text.slice(0, ISA_SEARCH);
  let at = -1;
  for (let n = 0; n < 16; n++) {
    at = start.indexOf(element, at + 1);
    if (at === -1) return -1;
  }
  return at + 2;
}

function isSeparator(character: string): boolean {
  return character !== '' && !/[A-Za-z0-9 ]/.test(character);
}
