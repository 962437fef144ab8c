import type { HcmAdapter } from '../port.ts';
import { workday } from './workday/adapter.ts';

/** The register of vendors: one line each. */
export const adapters = {
  workday,
} satisfies Record<string, HcmAdapter>;

export type VendorName = keyof typeof adapters;
