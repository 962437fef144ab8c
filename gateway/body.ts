import { Transform, type Readable } from 'node:stream';
import { hasBody, headerOf, type Exchange } from './exchange.ts';
import { bodyTooLarge } from './policies/limit-body.ts';

/** A body up to this size is taken in before it goes on, so that a slow sender occupies nobody inside. */
const TAKEN_IN_BYTES = 64 * 1024;

/**
 * The body as it goes on: nothing, all of it, or a stream that fails when it grows beyond the limit. Never the request
 * itself, because a failed call destroys its body, and with it the connection on which the client should be told.
 */
export async function bodyOf(exchange: Exchange, bodyBytes: number): Promise<Buffer | Readable | null> {
  if (!hasBody(exchange)) return null;
  if (exchange.expectsContinue) exchange.response.writeContinue();
  const length = headerOf(exchange, 'content-length');
  if (length !== undefined && Number(length) <= TAKEN_IN_BYTES) return takenIn(exchange);
  if (length !== undefined) exchange.headers['content-length'] = length;
  return exchange.request.pipe(counting(bodyBytes));
}

/** Whoever goes away in the middle is not answered, so it does not matter how this ends then. */
function takenIn({ request }: Exchange): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.once('error', reject);
  });
}

function counting(limit: number): Transform {
  let size = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit) done(bodyTooLarge(limit));
      else done(null, chunk);
    },
  });
  // The call that the body goes into hears of this too; when none was made any more, nobody has to.
  counted.on('error', () => counted.destroy());
  return counted;
}
