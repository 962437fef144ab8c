import { Hl7Error } from './error.ts';

export interface DecodedMessage {
  text: string;
  /** How the bytes were read. */
  characterSet: string;
  /** MSH-18 as sent; undefined when left out. */
  declared: string | undefined;
  /** Nothing was declared and the bytes are not UTF-8, so ISO 8859-1 was assumed: letters may be wrong. */
  isGuess: boolean;
}

/** Table 0211 against the names of the WHATWG encoding standard. */
const DECODERS: Record<string, string> = {
  'UNICODE UTF-8': 'utf-8',
  '8859/2': 'iso-8859-2',
  '8859/3': 'iso-8859-3',
  '8859/4': 'iso-8859-4',
  '8859/5': 'iso-8859-5',
  '8859/6': 'iso-8859-6',
  '8859/7': 'iso-8859-7',
  '8859/8': 'iso-8859-8',
  '8859/15': 'iso-8859-15',
  'GB 18030-2000': 'gb18030',
  'BIG-5': 'big5',
};

/** MSH-18 stands within the first segment, and the first segment is short. */
const HEADER_BYTES = 8192;

/**
 * Turns the bytes of a message into text by what MSH-18 says (chapter 2.14.9.18). Left out, the standard means ASCII;
 * UTF-8 includes it and is what most senders mean. The first repetition counts; switching within a message by ISO
 * 2022 escapes is not done.
 *
 * @throws Hl7Error 102 when the bytes are not what MSH-18 declares, 103 when the declared set is not supported
 */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  const mark = byteOrderMark(bytes);
  if (mark !== undefined) {
    const text = decode(bytes, mark);
    return { text, characterSet: mark, declared: declaredIn(text.slice(0, HEADER_BYTES)), isGuess: false };
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = declaredIn(buffer.toString('latin1', 0, HEADER_BYTES));
  if (declared === undefined) return undeclared(buffer);
  if (declared === 'ASCII') {
    if (!isAscii(buffer)) throw mismatch();
    return { text: buffer.toString('latin1'), characterSet: 'ASCII', declared, isGuess: false };
  }
  // Not by TextDecoder, whose iso-8859-1 is windows-1252.
  if (declared === '8859/1') return { text: buffer.toString('latin1'), characterSet: '8859/1', declared, isGuess: false };
  const decoder = DECODERS[declared];
  if (decoder === undefined) {
    throw new Hl7Error('103', 'The character set is not supported', { segment: 'MSH', sequence: 1, field: 18 });
  }
  return { text: decode(bytes, decoder), characterSet: declared, declared, isGuess: false };
}

/**
 * Turns text into the bytes of a character set of table 0211.
 *
 * @throws Hl7Error 103 when the set is not one we write, 102 when it has no code for a character of the text
 */
export function encodeMessage(text: string, characterSet = 'UNICODE UTF-8'): Buffer {
  if (characterSet === 'UNICODE UTF-8') return Buffer.from(text, 'utf8');
  if (characterSet !== 'ASCII' && characterSet !== '8859/1') {
    throw new Hl7Error('103', 'The character set is not supported', { segment: 'MSH', sequence: 1, field: 18 });
  }
  const highest = characterSet === 'ASCII' ? 0x7f : 0xff;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > highest) throw mismatch();
  return Buffer.from(text, 'latin1');
}

function undeclared(buffer: Buffer): DecodedMessage {
  try {
    return { text: decode(buffer, 'utf-8'), characterSet: 'UNICODE UTF-8', declared: undefined, isGuess: false };
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    return { text: buffer.toString('latin1'), characterSet: '8859/1', declared: undefined, isGuess: true };
  }
}

function decode(bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw mismatch(error);
    throw error;
  }
}

function mismatch(cause?: Error): Hl7Error {
  const at = { segment: 'MSH', sequence: 1, field: 18 };
  return new Hl7Error('102', 'The bytes are not of the character set declared', at, cause && { cause });
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** Works before the message is parsed, and on one that cannot be. */
function declaredIn(start: string): string | undefined {
  const from = start.search(/(?:^|[\r\n])(?:MSH|FHS|BHS)/);
  if (from === -1) return undefined;
  const line = start.slice(from).trimStart().split(/[\r\n]/, 1)[0] as string;
  if (!line.startsWith('MSH')) return undefined;
  const separator = line.charAt(3);
  const value = separator === '' ? undefined : line.split(separator)[17];
  const first = value?.split(line.charAt(5) || '~', 1)[0]?.trim();
  return first === undefined || first === '' ? undefined : first;
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}
