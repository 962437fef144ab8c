import { between } from './seeded.ts';

const DIGITS = 6;

export function invoiceNumber(id: number): string {
  return `INV-${String(id).padStart(DIGITS, '0')}`;
}

/** The same number as a clerk mistypes it: a trailing space, no dash, or one zero too many. */
export function nearDuplicate(number: string, seed: number): string {
  const slips = [`${number} `, number.replace('-', ''), number.replace('INV-', 'INV-0')];
  return slips[between(0, slips.length - 1, seed, 'slip', number)] ?? `${number} `;
}
