import { createHash } from 'node:crypto';
import Big from 'big.js';
import { UnusableDocument } from './documents/unusable-document.ts';

/**
 * A decimal as contracts carry money: at most four places, trailing zeros beyond cents left out. More places are refused
 * and never rounded away.
 *
 * @throws UnusableDocument
 */
export function decimal(text: string | undefined, place: string): string {
  const value = bigOf(text, place);
  const amount = value.toFixed(Math.max(2, placesOf(value)));
  if (!/^-?\d{1,13}(\.\d{1,4})?$/.test(amount)) throw new UnusableDocument(`${place}: is not an amount of at most four decimal places`);
  return amount;
}

/** A quantity as contracts carry it: above zero, at most three places. @throws UnusableDocument */
export function quantity(text: string | undefined, place: string): number {
  const value = bigOf(text, place);
  if (value.lte(0) || value.gt(1_000_000) || placesOf(value) > 3) throw new UnusableDocument(`${place}: is not a quantity above zero of at most three decimal places`);
  return value.toNumber();
}

function bigOf(text: string | undefined, place: string): Big {
  if (text === undefined || !/^-?(\d{1,20}(\.\d{0,10})?|\.\d{1,10})$/.test(text)) throw new UnusableDocument(`${place}: is not a decimal number`);
  return Big(text.startsWith('.') ? `0${text}` : text.replace(/\.$/, ''));
}

function placesOf(value: Big): number {
  return value.toFixed().split('.')[1]?.length ?? 0;
}

/** A business number without the blanks around it; undefined when contracts have no room for it. */
export function asCode(text: string | null | undefined): string | undefined {
  const code = text?.trim();
  return code !== undefined && code.length <= 64 && /^[A-Za-z0-9][A-Za-z0-9 ._:/#-]*$/.test(code) ? code : undefined;
}

/** The same for the same content, in whatever order its fields came. */
export function fingerprintOf(content: unknown): string {
  const sorted = JSON.stringify(content, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))) : value);
  return createHash('sha256').update(sorted).digest('hex');
}

/** PostgreSQL has no NUL in its texts. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
