import type { FusionSettings } from './settings.ts';

type ChartSettings = FusionSettings['chart'];

export interface Segments {
  entity: string;
  costCenter: string;
  account: string;
}

/** `101-7010-5110`, as the vendor writes an account combination. */
export function printCombination({ combination }: ChartSettings, { entity, costCenter, account }: Segments): string {
  return combination.replace('{entity}', entity).replace('{costCenter}', costCenter).replace('{account}', account);
}

/** Undefined where the text has another form. */
export function readCombination({ combination }: ChartSettings, text: string): Segments | undefined {
  const pattern = combination.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{(\w+)\}/g, '(?<$1>[A-Za-z0-9]+)');
  const groups = new RegExp(`^${pattern}$`).exec(text)?.groups;
  return groups ? { entity: groups['entity']!, costCenter: groups['costCenter']!, account: groups['account']! } : undefined;
}

/** Account, and cost centre where the combination is charged to one. */
export function chargeIn(chart: ChartSettings, text: string): { account?: string; costCenter?: string } {
  const segments = readCombination(chart, text);
  if (!segments) return {};
  return { account: segments.account, ...(segments.costCenter === chart.noCostCenter ? {} : { costCenter: segments.costCenter }) };
}

/** All segments in the order in which the ledger keeps them, the fixed ones included. */
export function segmentsOf(text: string): string[] {
  return text.split(/[^A-Za-z0-9]/);
}
