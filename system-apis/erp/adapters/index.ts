import type { ErpAdapter } from '../port.ts';

/** The register of vendors: one line each. */
export const adapters = {
} satisfies Record<string, ErpAdapter>;

export type VendorName = keyof typeof adapters;
