import { FhirError, issue } from './operation-outcome.ts';

/** The FHIR face of any failure. What the database or a bug says stays inside. */
export function toFhirError(error: unknown): FhirError {
  if (error instanceof FhirError) return error;
  const state = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (state === '23505' || state === '40001' || state === '40P01') return new FhirError(409, issue('conflict', 'Another request changed the same resource'));
  if (state.startsWith('22')) return new FhirError(400, issue('value', 'A value cannot be kept'));
  return new FhirError(500, issue('exception', 'The record system failed'));
}
