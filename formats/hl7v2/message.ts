import type { Delimiters } from './delimiters.ts';
import { readDelimiters } from './delimiters.ts';
import { Hl7Error } from './error.ts';
import type { ParseLimits } from './limits.ts';
import { checkParts, DEFAULT_LIMITS } from './limits.ts';
import type { Field } from './segment.ts';
import { Segment } from './segment.ts';
import { readPath } from './path.ts';

/**
 * A message split into segments and no further: fields are split and text is unescaped when somebody asks.
 */
export class Message {
  readonly delimiters: Delimiters;
  readonly #segments: readonly Segment[];
  #byId: Map<string, Segment[]> | undefined;

  constructor(segments: readonly Segment[], delimiters: Delimiters) {
    this.#segments = segments;
    this.delimiters = delimiters;
  }

  /** The MSH segment. */
  get header(): Segment {
    return this.#segments[0] as Segment;
  }

  /** All segments in the order sent, or those of one name. */
  segments(id?: string): readonly Segment[] {
    if (id === undefined) return this.#segments;
    if (this.#byId === undefined) {
      this.#byId = new Map();
      for (const segment of this.#segments) {
        const same = this.#byId.get(segment.id);
        if (same === undefined) this.#byId.set(segment.id, [segment]);
        else same.push(segment);
      }
    }
    return this.#byId.get(id) ?? [];
  }

  /** The `occurrence`-th segment of a name, counted from 1. */
  segment(id: string, occurrence = 1): Segment | undefined {
    if (occurrence === 1) {
      for (const segment of this.#segments) if (segment.id === id) return segment;
      return undefined;
    }
    return this.segments(id)[occurrence - 1];
  }

  field(path: string): Field | undefined {
    const at = readPath(path);
    return this.segment(at.segment, at.sequence)?.field(at.field);
  }

  /**
   * One value by its place: `PID-5`, `PID-5.1`, `PID-3(2).4.2`, `OBX[3]-5`.
   *
   * @returns the text, or undefined when the place is absent, empty or null
   * @throws TypeError when the path is not one
   */
  get(path: string): string | undefined {
    const at = readPath(path);
    const field = this.segment(at.segment, at.sequence)?.field(at.field);
    return field?.repetition(at.repetition ?? 1).component(at.component ?? 1).subcomponent(at.subcomponent ?? 1);
  }
}

/**
 * Reads one HL7 v2 message. Segments may end in CR (the standard), LF or CRLF (files and many senders); a byte-order
 * mark, blank lines before, between and after segments, and segments without content are passed over silently.
 *
 * @throws Hl7Error 100 no MSH first, a second MSH, or a line that is no segment; 101 or 102 unusable MSH-1 or MSH-2;
 *   207 over a limit
 * @source HL7 v2.8 chapter 2.6, message construction rules
 */
export function parseMessage(text: string, limits: ParseLimits = {}): Message {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const { maxLength, maxSegments } = all;
  if (text.length > maxLength) throw new Hl7Error('207', `The message is longer than ${maxLength} characters`);
  if (text.length > maxSegments) checkLineCount(text, maxSegments);

  const lines = splitLines(text);
  const first = lines.findIndex((line) => line.trim() !== '');
  const start = first === -1 ? '' : (lines[first] as string).trimStart();
  if (!start.startsWith('MSH')) {
    throw new Hl7Error('100', 'The message does not begin with an MSH segment', { segment: 'MSH' });
  }
  const delimiters = readDelimiters(start);
  const segments: Segment[] = [new Segment(start, delimiters)];
  for (let i = first + 1; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line === '' || (line.length < 4 && line.trim() === '')) continue;
    checkSegmentStart(line, delimiters, segments.length + 1);
    if (segments.length === maxSegments) throw new Hl7Error('207', `The message has more than ${maxSegments} segments`);
    segments.push(new Segment(line, delimiters));
  }
  // A text no longer than a limit cannot hold more parts than it.
  if (text.length > Math.min(all.maxFields, all.maxRepetitions, all.maxComponents)) {
    checkParts(segments, delimiters, all);
  }
  return new Message(segments, delimiters);
}

function splitLines(text: string): string[] {
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  return body.includes('\n') ? body.split(/\r\n|\r|\n/) : body.split('\r');
}

/** Names are a capital letter and two capitals or digits (2.5.2); Z segments are local and welcome. */
function checkSegmentStart(line: string, delimiters: Delimiters, number: number): void {
  const wellNamed = isCapital(line.charCodeAt(0))
    && isCapitalOrDigit(line.charCodeAt(1))
    && isCapitalOrDigit(line.charCodeAt(2))
    && (line.length === 3 || line.charAt(3) === delimiters.field);
  if (!wellNamed) throw new Hl7Error('100', `Line ${number} does not begin with a segment name`);
  if (line.startsWith('MSH')) {
    throw new Hl7Error('100', 'A second MSH begins inside the message', { segment: 'MSH', sequence: 2 });
  }
}

function isCapital(code: number): boolean {
  return code >= 65 && code <= 90;
}

function isCapitalOrDigit(code: number): boolean {
  return isCapital(code) || (code >= 48 && code <= 57);
}

/** Blank lines are no segments, but each would be a string: up to three for each segment are borne. */
function checkLineCount(text: string, maxSegments: number): void {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code === 13 || code === 10) && ++count > maxSegments * 4) {
      throw new Hl7Error('207', `The message has more than ${maxSegments} segments`);
    }
  }
}
