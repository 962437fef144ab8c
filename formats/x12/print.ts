import type { Delimiters } from './delimiters.ts';
import { areDistinct, DEFAULT_DELIMITERS, ISA_LENGTHS } from './delimiters.ts';
import { X12Error } from './error.ts';
import type { GroupHeader, InterchangeHeader } from './headers.ts';
import { isSegmentId } from './segment.ts';

/** One element: text, or the components of a composite. Undefined and '' are empty. */
export type ElementInput = string | undefined | readonly (string | undefined)[];

/** Id, then elements from 01 on. */
export type SegmentInput = readonly [id: string, ...elements: ElementInput[]];

export interface TransactionInput {
  id: string;
  controlNumber: string;
  implementation?: string;
  /** Without ST and SE. */
  segments: readonly SegmentInput[];
}

export interface GroupInput {
  header: Omit<GroupHeader, 'responsibleAgency'> & { responsibleAgency?: string };
  transactions: readonly TransactionInput[];
}

export interface InterchangeInput {
  header: Pick<InterchangeHeader,
    'senderQualifier' | 'sender' | 'receiverQualifier' | 'receiver' | 'date' | 'time' | 'controlNumber'>
    & Partial<InterchangeHeader>;
  groups: readonly GroupInput[];
  /** TA1 segments, which stand before the groups. */
  acknowledgments?: readonly SegmentInput[];
}

export interface PrintOptions {
  delimiters?: Delimiters;
  /** A line end after each segment, for people; receivers skip it. */
  lineBreaks?: boolean;
}

/**
 * Prints an interchange; counts and trailer control numbers are computed. X12 has no escape: a value that contains a
 * separator cannot be sent with these separators.
 *
 * @throws X12Error 'delimiter-in-data' or 'invalid-value', naming segment and element
 */
export function printInterchange(input: InterchangeInput, options: PrintOptions = {}): string {
  const d = delimitersFor(input.header.version, options.delimiters ?? DEFAULT_DELIMITERS);
  if (!areDistinct(d)) throw new X12Error('invalid-value', 'The separators are not distinct', { segmentId: 'ISA' });
  const printer = new Printer(d, options.lineBreaks === true ? '\n' : '');
  printer.header(isaElements(input.header, d));
  for (const ta1 of input.acknowledgments ?? []) printer.segment(ta1);
  for (const group of input.groups) printGroup(printer, group);
  printer.segment(['IEA', String(input.groups.length), padNumber(input.header.controlNumber, 9, 'ISA', 13)]);
  return printer.text;
}

function printGroup(printer: Printer, { header, transactions }: GroupInput): void {
  const { functionalId, sender, receiver, date, time, controlNumber, responsibleAgency, version } = header;
  printer.segment(['GS', functionalId, sender, receiver, date, time, controlNumber, responsibleAgency ?? 'X', version]);
  for (const { id, controlNumber: number, implementation, segments } of transactions) {
    printer.beginSet();
    printer.segment(['ST', id, number, implementation]);
    for (const segment of segments) printer.segment(segment);
    printer.segment(['SE', String(printer.setLength + 1), number]);
  }
  printer.segment(['GE', String(transactions.length), controlNumber]);
}

class Printer {
  text = '';
  setLength = 0;
  readonly #delimiters: Delimiters;
  readonly #end: string;
  readonly #forbidden: readonly string[];

  constructor(delimiters: Delimiters, lineEnd: string) {
    this.#delimiters = delimiters;
    this.#end = delimiters.segment + lineEnd;
    this.#forbidden = [delimiters.element, delimiters.component, delimiters.segment, delimiters.repetition]
      .filter((character) => character !== '');
  }

  beginSet(): void {
    this.setLength = 0;
  }

  header(elements: readonly string[]): void {
    const checked = elements.slice(0, 10).map((text, index) => this.#checked(text, 'ISA', index + 1));
    const rest = elements.slice(10);
    this.text += ['ISA', ...checked, ...rest].join(this.#delimiters.element) + this.#end;
  }

  segment([id, ...elements]: SegmentInput): void {
    if (!isSegmentId(id)) throw new X12Error('invalid-value', 'Not a segment id', { segmentId: id });
    this.setLength++;
    const printed = elements.map((one, index) => this.#element(one, id, index + 1));
    this.text += [id, ...withoutTrailingEmpty(printed)].join(this.#delimiters.element) + this.#end;
  }

  #element(input: ElementInput, segmentId: string, number: number): string {
    if (typeof input !== 'object') return this.#checked(input ?? '', segmentId, number);
    const parts = input.map((part) => this.#checked(part ?? '', segmentId, number));
    return withoutTrailingEmpty(parts).join(this.#delimiters.component);
  }

  #checked(text: string, segmentId: string, number: number): string {
    const at = { segmentId, position: this.setLength, element: number };
    if (this.#forbidden.some((character) => text.includes(character))) {
      throw new X12Error('delimiter-in-data', 'The value contains a separator', at);
    }
    // Neither the basic nor the extended character set has control characters (X12.6, 3.3).
    if (/[\u0000-\u001f\u007f]/.test(text)) {
      throw new X12Error('invalid-value', 'The value contains a control character', at);
    }
    return text;
  }
}

/** Elements repeat since version 00402; before, ISA11 named the standard. */
function delimitersFor(version: string | undefined, chosen: Delimiters): Delimiters {
  return version !== undefined && version < '00402' ? { ...chosen, repetition: '' } : chosen;
}

function isaElements(header: InterchangeInput['header'], d: Delimiters): string[] {
  const values = [
    header.authorizationQualifier ?? '00', header.authorization ?? '',
    header.securityQualifier ?? '00', header.security ?? '',
    header.senderQualifier, header.sender, header.receiverQualifier, header.receiver,
    header.date, header.time, d.repetition === '' ? 'U' : d.repetition, header.version ?? '00501',
    padNumber(header.controlNumber, 9, 'ISA', 13), header.acknowledgmentRequested === true ? '1' : '0',
    header.usage ?? 'P', d.component,
  ];
  return values.map((value, index) => padText(value, ISA_LENGTHS[index] as number, index + 1));
}

function padText(text: string, length: number, number: number): string {
  const isBlankAllowed = number === 2 || number === 4;
  const fits = isBlankAllowed || number === 6 || number === 8 ? text.length <= length : text.length === length;
  if (!fits || (text === '' && !isBlankAllowed)) {
    throw new X12Error('invalid-value', `The value has not the length of ${length}`, { segmentId: 'ISA', element: number });
  }
  return text.padEnd(length, ' ');
}

function padNumber(text: string, length: number, segmentId: string, number: number): string {
  if (!/^\d+$/.test(text) || text.length > length) {
    throw new X12Error('invalid-value', `Not a number of up to ${length} digits`, { segmentId, element: number });
  }
  return text.padStart(length, '0');
}

function withoutTrailingEmpty(values: readonly string[]): string[] {
  let length = values.length;
  while (length > 0 && values[length - 1] === '') length--;
  return values.slice(0, length);
}
