import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors/failures.ts';
import { noteEvidence } from '../errors/evidence.ts';
import type { Payloads } from '../payloads/payloads.ts';
import { SHOWN_PURPOSE } from '../payloads/read-by-person.ts';
import type { Database } from '../storage/database.ts';
import { currentContext } from '../telemetry/context.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { VendorAnswer, VendorRequest } from './vendor-http.ts';

/** An exchange with a vendor as far as it came. */
export interface TroubledExchange {
  adapter: string;
  /** Names the vendor's instance. */
  target: string;
  request: VendorRequest;
  answer: VendorAnswer | undefined;
  durationMs: number;
}

/** Keeps exchanges that went wrong, so that people can see what was said. */
export interface VendorEvidence {
  /** Keeps the exchange when it is worth it and notes in the failure where. Never fails itself. */
  keep(exchange: TroubledExchange, failure: Error): Promise<void>;
}

/** Who repairs an integration looks within days; what a failed move refers to stays longer (payloads/upkeep.ts). */
const KEEP_DAYS = 30;
const MOST_CHARACTERS = 16_384;

/**
 * A vendor that fails all day must not fill the disk: per process, target and kind of failure so many in a minute and in
 * a day, so that no kind keeps another out. At these bounds a target takes some megabytes a day; what is left out is
 * counted (`outcome="left-out"`).
 */
const LIMITS = { perMinute: 6, perDay: 120 };
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Headers that say what was asked and answered. All others stay out: most are noise, and some are secrets. */
const SHOWN_HEADERS: ReadonlySet<string> = new Set([
  'accept', 'content-type', 'content-length', 'content-encoding', 'date', 'etag', 'if-match', 'if-none-exist', 'if-none-match', 'last-modified',
  'location', 'prefer', 'rest-framework-version', 'retry-after', 'server', 'x-request-id', 'x-correlation-id',
]);

export function createVendorEvidence({ database, payloads, log, metrics, now = () => performance.now(), limits = LIMITS }: {
  database: Database; payloads: Payloads; log: Log; metrics: Metrics; now?: () => number; limits?: typeof LIMITS;
}): VendorEvidence {
  const minutes = createCounts(limits.perMinute, MINUTE_MS, now);
  const days = createCounts(limits.perDay, DAY_MS, now);

  return {
    async keep(exchange, failure) {
      const { kind } = kindOf(failure);
      if (NO_TROUBLE.has(kind)) return;
      const counted = (outcome: string) => metrics.vendorEvidence.inc({ adapter: exchange.adapter, outcome });
      const place = `${exchange.target} ${kind}`;
      if (!minutes.take(place) || !days.take(place)) return counted('left-out');
      const reference = randomUUID();
      try {
        // Two parties wrote it, so that it is not compressed (payloads/sealed.ts).
        await payloads.put(database, { reference, body: JSON.stringify(told(exchange, failure)), mediaType: 'application/json', purpose: SHOWN_PURPOSE, keepDays: KEEP_DAYS, compress: false });
        noteEvidence(failure, reference);
        counted('kept');
      } catch (error) {
        // The failure itself matters more than what is kept of it.
        log.warn('a troubled exchange could not be kept', { adapter: exchange.adapter, ...describeError(error) });
        counted('lost');
      }
    },
  };
}

/** Without master keys nothing may be kept. */
export const keepsNoEvidence: VendorEvidence = { async keep() {} };

/** Answers that say what to do next. */
const NO_TROUBLE: ReadonlySet<string> = new Set(['not-found', 'rate-limited', 'in-progress']);

/** What an adapter throws of its own are refusals that it has to look at more closely. */
function kindOf(failure: Error): { kind: string; code?: string | undefined } {
  return failure instanceof ApiError ? failure : { kind: 'refused' };
}

function told({ adapter, target, request, answer, durationMs }: TroubledExchange, failure: Error): object {
  const secrets = secretsIn(request.headers ?? {});
  const shown = (text: string | undefined) => (text === undefined ? undefined : request.isSignOn ? 'not kept: it signs on' : bounded(without(secrets, text)));
  const { kind, code } = kindOf(failure);
  return {
    adapter, target, at: new Date().toISOString(), durationMs: Math.round(durationMs), correlationId: currentContext()?.correlationId, failure: { kind, code },
    request: { method: request.method, path: bounded(without(secrets, request.path)), headers: shownHeaders(request.headers ?? {}), body: shown(request.body) },
    ...(answer ? { answer: { status: answer.status, headers: shownHeaders(answer.headers), body: shown(answer.text) } } : {}),
  };
}

function shownHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string | string[] | undefined> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => SHOWN_HEADERS.has(name.toLowerCase())));
}

/** Error pages repeat requests with all of their headers. */
function secretsIn(headers: Record<string, string>): string[] {
  const hidden = Object.entries(headers).filter(([name]) => !SHOWN_HEADERS.has(name.toLowerCase())).flatMap(([, value]) => [value, ...value.split(/[\s,;=]+/)]);
  return hidden.filter((value) => value.length >= 8).toSorted((left, right) => right.length - left.length);
}

function without(secrets: readonly string[], text: string): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, '(removed)'), text);
}

function bounded(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)} (cut: ${text.length} characters)`;
}

/** So many of each name within a window of time; windows begin with their first. */
function createCounts(most: number, windowMs: number, now: () => number): { take(name: string): boolean } {
  const counts = new Map<string, { since: number; count: number }>();
  return {
    take(name) {
      const known = counts.get(name);
      const window = known && now() - known.since < windowMs ? known : { since: now(), count: 0 };
      counts.set(name, window);
      if (window.count >= most) return false;
      window.count += 1;
      return true;
    },
  };
}
