import { ApiError, FAILURES, type FailureKind, type InputFault } from './failures.ts';

/** Problem details as they travel. @source RFC 9457 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  instance?: string;
  correlationId: string;
  code?: string;
  errors?: InputFault[];
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

export function toProblem(error: ApiError, correlationId: string, instance?: string): Problem {
  return {
    type: `/problems/${error.kind}`,
    title: FAILURES[error.kind].title,
    status: error.status,
    detail: error.message,
    ...(instance ? { instance } : {}),
    correlationId,
    ...(error.code ? { code: error.code } : {}),
    ...(error.errors ? { errors: error.errors } : {}),
  };
}

/** The same kind on the other side of a hop, so that the meaning survives it. */
export function fromProblem(status: number, body: unknown, retryAfterMs?: number): ApiError {
  if (isProblem(body)) {
    const kind = body.type.replace('/problems/', '');
    if (isFailureKind(kind)) {
      return new ApiError(kind, body.detail ?? body.title, { code: body.code, errors: body.errors, retryAfterMs });
    }
  }
  return new ApiError(kindOfStatus(status), `The call was answered with status ${status}.`, { retryAfterMs });
}

/** The kind for a bare status of a peer that does not speak problem+json. */
export function kindOfStatus(status: number): FailureKind {
  const match = Object.entries(FAILURES).find(([, failure]) => failure.status === status);
  if (match && status !== 500) return match[0] as FailureKind;
  return status >= 500 ? 'unavailable' : 'upstream-broken';
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string' && 'title' in body;
}

function isFailureKind(kind: string): kind is FailureKind {
  return Object.hasOwn(FAILURES, kind);
}
