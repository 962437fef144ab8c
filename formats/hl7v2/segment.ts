import type { Delimiters } from './delimiters.ts';
import { isHeaderSegment } from './delimiters.ts';
import { NULL_VALUE, readFormattedText, unescapeText } from './escapes.ts';

/** Fields 1 and 2 of a header hold the separators as characters and are never taken apart. */
const NOTHING_SEPARATES: Delimiters = {
  field: '', component: '', repetition: '', escape: '', subcomponent: '', truncation: '',
};

/**
 * The parts of a segment, each a view on its raw text. Nothing is split or unescaped before it is asked for.
 * All numbers count from 1, as the standard does. A part that is not there reads as empty.
 */
export class Component {
  readonly raw: string;
  readonly delimiters: Delimiters;

  constructor(raw: string, delimiters: Delimiters) {
    this.raw = raw;
    this.delimiters = delimiters;
  }

  /** Text of the first subcomponent; undefined when empty or null. */
  get value(): string | undefined {
    return this.subcomponent(1);
  }

  get isEmpty(): boolean {
    return this.raw === '';
  }

  get isNull(): boolean {
    return this.raw === NULL_VALUE;
  }

  get subcomponents(): readonly string[] {
    return split(this.raw, this.delimiters.subcomponent).map((raw) => unescapeText(raw, this.delimiters));
  }

  subcomponent(number: number): string | undefined {
    const raw = piece(this.raw, this.delimiters.subcomponent, number);
    return raw === '' || raw === NULL_VALUE ? undefined : unescapeText(raw, this.delimiters);
  }
}

/** One repetition of a field. */
export class Repetition {
  readonly raw: string;
  readonly delimiters: Delimiters;

  constructor(raw: string, delimiters: Delimiters) {
    this.raw = raw;
    this.delimiters = delimiters;
  }

  get value(): string | undefined {
    return this.component(1).value;
  }

  get isEmpty(): boolean {
    return this.raw === '';
  }

  get isNull(): boolean {
    return this.raw === NULL_VALUE;
  }

  get components(): readonly Component[] {
    return split(this.raw, this.delimiters.component).map((raw) => new Component(raw, this.delimiters));
  }

  component(number: number): Component {
    return new Component(piece(this.raw, this.delimiters.component, number), this.delimiters);
  }
}

export class Field {
  readonly raw: string;
  readonly delimiters: Delimiters;

  constructor(raw: string, delimiters: Delimiters) {
    this.raw = raw;
    this.delimiters = delimiters;
  }

  /**
   * The simple value: a receiver that expects a simple type takes the first component of what a later version
   * made composite (chapter 2.8.2). Undefined when empty or null.
   */
  get value(): string | undefined {
    return this.repetition(1).value;
  }

  /** Formatted text (FT, TX) with its line commands turned into line feeds. */
  get formattedText(): string {
    return this.repetitions.map(({ raw }) => readFormattedText(raw, this.delimiters)).join('\n');
  }

  get isEmpty(): boolean {
    return this.raw === '';
  }

  /** The sender asks to delete the value held (chapter 2.5.3.3). */
  get isNull(): boolean {
    return this.raw === NULL_VALUE;
  }

  get repetitions(): readonly Repetition[] {
    if (this.raw === '') return [];
    return split(this.raw, this.delimiters.repetition).map((raw) => new Repetition(raw, this.delimiters));
  }

  repetition(number: number): Repetition {
    return new Repetition(piece(this.raw, this.delimiters.repetition, number), this.delimiters);
  }

  /** Component of the first repetition. */
  component(number: number): Component {
    return this.repetition(1).component(number);
  }
}

export class Segment {
  readonly id: string;
  readonly raw: string;
  readonly delimiters: Delimiters;
  #fields: readonly string[] | undefined;

  constructor(raw: string, delimiters: Delimiters) {
    this.id = raw.slice(0, 3);
    this.raw = raw;
    this.delimiters = delimiters;
  }

  /** Number of the last field that was sent. */
  get fieldCount(): number {
    return this.#rawFields().length - 1;
  }

  field(number: number): Field {
    const raw = this.rawField(number);
    return new Field(raw, number <= 2 && isHeaderSegment(this.id) ? NOTHING_SEPARATES : this.delimiters);
  }

  rawField(number: number): string {
    if (!Number.isInteger(number) || number < 1) throw new RangeError('Fields count from 1');
    return this.#rawFields()[number] ?? '';
  }

  #rawFields(): readonly string[] {
    if (this.#fields === undefined) {
      const fields = this.raw.split(this.delimiters.field);
      // MSH-1 is the separator itself (chapter 2.14.9.1), which splitting swallows.
      if (isHeaderSegment(this.id)) fields.splice(1, 0, this.delimiters.field);
      this.#fields = fields;
    }
    return this.#fields;
  }
}

function split(raw: string, separator: string): string[] {
  return separator === '' ? [raw] : raw.split(separator);
}

function piece(raw: string, separator: string, number: number): string {
  if (!Number.isInteger(number) || number < 1) throw new RangeError('Parts of a segment count from 1');
  if (separator === '') return number === 1 ? raw : '';
  let start = 0;
  for (let n = 1; n < number; n++) {
    const next = raw.indexOf(separator, start);
    if (next === -1) return '';
    start = next + 1;
  }
  const end = raw.indexOf(separator, start);
  return end === -1 ? raw.slice(start) : raw.slice(start, end);
}
