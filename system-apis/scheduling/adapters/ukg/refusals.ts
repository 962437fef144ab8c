import { ApiError, type FailureKind } from '#chassis/errors/failures.ts';

type Meaning = readonly [kind: FailureKind, code: string, detail: string, pointer?: string];

/** What the vendor's error codes mean. They are guesses but for the first, see README. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  'WCO-106194': ['upstream-broken', 'vendor-refused-request', 'More was asked of the planning than it takes at once.'],
  'WCO-101230': ['conflict', 'person-exists', 'Somebody has this number already.'],
  'WCO-104001': ['refused', 'unknown-unit', 'The planning has no such unit.', '/units'],
  'WFS-102001': ['refused', 'unknown-skill', 'The planning has no such skill.', '/skills'],
  'WFS-103000': ['not-found', 'unknown-shift', 'There is no such shift.'],
  'WFS-103001': ['unavailable', 'vendor-conflict', 'The shift was being changed by somebody else.'],
  'WFS-103002': ['refused', 'shift-taken', 'Somebody else has the shift.'],
  'WFS-103003': ['refused', 'not-eligible', 'The person may not take the shift.', '/personId'],
  'WFS-103004': ['refused', 'shift-overlaps', 'The person has another shift at that time.', '/personId'],
  'WFS-103009': ['refused', 'schedule-locked', 'The schedule is closed for that time.'],
};

/** A code that is not known is a question that the vendor did not take. Its message may name people and is not kept. */
export function refusalOf(errorCode: string | undefined): ApiError {
  const [kind, code, detail, pointer] = MEANINGS[errorCode ?? ''] ?? ['upstream-broken', 'vendor-refused-request', 'The planning did not take our request.'];
  return new ApiError(kind, detail, { code, ...(pointer === undefined ? {} : { errors: [{ pointer, detail }] }) });
}

export function hasCode(thrown: unknown, code: string): thrown is ApiError {
  return thrown instanceof ApiError && thrown.code === code;
}
