import type { Delimiters } from './delimiters.ts';

/** The HL7 null: two quotation marks, "delete the value you hold" (chapter 2.5.3.3). */
export const NULL_VALUE = '""';

/**
 * Turns escape sequences into the characters they stand for (chapter 2.7). Formatting commands of FT and of local
 * use (`\.br\`, `\H\`, `\Zxx\`) are no characters and stay as they are; so does an escape character without an end.
 */
export function unescapeText(raw: string, d: Delimiters): string {
  return replaceSequences(raw, d, (body, sequence) => character(body, d) ?? sequence);
}

/**
 * The text of an FT or TX value as a person would read it: line commands become line feeds, highlighting goes.
 *
 * @source chapter 2.7.7, formatted text
 */
export function readFormattedText(raw: string, d: Delimiters): string {
  return replaceSequences(raw, d, (body, sequence) => {
    if (body === 'H' || body === 'N' || /^\.(fi|nf|in[+-]?\d*|ti[+-]?\d*|sk\d*)$/.test(body)) return '';
    const lines = /^\.(?:br|ce|sp([1-9]\d{0,2})?)$/.exec(body);
    if (lines !== null) return '\n'.repeat(Number(lines[1] ?? 1));
    return character(body, d) ?? sequence;
  });
}

/**
 * Makes text safe to stand in a field. Control characters become `\Xdd\`: a carriage return would end the segment,
 * and 0B or 1C would end the MLLP frame.
 *
 * @throws RangeError when the text needs escaping and the delimiters have no escape character
 */
export function escapeText(text: string, d: Delimiters): string {
  if (text === NULL_VALUE) {
    if (d.escape === '') throw new RangeError('Two quotation marks cannot be sent as text without an escape character');
    return `${d.escape}X2222${d.escape}`;
  }
  let out = '';
  let kept = 0;
  for (let i = 0; i < text.length; i++) {
    const sequence = sequenceFor(text.charAt(i), d);
    if (sequence === undefined) continue;
    if (d.escape === '') throw new RangeError('The text contains a separator and there is no escape character');
    out += text.slice(kept, i) + d.escape + sequence + d.escape;
    kept = i + 1;
  }
  return kept === 0 ? text : out + text.slice(kept);
}

/**
 * Rewrites an escaped value for other delimiters without touching what it says. `\F\` and its like mean "the
 * separator of this message", so they become that character; formatting commands stay commands.
 */
export function rewriteEscapes(raw: string, from: Delimiters, to: Delimiters): string {
  if (raw === NULL_VALUE) return raw;
  let out = '';
  let at = 0;
  while (at < raw.length) {
    const start = from.escape === '' ? -1 : raw.indexOf(from.escape, at);
    const end = start === -1 ? -1 : raw.indexOf(from.escape, start + 1);
    if (end === -1) break;
    const body = raw.slice(start + 1, end);
    const separator = body.length === 1 ? character(body, from) : undefined;
    out += escapeText(raw.slice(at, start), to);
    if (separator !== undefined) out += escapeText(separator, to);
    else if (to.escape === '') throw new RangeError('The text contains an escape and there is no escape character');
    else out += to.escape + body + to.escape;
    at = end + 1;
  }
  return out + escapeText(raw.slice(at), to);
}

function sequenceFor(c: string, d: Delimiters): string | undefined {
  switch (c) {
    case d.field: return 'F';
    case d.component: return 'S';
    case d.repetition: return 'R';
    case d.escape: return 'E';
    case d.subcomponent: return 'T';
    case d.truncation: return 'P';
    default: return c < ' ' ? `X${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}` : undefined;
  }
}

function character(body: string, d: Delimiters): string | undefined {
  switch (body) {
    case 'F': return d.field;
    case 'S': return d.component;
    case 'R': return d.repetition;
    case 'E': return d.escape;
    case 'T': return d.subcomponent;
    case 'P': return d.truncation === '' ? undefined : d.truncation;
    default: return /^X(?:[0-9A-Fa-f]{2})+$/.test(body) ? hexadecimal(body.slice(1)) : undefined;
  }
}

/** `\Xdd..\` names bytes, not characters (2.7.6); UTF-8 where they are, else one byte one character. */
function hexadecimal(digits: string): string {
  const bytes = Buffer.from(digits, 'hex');
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? bytes.toString('latin1') : text;
}

/** One pass from left to right: what a sequence produced is never read again as a sequence. */
function replaceSequences(raw: string, d: Delimiters, replace: (body: string, sequence: string) => string): string {
  if (d.escape === '') return raw;
  let start = raw.indexOf(d.escape);
  if (start === -1) return raw;
  let out = '';
  let at = 0;
  while (start !== -1) {
    const end = raw.indexOf(d.escape, start + 1);
    if (end === -1) break;
    out += raw.slice(at, start) + replace(raw.slice(start + 1, end), raw.slice(start, end + 1));
    at = end + 1;
    start = raw.indexOf(d.escape, at);
  }
  return out + raw.slice(at);
}
