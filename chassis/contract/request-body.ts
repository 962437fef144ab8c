import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ApiError } from '../errors/failures.ts';

export const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

const UNPACK: Readonly<Record<string, () => Transform>> = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress, zstd: createZstdDecompress };
const JSON_TYPE = 'application/json';
const utf8 = new TextDecoder();

/** True when a body follows, be it of no bytes. @source RFC 9112 section 6.3 */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** Without its parameters, in small letters. */
export function mediaTypeOf({ headers }: IncomingMessage): string {
  const type = headers['content-type'] ?? '';
  const end = type.indexOf(';');
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}

/**
 * The body: what JSON says, or the text of the media type that is taken besides. A body of another type is not read.
 *
 * @throws ApiError 'invalid-request', 'too-large' or 'unsupported-media-type', once all of the body has come in
 */
export async function readBody(request: IncomingMessage, textType: string | undefined): Promise<unknown> {
  const type = mediaTypeOf(request);
  if (type !== JSON_TYPE && type !== textType) return undefined;
  requireCharset(request.headers['content-type']!, type);
  const text = utf8.decode(await readBytes(request));
  return type === JSON_TYPE ? fromJson(text) : text;
}

/** Another charset could hide from the checks what the reader then sees. @source RFC 8259 section 8.1: JSON is UTF-8 */
function requireCharset(contentType: string, type: string): void {
  if (contentType.length === type.length) return;
  for (const [, charset] of contentType.matchAll(/;\s*charset\s*=\s*"?([^";\s]*)/gi)) {
    const known = charset!.toLowerCase();
    if (known !== 'utf-8' && (type === JSON_TYPE || known !== 'us-ascii')) throw notSupported();
  }
}

function notSupported(): ApiError {
  return new ApiError('unsupported-media-type', 'The charset or encoding is not supported.');
}

/** An object or a list; nothing at all counts as an object without properties. */
function fromJson(text: string): unknown {
  if (text === '') return {};
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw notJson(cause);
  }
  throw notJson();
}

function notJson(cause?: unknown): ApiError {
  return new ApiError('invalid-request', 'The body is not valid JSON.', { code: 'invalid-json', errors: [{ pointer: '', detail: 'is not valid JSON' }], cause });
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  try {
    if (encoding !== 'identity') return await unpacked(request, encoding);
    if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) throw tooLarge();
    return await collect(request);
  } catch (failure) {
    // Whoever is still sending would not read the answer.
    await drained(request);
    throw failure;
  }
}

async function unpacked(request: IncomingMessage, encoding: string): Promise<Buffer> {
  const unpack = Object.hasOwn(UNPACK, encoding) ? UNPACK[encoding] : undefined;
  if (!unpack) throw notSupported();
  const stream = unpack();
  const cut = () => { if (!request.complete) stream.destroy(); };
  request.once('close', cut).pipe(stream);
  try {
    return await collect(stream);
  } finally {
    request.off('close', cut).unpipe(stream);
    stream.destroy();
    request.resume();
  }
}

/** Holds no more than the limit and one chunk, whatever was announced. */
function collect(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const add = (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_LIMIT_BYTES) end(tooLarge());
      else chunks.push(chunk);
    };
    const whole = () => end();
    const broken = (cause?: Error) => end(new ApiError('invalid-request', 'The request could not be read.', { cause }));
    const end = (failure?: ApiError) => {
      stream.off('data', add).off('end', whole).off('close', broken);
      if (failure) reject(failure);
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
    };
    // The listener for errors stays: a stream that is given up may fail once more.
    stream.on('data', add).on('end', whole).on('close', broken).on('error', broken);
  });
}

function tooLarge(): ApiError {
  return new ApiError('too-large', 'The body is larger than this address takes.');
}

/** Returns when all of the request has come in, or its connection has ended. */
function drained(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    request.once('end', resolve).once('close', resolve).resume();
  });
}
