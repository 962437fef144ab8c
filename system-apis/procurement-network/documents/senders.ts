import { ApiError } from '#chassis/errors/failures.ts';
import type { Principal } from '#chassis/security/principal.ts';

/**
 * Whoever hands a document in must speak for its supplier. A scope alone does not say so: a service that may use the
 * network for its own work could otherwise write invoices. What the channels fetch themselves does not come this way.
 *
 * @throws ApiError forbidden
 */
export function requireSupplier({ bindings }: Principal, supplierNumber: string): void {
  if (bindings['supplier'] === undefined || bindings['supplier'] !== supplierNumber) {
    throw new ApiError('forbidden', 'The token does not speak for the supplier of the document.', { code: 'not-the-supplier' });
  }
}

/**
 * Each document of an interchange names its supplier itself, so that only who carries for many may hand one in.
 *
 * @throws ApiError forbidden
 */
export function requireExchange({ bindings }: Principal): void {
  if (bindings['exchange'] !== 'x12' || bindings['supplier'] !== undefined) {
    throw new ApiError('forbidden', 'The token speaks for no exchange of X12.', { code: 'no-exchange' });
  }
}
