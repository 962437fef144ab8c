import { ApiError } from '../errors/failures.ts';

/** The key as the contracts describe it. @throws ApiError 'invalid-request' for any other */
export function checkedKey(key: string | undefined): string {
  if (key !== undefined && /^[\x21-\x7e]{8,128}$/.test(key)) return key;
  throw new ApiError('invalid-request', 'An Idempotency-Key of 8 to 128 visible characters is required.', {
    errors: [{ pointer: 'header:Idempotency-Key', detail: key ? 'is not 8 to 128 visible characters' : 'is required' }],
  });
}
