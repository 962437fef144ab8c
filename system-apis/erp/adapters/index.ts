import type { ErpAdapter } from '../port.ts';
import { oracleFusion } from './oracle-fusion/adapter.ts';
import { tryton } from './tryton/adapter.ts';

/** The register of vendors: one line each. */
export const adapters = {
  'oracle-fusion': oracleFusion,
  tryton,
} satisfies Record<string, ErpAdapter>;

export type VendorName = keyof typeof adapters;
