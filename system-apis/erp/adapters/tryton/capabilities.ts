import type { Capability } from '#chassis/adapters/adapter.ts';

/** Why Tryton lacks something, and what happens instead. */
const LACKING: Record<string, string> = {
  'budgets': 'Tryton 6.0 keeps no budgets (its account_budget module is of a later series); orders are not checked against one by the ERP.',
  'employees': 'An employee of Tryton 6.0 has a party, a company and dates, but nothing that says which cost centre bears their costs; the caller has to name one with each document.',
  'posts-own-journals:receipt': 'Without a stock accounting module Tryton makes no ledger entry for goods received; the caller posts it.',
};

const SUPPORTED = [
  'requisitions', 'purchase-orders', 'order-changes', 'receipts', 'invoices', 'payments', 'stock-movements', 'stock-tracking',
  'replenishment-rules', 'journals', 'device-identifiers', 'posts-own-journals:invoice', 'posts-own-journals:payment',
];

/** With one of these activated, a receipt is booked by Tryton. */
export const STOCK_ACCOUNTING_MODULES = ['account_stock_continental', 'account_stock_anglo_saxon'];

export function capabilitiesOf(modules: readonly string[]): Capability[] {
  const booksReceipts = STOCK_ACCOUNTING_MODULES.some((name) => modules.includes(name));
  return [
    ...SUPPORTED.map((name) => ({ name, supported: true })),
    ...Object.entries(LACKING).map(([name, reason]) => (name === 'posts-own-journals:receipt' && booksReceipts ? { name, supported: true } : { name, supported: false, reason })),
  ];
}

export function lackOf(name: string): string {
  return LACKING[name] ?? 'The ERP cannot do this.';
}
