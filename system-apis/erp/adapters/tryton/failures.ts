import { ApiError } from '#chassis/errors/failures.ts';

/** What Tryton said, kept as the cause of our failure. Its text may name parties, so it never becomes a message of ours. */
export class TrytonFailure extends Error {
  readonly kind: string;

  constructor(kind: string, text: string) {
    super(text);
    this.name = 'TrytonFailure';
    this.kind = kind;
  }
}

/**
 * Somebody else wrote first; the server undid the call, which may succeed a moment later. A code that is taken comes of
 * sequences on SQLite, which hand out the same number to two at once.
 */
const PASSING = /could not serialize access|could not obtain lock|deadlock detected|database is locked|the code on .* must be unique/i;

/** English, which the context of every call asks for. The texts are those of the modules' message.xml in Tryton 6.0. */
const REFUSALS: readonly [pattern: RegExp, code: string, detail: string][] = [
  [/must provide a stock lot/i, 'tracking-required', 'The item is traced by lot or serial number, and none was given.'],
  [/lot .* has expired/i, 'lot-expired', 'The lot has expired.'],
  [/cannot use more than .* of lot/i, 'serial-quantity', 'One serial number stands for one piece.'],
  [/must create a (period|fiscal year) for the date|outside the period|closed period|period .* is closed/i, 'period-closed', 'No accounting period is open on that day.'],
  [/must balance all its lines/i, 'journal-unbalanced', 'Debits and credits differ.'],
  [/greater than the amount to pay/i, 'overpayment', 'More would be paid than is owed.'],
  [/don't exist anymore/i, 'vendor-record-gone', 'A document was removed in the meantime.'],
  [/not allowed to access/i, 'vendor-denies-access', 'The integration user may not do this in the ERP.'],
];

/** The failure of a call whose answer carries `error`. */
export function failureOf(error: unknown): ApiError {
  const [kind, payload] = Array.isArray(error) ? error as [unknown, unknown] : [error, undefined];
  if (kind === 'UserError') return refusal(textOf(payload));
  if (kind === 'UserWarning') {
    const [, message] = Array.isArray(payload) ? payload as [unknown, unknown] : [];
    return new ApiError('refused', 'The ERP asks a person to confirm this.', { code: 'vendor-asks-confirmation', cause: new TrytonFailure('UserWarning', String(message)) });
  }
  if (kind === 'ConcurrencyException') return passing(new TrytonFailure('ConcurrencyException', textOf(payload)));
  const text = String(kind);
  const cause = new TrytonFailure('unexpected', text);
  if (PASSING.test(text)) return passing(cause);
  // A KeyError of the server arrives as its bare, quoted key: we asked for a field or model that is not there.
  if (/^'[\w.]+'$/.test(text)) return new ApiError('upstream-broken', 'The ERP does not know a field that it should.', { code: 'vendor-field-unknown', cause });
  return new ApiError('upstream-broken', 'The ERP failed on this request.', { code: 'vendor-failed', cause });
}

function refusal(text: string): ApiError {
  const cause = new TrytonFailure('UserError', text);
  if (PASSING.test(text)) return passing(cause);
  const [, code = 'vendor-refused', detail = 'The ERP refuses this.'] = REFUSALS.find(([pattern]) => pattern.test(text)) ?? [];
  return new ApiError('refused', detail, { code, cause });
}

function passing(cause: TrytonFailure): ApiError {
  return new ApiError('unavailable', 'The ERP is busy with the same documents.', { code: 'vendor-conflict', retryAfterMs: 200, cause });
}

export function isPassing(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.code === 'vendor-conflict';
}

function textOf(payload: unknown): string {
  return Array.isArray(payload) ? payload.filter((part) => typeof part === 'string').join(' ') : String(payload);
}

/** A business rule refuses what a body names. */
export function refused(code: string, detail: string): ApiError {
  return new ApiError('refused', detail, { code });
}

export function notFound(code: string, detail: string): ApiError {
  return new ApiError('not-found', detail, { code });
}

export function invalid(pointer: string, detail: string, code?: string): ApiError {
  return new ApiError('invalid-request', `${pointer} ${detail}.`, { errors: [{ pointer, detail }], ...(code ? { code } : {}) });
}
