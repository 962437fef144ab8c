import { ApiError } from '#chassis/errors/failures.ts';
import { hasBody, headerOf, type Policy } from '../exchange.ts';

/** A body only where the contract has one, of its type, uncompressed, and within the limit where its length is said. */
export function limitBody({ bodyBytes }: { bodyBytes: number }): Policy {
  return (exchange) => {
    const { consumes } = exchange.match.route!.operation;
    const type = headerOf(exchange, 'content-type');
    if (!hasBody(exchange)) {
      // A script may send an empty body with a type; the API says whether it needs more.
      if (consumes && type !== undefined && mediaTypeOf(type) === consumes) exchange.headers['content-type'] = consumes;
      return;
    }
    if (!consumes) throw new ApiError('invalid-request', 'This address takes no body.', { code: 'unexpected-body' });
    if (headerOf(exchange, 'content-encoding') !== undefined) throw new ApiError('unsupported-media-type', 'The body must not be compressed.', { code: 'content-encoding' });
    if (type === undefined || mediaTypeOf(type) !== consumes || !isUtf8(type)) throw new ApiError('unsupported-media-type', `The body must be ${consumes} in UTF-8.`);
    if (Number(headerOf(exchange, 'content-length') ?? 0) > bodyBytes) throw bodyTooLarge(bodyBytes);
    exchange.headers['content-type'] = consumes;
  };
}

export function bodyTooLarge(bodyBytes: number): ApiError {
  return new ApiError('too-large', `The body is larger than ${bodyBytes} bytes.`, { code: 'body-too-large' });
}

function mediaTypeOf(type: string): string {
  return (type.split(';')[0] ?? '').trim().toLowerCase();
}

/** Another charset could hide from the checks what the reader then sees. */
function isUtf8(type: string): boolean {
  const parameters = type.split(';').slice(1).map((each) => each.trim().toLowerCase()).filter((each) => each !== '');
  return parameters.every((each) => /^charset="?(?:utf-8|us-ascii)"?$/.test(each));
}
