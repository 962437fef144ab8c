import { ApiError, type InputFault } from '#chassis/errors/failures.ts';

/** What no database of the vendor's keeps: NUL, and halves of characters. Everything else comes back as it was. */
export function refuseUnkeepable(body: unknown): void {
  const errors = faultsIn(body, '');
  if (errors.length > 0) throw new ApiError('invalid-request', `${errors[0]!.pointer} ${errors[0]!.detail}.`, { errors });
}

function faultsIn(value: unknown, pointer: string): InputFault[] {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? [{ pointer, detail: 'has characters that the ERP cannot keep' }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => faultsIn(inner, `${pointer}/${name}`));
}
