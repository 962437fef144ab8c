import { isIPv6 } from 'node:net';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Exchange, Policy } from '../exchange.ts';
import { createRateLimit, type RateSettings } from '../rate-limit.ts';

/** Counts the requests of a caller that is known by name, whatever token it uses. */
export function limitCallerRate(settings: RateSettings): Policy {
  const limit = createRateLimit(settings);
  return ({ caller }) => admit(limit.take(caller!.rateKey));
}

/** Counts the requests of an address. */
export function limitAddressRate(settings: RateSettings): Policy {
  const limit = createRateLimit(settings);
  return (exchange) => admit(limit.take(addressOf(exchange)));
}

function admit(waitMs: number): void {
  if (waitMs > 0) throw new ApiError('rate-limited', 'Too many requests; come back later.', { code: 'rate-limit', retryAfterMs: waitMs });
}

/** A subscriber has a whole /64 of version 6, so that is one address here. */
export function addressOf({ request }: Pick<Exchange, 'request'>): string {
  const address = request.socket.remoteAddress ?? 'unknown';
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address.replace(/^::ffff:/, '');
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const groups = tail === undefined ? before : [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return groups.slice(0, 4).join(':');
}
