import type { Delimiters } from './delimiters.ts';
import { DEFAULT_DELIMITERS, readDelimiters } from './delimiters.ts';
import { Hl7Error } from './error.ts';
import { Segment } from './segment.ts';

/**
 * - `message-count`: BTS-1 is not the number of messages in the batch
 * - `batch-count`: FTS-1 is not the number of batches in the file
 * - `no-trailer`: a header without its trailer: the file may be cut off
 * - `no-header`: a trailer without its header
 * - `stray-segment`: a segment that belongs to no message
 */
export type BatchViolationKind = 'message-count' | 'batch-count' | 'no-trailer' | 'no-header' | 'stray-segment';

export interface BatchViolation {
  kind: BatchViolationKind;
  /** Line of the file, from 1. */
  line: number;
  segment: string;
  declared?: number;
  counted?: number;
}

export interface Batch {
  /** BHS, when the batch has one. */
  header: Segment | undefined;
  /** Each as text, so that one unreadable message does not cost the others. */
  messages: string[];
}

export interface BatchFile {
  /** FHS, when the file has one. */
  header: Segment | undefined;
  batches: Batch[];
  violations: BatchViolation[];
}

const ENVELOPE = new Set(['FHS', 'BHS', 'BTS', 'FTS']);

/**
 * Splits a file into batches and messages: `[FHS] { [BHS] { MSH ... } [BTS] } [FTS]`, all of the envelope optional.
 * Counts are optional too (BTS-1, FTS-1) and checked when given.
 *
 * @param maxLength characters of the file
 * @throws Hl7Error 100 when there is no message and no envelope in the text, 101 or 102 when a header is unusable, 207
 *   when the file is too long
 * @source HL7 v2.8 chapter 2.10.3, batch protocol
 */
export function splitBatchFile(text: string, maxLength = 64 * 1024 * 1024): BatchFile {
  if (text.length > maxLength) throw new Hl7Error('207', `The file is longer than ${maxLength} characters`);
  const reader = new BatchReader();
  const lines = (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).split(/\r\n|\r|\n/);
  lines.forEach((line, index) => {
    if (line.trim() !== '') reader.take(line, index + 1);
  });
  return reader.end(lines.length);
}

class BatchReader {
  readonly #file: BatchFile = { header: undefined, batches: [], violations: [] };
  #delimiters: Delimiters = DEFAULT_DELIMITERS;
  #batch: Batch | undefined;
  #message: string[] | undefined;
  #isTrailed = false;
  #sawEnvelope = false;

  take(line: string, number: number): void {
    const id = line.slice(0, 3);
    if (ENVELOPE.has(id)) {
      this.#endMessage();
      this.#sawEnvelope = true;
      if (id === 'FHS' || id === 'BHS') this.#delimiters = readDelimiters(line);
      this.#takeEnvelope(id, new Segment(line, this.#delimiters), number);
    } else if (id === 'MSH') {
      this.#endMessage();
      this.#batch ??= this.#startBatch(undefined);
      this.#message = [line];
    } else if (this.#message === undefined) this.#violate('stray-segment', number, id);
    else this.#message.push(line);
  }

  end(lines: number): BatchFile {
    this.#endMessage();
    if (this.#batch?.header !== undefined) this.#violate('no-trailer', lines, 'BHS');
    if (this.#file.header !== undefined && !this.#isTrailed) this.#violate('no-trailer', lines, 'FHS');
    if (!this.#sawEnvelope && this.#file.batches.length === 0) {
      throw new Hl7Error('100', 'There is no message in the file', { segment: 'MSH' });
    }
    return this.#file;
  }

  #takeEnvelope(id: string, segment: Segment, line: number): void {
    switch (id) {
      case 'FHS':
        if (this.#file.header !== undefined) this.#violate('no-trailer', line, 'FHS');
        this.#file.header ??= segment;
        return;
      case 'BHS':
        if (this.#batch?.header !== undefined) this.#violate('no-trailer', line, 'BHS');
        this.#batch = this.#startBatch(segment);
        return;
      case 'BTS':
        if (this.#batch?.header === undefined) this.#violate('no-header', line, 'BTS');
        this.#checkCount('message-count', segment, line, this.#batch?.messages.length ?? 0);
        this.#batch = undefined;
        return;
      default:
        if (this.#batch?.header !== undefined) this.#violate('no-trailer', line, 'BHS');
        if (this.#file.header === undefined) this.#violate('no-header', line, 'FTS');
        this.#checkCount('batch-count', segment, line, this.#file.batches.length);
        this.#batch = undefined;
        this.#isTrailed = true;
    }
  }

  #startBatch(header: Segment | undefined): Batch {
    const batch: Batch = { header, messages: [] };
    this.#file.batches.push(batch);
    return batch;
  }

  #endMessage(): void {
    if (this.#message === undefined) return;
    this.#batch?.messages.push(`${this.#message.join('\r')}\r`);
    this.#message = undefined;
  }

  #checkCount(kind: BatchViolationKind, trailer: Segment, line: number, counted: number): void {
    const text = trailer.field(1).value;
    if (text === undefined) return;
    const declared = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (declared !== counted) this.#file.violations.push({ kind, line, segment: trailer.id, declared, counted });
  }

  #violate(kind: BatchViolationKind, line: number, segment: string): void {
    this.#file.violations.push({ kind, line, segment });
  }
}

/** Puts messages, each already printed, into one batch in one file with counts. Headers are printed segments. */
export function printBatchFile(fileHeader: string, batchHeader: string, messages: readonly string[]): string {
  const separator = readDelimiters(batchHeader).field;
  const body = messages.map((message) => (message.endsWith('\r') ? message : `${message}\r`)).join('');
  return `${fileHeader}\r${batchHeader}\r${body}BTS${separator}${messages.length}\rFTS${separator}1\r`;
}
