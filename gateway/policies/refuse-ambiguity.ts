import { ApiError } from '#chassis/errors/failures.ts';
import type { Exchange, Policy } from '../exchange.ts';

const LONGEST_URL = 8_192;
const MOST_HEADERS = 100;
/** What a list may be spread over; everything else that comes twice could be read in two ways. */
const LISTS = new Set(['accept', 'accept-encoding', 'accept-language', 'cache-control', 'cookie', 'forwarded', 'via', 'x-forwarded-for', 'sec-ch-ua', 'access-control-request-headers']);
const PATH = /^(?:\/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})*)+$/;
const QUERY = /^(?:[A-Za-z0-9._~!$'()*+,;:@/?&=[\]-]|%[0-9A-Fa-f]{2})*$/;

/**
 * Refuses what two readers could read differently: another program behind the door would then decide about something
 * else than the policies did.
 *
 * @source RFC 3986 section 3.3, RFC 9110 sections 5.3 and 7.2, RFC 9112 section 3.2
 */
export const refuseAmbiguity: Policy = (exchange) => {
  const { request, path, query } = exchange;
  if ((request.url ?? '').length > LONGEST_URL) refuse('The address is too long.', 'address-too-long');
  if (!isPlainPath(path)) refuse('The path can be read in more than one way.', 'ambiguous-path');
  if (!isPlainQuery(query)) refuse('The query can be read in more than one way.', 'ambiguous-query');
  refuseRepeatedHeaders(exchange);
  if (request.headers.upgrade !== undefined) refuse('This door leads to HTTP only.', 'upgrade-refused');
};

/** One way to write each path: no dots that lead elsewhere, no empty parts, nothing encoded twice, no separators of other systems. */
export function isPlainPath(path: string): boolean {
  if (!PATH.test(path)) return false;
  if (/%(?:00|25|5c|3b)/i.test(path)) return false;
  const text = decoded(path);
  if (text === undefined || hasControl(text)) return false;
  const parts = text.split('/').slice(1);
  // The root and a slash at the end are addresses, though not of ours.
  return parts.every((part, index) => part !== '.' && part !== '..' && (part !== '' || index === parts.length - 1));
}

function isPlainQuery(query: string): boolean {
  if (query === '') return true;
  const text = QUERY.test(query) ? decoded(query) : undefined;
  return text !== undefined && !hasControl(text);
}

function refuseRepeatedHeaders({ request: { rawHeaders } }: Exchange): void {
  if (rawHeaders.length / 2 > MOST_HEADERS) refuse('There are too many headers.', 'too-many-headers');
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (seen.has(name) && !LISTS.has(name)) refuse('A header is given more than once.', 'repeated-header');
    seen.add(name);
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function hasControl(text: string): boolean {
  return /[\u0000-\u001f\u007f-\u009f]/.test(text);
}

function refuse(detail: string, code: string): never {
  throw new ApiError('invalid-request', detail, { code });
}
