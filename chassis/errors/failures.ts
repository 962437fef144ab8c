/**
 * Every way in which an operation can fail. Closed: code outside this table does not invent kinds, it adds a `code`.
 * `retryable` means that the same call may succeed later without anybody changing anything.
 *
 * @source RFC 9110 section 15, RFC 6585, RFC 9457
 */
export const FAILURES = {
  'invalid-request': { status: 400, retryable: false, title: 'The request is not valid' },
  'unauthenticated': { status: 401, retryable: false, title: 'Who you are could not be verified' },
  'forbidden': { status: 403, retryable: false, title: 'You may not do this' },
  'not-found': { status: 404, retryable: false, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, retryable: false, title: 'This address does not do that' },
  'conflict': { status: 409, retryable: false, title: 'This contradicts what is already there' },
  'in-progress': { status: 409, retryable: true, title: 'The same request is being worked on' },
  'precondition-failed': { status: 412, retryable: false, title: 'It was changed in the meantime' },
  'too-large': { status: 413, retryable: false, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, retryable: false, title: 'The content type is not understood' },
  'refused': { status: 422, retryable: false, title: 'A business rule refuses this' },
  'rate-limited': { status: 429, retryable: true, title: 'Too many requests' },
  'internal': { status: 500, retryable: false, title: 'Something went wrong on our side' },
  'not-supported': { status: 501, retryable: false, title: 'The system behind cannot do this' },
  'upstream-broken': { status: 502, retryable: false, title: 'A system behind answered with something unusable' },
  'unavailable': { status: 503, retryable: true, title: 'A system is not available at the moment' },
  'upstream-timeout': { status: 504, retryable: true, title: 'A system did not answer in time' },
} as const;

export type FailureKind = keyof typeof FAILURES;

/** One fault in the input. `pointer` is a JSON pointer into the body, or `parameter:<name>`, `header:<name>`. */
export interface InputFault {
  pointer: string;
  detail: string;
  code?: string;
}

export interface FailureDetails {
  /** A finer, stable reason within the kind, such as `budget-exceeded`. */
  code?: string;
  errors?: InputFault[];
  /** Milliseconds after which a repeat makes sense. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** The only error that crosses an API boundary. `detail` is shown to callers: no personal data, no internals. */
export class ApiError extends Error {
  readonly kind: FailureKind;
  readonly code: string | undefined;
  readonly errors: InputFault[] | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, detail: string, details: FailureDetails = {}) {
    super(detail, { cause: details.cause });
    this.name = 'ApiError';
    this.kind = kind;
    this.code = details.code;
    this.errors = details.errors;
    this.retryAfterMs = details.retryAfterMs;
  }

  get status(): number {
    return FAILURES[this.kind].status;
  }

  get retryable(): boolean {
    return FAILURES[this.kind].retryable;
  }
}

/** Any thrown value as an ApiError; what is unknown becomes `internal` with a fixed text, its cause kept. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError('internal', 'An unexpected error occurred.', { cause: thrown });
}
