import type { Delimiters } from './delimiters.ts';
import { DEFAULT_DELIMITERS, encodingCharacters, isHeaderSegment } from './delimiters.ts';
import { escapeText, NULL_VALUE, rewriteEscapes } from './escapes.ts';
import type { Message } from './message.ts';
import { Segment } from './segment.ts';

/** Text to be escaped; `null` is the HL7 null `""` (delete); undefined or '' is empty. */
export type Text = string | null | undefined;

/** A list of subcomponents, or one text. */
export type ComponentInput = Text | readonly Text[];

/** A list of components, or one text. */
export type RepetitionInput = Text | readonly ComponentInput[];

/** A field: one text, a list of components, or several repetitions. */
export type FieldInput = RepetitionInput | { readonly repetitions: readonly RepetitionInput[] };

/** A segment to print. Of MSH, FHS and BHS give the fields from 3 on: 1 and 2 are the separators themselves. */
export interface SegmentInput {
  readonly id: string;
  readonly fields: readonly FieldInput[];
}

/**
 * Prints a message with CR after each segment (chapter 2.6), separators escaped and empty fields at the end left out.
 * Segments of a parsed message are rewritten for the delimiters asked for, formatting commands kept.
 *
 * @throws RangeError when a segment name is not one, or a value cannot be said with these delimiters
 */
export function printMessage(
  message: Message | readonly (Segment | SegmentInput)[],
  delimiters?: Delimiters,
): string {
  const list = 'segments' in message ? message.segments() : message;
  const chosen = delimiters ?? ('segments' in message ? message.delimiters : DEFAULT_DELIMITERS);
  let text = '';
  for (const segment of list) {
    text += (segment instanceof Segment ? reprint(segment, chosen) : printSegment(segment, chosen)) + '\r';
  }
  return text;
}

/** Prints one segment, without its end. */
export function printSegment(segment: SegmentInput, d: Delimiters = DEFAULT_DELIMITERS): string {
  if (!/^[A-Z][A-Z0-9]{2}$/.test(segment.id)) throw new RangeError(`Not a segment name: ${segment.id}`);
  const fields = segment.fields.map((field) => printField(field, d));
  return join(segment.id, fields, d);
}

function printField(field: FieldInput, d: Delimiters): string {
  if (field !== null && typeof field === 'object' && 'repetitions' in field) {
    return joinParts(field.repetitions.map((one) => printRepetition(one, d)), d.repetition, 'repetitions', true);
  }
  return printRepetition(field, d);
}

function printRepetition(repetition: RepetitionInput, d: Delimiters): string {
  if (!Array.isArray(repetition)) return printText(repetition as Text, d);
  const components = (repetition as readonly ComponentInput[]).map((component) =>
    Array.isArray(component)
      ? joinParts((component as readonly Text[]).map((text) => printText(text, d)), d.subcomponent, 'subcomponents')
      : printText(component as Text, d));
  return joinParts(components, d.component, 'components');
}

function printText(text: Text, d: Delimiters): string {
  if (text === null) return NULL_VALUE;
  return text === undefined ? '' : escapeText(text, d);
}

function joinParts(parts: string[], separator: string, what: string, keepEmpty = false): string {
  const kept = keepEmpty ? parts : withoutTrailingEmpty(parts);
  if (kept.length > 1 && separator === '') throw new RangeError(`These delimiters cannot separate ${what}`);
  return kept.join(separator);
}

function join(id: string, fields: readonly string[], d: Delimiters): string {
  const start = isHeaderSegment(id) ? [id + d.field + encodingCharacters(d)] : [id];
  return [...start, ...withoutTrailingEmpty(fields)].join(d.field);
}

function withoutTrailingEmpty(parts: readonly string[]): string[] {
  let length = parts.length;
  while (length > 0 && parts[length - 1] === '') length--;
  return parts.slice(0, length);
}

/** A parsed segment under other delimiters. */
function reprint(segment: Segment, to: Delimiters): string {
  const from = segment.delimiters;
  if (from === to) return segment.raw;
  const fields: string[] = [];
  for (let number = isHeaderSegment(segment.id) ? 3 : 1; number <= segment.fieldCount; number++) {
    const repetitions = segment.field(number).repetitions.map((repetition) =>
      joinParts(repetition.components.map((component) =>
        joinParts(rawSubcomponents(component.raw, from).map((raw) => rewriteEscapes(raw, from, to)),
          to.subcomponent, 'subcomponents')), to.component, 'components'));
    fields.push(joinParts(repetitions, to.repetition, 'repetitions', true));
  }
  return join(segment.id, fields, to);
}

function rawSubcomponents(raw: string, d: Delimiters): string[] {
  return d.subcomponent === '' ? [raw] : raw.split(d.subcomponent);
}
