import type { Delimiters, IsaReading } from './delimiters.ts';
import { ISA_SEARCH, readIsa } from './delimiters.ts';
import { X12Error } from './error.ts';
import type { Segment } from './segment.ts';

export interface TokenizerLimits {
  /** Characters of one segment, binary segments apart. */
  maxSegmentLength?: number;
  /** Bytes of a BIN or BDS segment. */
  maxBinaryLength?: number;
}

/** A segment, with what its separators were; the ISA brings how it was read. */
export interface Token {
  segment: Segment;
  delimiters: Delimiters;
  isa?: IsaReading;
}

/** A segment longer than this is looked at when a quarter has been added, else each piece would cost its whole length. */
const LARGE = 256 * 1024;

/** White space between segments: line ends, and the indentation of files made for reading. */
const BLANK = /[\r\n\t ]/;

/** Segments whose last element may contain separators, with the number of the element that gives its length. */
const BINARY: Record<string, number> = { BIN: 1, BDS: 2 };

/**
 * Cuts text that arrives in pieces into segments. Keeps no more than the segment it is in the middle of. Each ISA
 * sets the separators anew.
 */
export class Tokenizer {
  readonly #maxSegmentLength: number;
  readonly #maxBinaryLength: number;
  #pending = '';
  /** Arrived and not yet looked at. */
  #waiting: string[] = [];
  #waitingLength = 0;
  #searched = 0;
  #delimiters: Delimiters | undefined;
  #position = 0;
  #isStart = true;
  /** How far the binary data at the front of what is pending were counted. */
  #counted = { characters: 0, bytes: 0 };

  constructor(limits: TokenizerLimits = {}) {
    this.#maxSegmentLength = limits.maxSegmentLength ?? 1024 * 1024;
    this.#maxBinaryLength = limits.maxBinaryLength ?? 64 * 1024 * 1024;
  }

  /**
   * @throws X12Error 'no-interchange' when the text does not begin with a readable ISA, 'limit' when a segment is too
   *   long
   */
  push(text: string): Token[] {
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (this.#pending.length > LARGE && this.#waitingLength < this.#pending.length / 4) return [];
    this.#join();
    return this.#cut(false);
  }

  #join(): void {
    this.#pending += this.#waiting.join('');
    this.#waiting = [];
    this.#waitingLength = 0;
  }

  /** Whatever is left becomes the last segment: the terminator of an IEA is often missing. */
  end(): Token[] {
    this.#join();
    const tokens = this.#cut(true);
    const rest = this.#pending.trim();
    this.#pending = '';
    if (rest === '') return tokens;
    if (this.#delimiters === undefined) readIsa(rest);
    tokens.push(this.#token(rest, this.#delimiters as Delimiters));
    return tokens;
  }

  #cut(isLast: boolean): Token[] {
    const tokens: Token[] = [];
    let from = 0;
    for (;;) {
      from = this.#skipBlank(from);
      const token = this.#next(from, isLast);
      if (token === undefined) break;
      tokens.push(token.token);
      from = token.end;
      this.#searched = from;
      this.#counted = { characters: 0, bytes: 0 };
    }
    if (from > 0) {
      this.#pending = this.#pending.slice(from);
      this.#searched = Math.max(0, this.#searched - from);
    }
    return tokens;
  }

  #skipBlank(from: number): number {
    if (this.#isStart && this.#pending !== '') {
      this.#isStart = false;
      if (this.#pending.charCodeAt(from) === 0xfeff) from++;
    }
    while (from < this.#pending.length && BLANK.test(this.#pending.charAt(from))) from++;
    return from;
  }

  #next(from: number, isLast: boolean): { token: Token; end: number } | undefined {
    const left = this.#pending.length - from;
    if (left === 0 || (left < 4 && !isLast)) return undefined;
    if (this.#delimiters === undefined || this.#isHeader(from)) {
      if (left < ISA_SEARCH && !isLast) return undefined;
      return this.#header(from);
    }
    const d = this.#delimiters;
    const binary = this.#binaryEnd(from, d);
    if (binary === 'incomplete') return undefined;
    const end = binary ?? this.#pending.indexOf(d.segment, Math.max(from, this.#searched));
    if (end === -1) {
      if (left > this.#maxSegmentLength) this.#tooLong();
      this.#searched = this.#pending.length;
      return undefined;
    }
    if (binary === undefined && end - from > this.#maxSegmentLength) this.#tooLong();
    return { token: this.#token(this.#pending.slice(from, end), d), end: end + 1 };
  }

  #isHeader(from: number): boolean {
    return this.#pending.startsWith('ISA', from) && !/[A-Za-z0-9]/.test(this.#pending.charAt(from + 3));
  }

  #header(from: number): { token: Token; end: number } {
    const isa = readIsa(this.#pending.slice(from, from + ISA_SEARCH));
    this.#delimiters = isa.delimiters;
    this.#position = 0;
    const token = this.#token(this.#pending.slice(from, from + isa.length), isa.delimiters);
    return { token: { ...token, isa }, end: from + isa.length + 1 };
  }

  /** The first tag stands before the first element separator; blanks around a tag belong to no standard. */
  #token(raw: string, delimiters: Delimiters): Token {
    const [id = '', ...elements] = raw.split(delimiters.element);
    const binary = BINARY[id];
    const kept = binary === undefined || elements.length <= binary + 1
      ? elements
      : [...elements.slice(0, binary), elements.slice(binary).join(delimiters.element)];
    this.#position++;
    return { segment: { id: id.trim(), elements: kept, position: this.#position }, delimiters };
  }

  /** Where the terminator after binary data is; the length counts bytes (data element 784). */
  #binaryEnd(from: number, d: Delimiters): number | 'incomplete' | undefined {
    const lengthElement = BINARY[this.#pending.slice(from, from + 3)];
    if (lengthElement === undefined || this.#pending.charAt(from + 3) !== d.element) return undefined;
    let at = from + 3;
    for (let n = 0; n < lengthElement; n++) {
      const next = this.#pending.indexOf(d.element, at + 1);
      if (next === -1) return undefined;
      at = next;
    }
    const digits = this.#pending.slice(this.#pending.lastIndexOf(d.element, at - 1) + 1, at);
    if (!/^\d{1,15}$/.test(digits)) return undefined;
    const length = Number(digits);
    if (length > this.#maxBinaryLength) this.#tooLong();
    const end = this.#afterBytes(at + 1, length);
    if (end >= this.#pending.length) return 'incomplete';
    // A wrong length must not swallow the segments that follow.
    return this.#pending.charAt(end) === d.segment ? end : undefined;
  }

  /** Index after `count` bytes of UTF-8 from `start`, or the end of what is pending. */
  #afterBytes(start: number, count: number): number {
    let { characters, bytes } = this.#counted;
    while (bytes < count && start + characters < this.#pending.length) {
      const code = this.#pending.codePointAt(start + characters) as number;
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      characters += code < 0x10000 ? 1 : 2;
    }
    this.#counted = { characters, bytes };
    return start + characters;
  }

  #tooLong(): never {
    throw new X12Error('limit', 'A segment is longer than allowed', { segmentId: '?', position: this.#position + 1 });
  }
}
