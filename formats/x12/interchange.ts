import type { EnvelopeOptions } from './envelope.ts';
import { EnvelopeReader } from './envelope.ts';
import { X12Error } from './error.ts';
import type { GroupHeader, InterchangeHeader } from './headers.ts';
import type { Segment } from './segment.ts';
import type { Token, TokenizerLimits } from './tokenizer.ts';
import { Tokenizer } from './tokenizer.ts';
import type { FunctionalGroup, Interchange, TransactionSet } from './tree.ts';

export interface ParseOptions extends TokenizerLimits, EnvelopeOptions {
  /** Characters of the whole text. Longer ones are for the streaming functions. */
  maxLength?: number;
}

export type Chunk = string | Uint8Array;

/**
 * Reads all interchanges of a text into memory, with everything that is wrong with their envelopes.
 *
 * @throws X12Error 'no-interchange' when there is no readable ISA, 'limit' when it is too large
 */
export function parseInterchanges(text: string, options: ParseOptions = {}): Interchange[] {
  const maxLength = options.maxLength ?? 64 * 1024 * 1024;
  if (text.length > maxLength) throw new X12Error('limit', `The text is longer than ${maxLength} characters`);
  const tokenizer = new Tokenizer(options);
  const reader = new EnvelopeReader(options);
  for (const token of tokenizer.push(text)) reader.accept(token);
  for (const token of tokenizer.end()) reader.accept(token);
  reader.end();
  if (reader.interchanges.length === 0) throw new X12Error('no-interchange', 'The text is empty');
  return reader.interchanges;
}

/** As parseInterchanges, for a text that has to hold exactly one. */
export function parseInterchange(text: string, options: ParseOptions = {}): Interchange {
  const [first, second] = parseInterchanges(text, options);
  if (second !== undefined) throw new X12Error('no-interchange', 'The text holds more than one interchange');
  return first as Interchange;
}

/**
 * The segments of a text of any length, one at a time and in constant memory.
 *
 * @param source text, or bytes in UTF-8
 * @throws X12Error as parseInterchanges
 */
export async function* streamSegments(
  source: AsyncIterable<Chunk> | Iterable<Chunk>,
  limits: TokenizerLimits = {},
): AsyncGenerator<Segment, void, undefined> {
  for await (const tokens of tokenBatches(source, limits)) for (const token of tokens) yield token.segment;
}

/** A transaction set with the headers it came under. */
export interface StreamedTransactionSet {
  interchange: InterchangeHeader;
  group: GroupHeader;
  transaction: TransactionSet;
}

/**
 * The transaction sets of a text of any length, each when it is complete; one is in memory at a time.
 *
 * The verdict on the envelopes comes last, as the value the generator returns, because it is known last: whoever
 * posts sets as they come must be able to take them back (no partial post of a rejected interchange).
 */
export async function* streamTransactionSets(
  source: AsyncIterable<Chunk> | Iterable<Chunk>,
  options: TokenizerLimits & Pick<EnvelopeOptions, 'maxSegmentsPerTransaction'> = {},
): AsyncGenerator<StreamedTransactionSet, Interchange[], undefined> {
  const reader = new EnvelopeReader({ ...options, keepSegments: true, keepFaultless: false });
  let open: Omit<StreamedTransactionSet, 'transaction'> | undefined;
  for await (const tokens of tokenBatches(source, options)) {
    for (const token of tokens) {
      const transaction = reader.accept(token);
      if (transaction !== undefined && open !== undefined) yield* release(transaction, open);
      open = headersOf(reader.open);
    }
  }
  const cut = reader.end();
  if (cut !== undefined && open !== undefined) yield* release(cut, open);
  return reader.interchanges;
}

/** The verdict on the envelopes of a text of any length; of the transaction sets only the faulty ones are listed. */
export async function checkEnvelopes(
  source: AsyncIterable<Chunk> | Iterable<Chunk>,
  limits: TokenizerLimits = {},
): Promise<Interchange[]> {
  const reader = new EnvelopeReader({ keepSegments: false, keepFaultless: false });
  for await (const tokens of tokenBatches(source, limits)) for (const token of tokens) reader.accept(token);
  reader.end();
  return reader.interchanges;
}

/** Hands out a set whole, then lets go of its segments, so that the verdict kept for last stays small. */
function* release(
  transaction: TransactionSet,
  headers: Omit<StreamedTransactionSet, 'transaction'>,
): Generator<StreamedTransactionSet, void, undefined> {
  yield { ...headers, transaction: { ...transaction } };
  transaction.segments = [];
}

function headersOf(
  { interchange, group }: { interchange: Interchange | undefined; group: FunctionalGroup | undefined },
): Omit<StreamedTransactionSet, 'transaction'> | undefined {
  if (interchange === undefined || group === undefined) return undefined;
  return { interchange: interchange.header, group: group.header };
}

/** A source may hand over everything in one chunk; its tokens must not all live at a time. */
const SLICE = 16 * 1024;

async function* tokenBatches(
  source: AsyncIterable<Chunk> | Iterable<Chunk>,
  limits: TokenizerLimits,
): AsyncGenerator<Token[], void, undefined> {
  const tokenizer = new Tokenizer(limits);
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += SLICE) {
      const slice = typeof chunk === 'string' ? chunk.slice(at, at + SLICE) : chunk.subarray(at, at + SLICE);
      yield tokenizer.push(typeof slice === 'string' ? slice : decoder.decode(slice, { stream: true }));
    }
  }
  const rest = decoder.decode();
  if (rest !== '') yield tokenizer.push(rest);
  yield tokenizer.end();
}
