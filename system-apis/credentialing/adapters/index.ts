import type { CredentialingAdapter } from '../port.ts';
import { fhirR4 } from './fhir-r4/adapter.ts';

/** The register of credentialing systems: one line each. */
export const adapters = {
  'fhir-r4': fhirR4,
} satisfies Record<string, CredentialingAdapter>;

export type VendorName = keyof typeof adapters;
