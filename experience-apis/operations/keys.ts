import { ApiError } from '#chassis/errors/failures.ts';

/** A business key out of two parameters, of which neither means anything alone. */
export function keyIn(kind: string | undefined, value: string | undefined): { key?: { kind: string; value: string } } {
  if (kind !== undefined && value !== undefined) return { key: { kind, value } };
  if (kind === undefined && value === undefined) return {};
  throw new ApiError('invalid-request', 'A key is its kind and its value.', { errors: [{ pointer: `parameter:${kind === undefined ? 'kind' : 'value'}`, detail: 'is needed as well' }] });
}
