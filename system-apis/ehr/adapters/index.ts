import type { EhrAdapter } from '../port.ts';
import { fhirR4 } from './fhir-r4/adapter.ts';
import { hl7v2 } from './hl7-v2/adapter.ts';

/** The register of record systems: one line each. */
export const adapters = {
  'fhir-r4': fhirR4,
} satisfies Record<string, EhrAdapter>;

export type VendorName = keyof typeof adapters;

/** The protocol by which clinical systems send messages. */
export const messageProtocol = hl7v2;
