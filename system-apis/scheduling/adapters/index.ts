import type { SchedulingAdapter } from '../port.ts';
import { ukg } from './ukg/adapter.ts';

/** The register of planning systems: one line each. */
export const adapters = {
  ukg,
} satisfies Record<string, SchedulingAdapter>;

export type VendorName = keyof typeof adapters;
