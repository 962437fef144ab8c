import { ApiError, type InputFault } from '#chassis/errors/failures.ts';

export interface FieldError {
  error: string;
  field?: string;
}

/** What the vendor says no to, by field. Its words may quote what was sent: they go no further. */
export class VendorRefusal extends Error {
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[]) {
    super('the HR system refused');
    this.name = 'VendorRefusal';
    this.errors = errors;
  }
}

/** By text, in the order in which they are looked for. The texts are those of the sandbox. */
const REASONS: readonly { text: RegExp; code: string; pointer: string; detail: string }[] = [
  { text: /^The job profile is not valid/, code: 'unknown-job', pointer: '/jobCode', detail: 'is no job of the HR system' },
  { text: /^The supervisory organization is not valid/, code: 'unknown-department', pointer: '/departmentCode', detail: 'is no department of the HR system' },
  { text: /^The location is not valid/, code: 'department-not-at-facility', pointer: '/facility', detail: 'does not have the department' },
  { text: /^The position is not valid/, code: 'unknown-position', pointer: '/positionId', detail: 'is no position of the HR system' },
  { text: /^The position is closed/, code: 'position-closed', pointer: '/positionId', detail: 'is closed' },
  { text: /^The position is already filled/, code: 'position-filled', pointer: '/positionId', detail: 'is held by somebody else' },
  { text: /^The manager is not valid/, code: 'unknown-manager', pointer: '/managerPersonId', detail: 'is nobody whom the HR system knows' },
  { text: /^The Universal ID is not/, code: 'unknown-person', pointer: '/personId', detail: 'is nobody whom the HR system knows' },
  { text: /already employed/, code: 'already-employed', pointer: '/personId', detail: 'is employed on that day' },
  { text: /^The NPI belongs/, code: 'duplicate-npi', pointer: '/npi', detail: 'belongs to another person' },
  { text: /already on leave/, code: 'already-on-leave', pointer: '/effectiveOn', detail: 'lies in or before another leave' },
  { text: /not on leave/, code: 'not-on-leave', pointer: '/effectiveOn', detail: 'is not behind the first day of an open leave' },
  { text: /already terminated/, code: 'already-terminated', pointer: '/kind', detail: 'was done already' },
  { text: /before the hire date/, code: 'termination-before-hire', pointer: '/effectiveOn', detail: 'is before the day of hire' },
  { text: /not employed in the pay period/, code: 'not-employed', pointer: '/workerId', detail: 'is not employed in that period' },
  { text: /not employed/, code: 'not-employed', pointer: '/effectiveOn', detail: 'is no day on which the worker is employed' },
  { text: /cannot be rescinded|Later events depend/, code: 'not-reversible', pointer: '/kind', detail: 'is not possible any more' },
  { text: /^The earning is not valid/, code: 'unknown-earning', pointer: '/earningCode', detail: 'is no earning of the HR system' },
  { text: /^Enter hours or an amount/, code: 'hours-or-amount-required', pointer: '/hours', detail: 'or an amount is required' },
  { text: /^The currency is required/, code: 'currency-required', pointer: '/currency', detail: 'is required with an amount' },
  { text: /^The cost center is required/, code: 'cost-center-required', pointer: '/costCenter', detail: 'is required, since the department has none' },
  { text: /^The cost center is not valid/, code: 'unknown-cost-center', pointer: '/costCenter', detail: 'is no cost centre of the HR system' },
];

export function unknownWorker(cause?: unknown): ApiError {
  return new ApiError('not-found', 'There is no such worker.', { code: 'unknown-worker', cause });
}

/** A refusal in our terms, all faults together. */
export function refused(errors: readonly FieldError[], cause?: unknown): ApiError {
  if (errors.some(({ error }) => error.startsWith('The worker is not valid'))) return unknownWorker(cause);
  const faults = errors.map(faultOf);
  const [first] = faults;
  if (!first) return new ApiError('refused', 'The HR system refuses this.', { code: 'vendor-refused', cause });
  return new ApiError('refused', `${first.pointer || 'The request'} ${first.detail}.`, { code: first.code, errors: faults, cause });
}

function faultOf({ error, field }: FieldError): InputFault & { code: string } {
  const reason = REASONS.find(({ text }) => text.test(error));
  if (reason) return { pointer: reason.pointer, detail: reason.detail, code: reason.code };
  return { pointer: '', detail: `is refused by the HR system because of ${field?.slice(0, 60) ?? 'a field that it does not name'}`, code: 'vendor-refused' };
}
