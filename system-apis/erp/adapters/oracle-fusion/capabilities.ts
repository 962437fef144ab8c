import type { Capability } from '#chassis/adapters/adapter.ts';
import type { FusionSettings } from './settings.ts';

const SUPPORTED = [
  'requisitions', 'purchase-orders', 'order-changes', 'receipts', 'invoices', 'payments', 'stock-movements', 'stock-tracking',
  'replenishment-rules', 'budgets', 'journals', 'device-identifiers',
];

/** What is lacking, why, and what happens instead. */
const LACKING: Readonly<Record<string, string>> = {
  'posts-own-journals:receipt': 'Receipt accounting runs as a job of its own and is left to the caller, who posts the entry.',
  'posts-own-journals:invoice': 'Payables accounting runs as a job of its own and is left to the caller, who posts the entry.',
  'posts-own-journals:payment': 'Payables accounting runs as a job of its own and is left to the caller, who posts the entry.',
};

export const LACKS_EMPLOYEES = 'Under which employer and account people stand in the ERP is not configured; who bears their costs has to be entered there by hand.';

export function capabilitiesOf({ employees }: Pick<FusionSettings, 'employees'>): Capability[] {
  return [
    ...SUPPORTED.map((name) => ({ name, supported: true })),
    ...Object.entries(LACKING).map(([name, reason]) => ({ name, supported: false, reason })),
    { name: 'employees', ...(employees ? { supported: true } : { supported: false, reason: LACKS_EMPLOYEES }) },
  ];
}
