import { compare, lineAmount, percentAbove, subtract, sum, type Decimal } from '#chassis/money/money.ts';
import { isFullyReceived, less, lineOf, quantityFor, type Clearable, type Line, type Order, type OrderInvoice } from './order.ts';
import type { Policy } from './policy.ts';

/** The verdict on an invoice against order and receipts. */
export type MatchVerdict = 'matched' | 'duplicate' | 'malformed' | 'waits-for-goods' | Clearable;

export interface Match {
  verdict: MatchVerdict;
  reasons: string[];
}

type Known = Pick<Order, 'lines' | 'currency' | 'invoices'>;

/**
 * Three-way match: order, receipts, invoice. What a person has cleared for this invoice is not asked again; everything
 * else still is. @source the tolerances are the hospital's, in the configuration
 */
export function judgeInvoice(order: Known & Pick<Order, 'supplierNumber'>, invoice: OrderInvoice, policy: Policy): Match {
  const earlier = order.invoices.filter((each) => each.state !== 'refused');
  if (earlier.some((each) => each.number === invoice.number)) return { verdict: 'duplicate', reasons: [`Invoice ${invoice.number} was received before.`] };
  const malformed = malformations(order, invoice);
  if (malformed.length > 0) return { verdict: 'malformed', reasons: malformed };
  const isAsked = (finding: Clearable) => !invoice.cleared.includes(finding);
  const twin = earlier.find((each) => looksAlike(each.number, invoice.number) && compare(each.total, invoice.total) === 0);
  if (twin && isAsked('suspected-duplicate')) return { verdict: 'suspected-duplicate', reasons: [`It resembles invoice ${twin.number} of the same amount.`] };
  const priced = invoice.lines.flatMap((line) => priceReasons(lineOf(order, line.line)!, line.unitPrice, policy));
  if (priced.length > 0 && isAsked('price-exception')) return { verdict: 'price-exception', reasons: priced };
  const over = billedLines(order, invoice).flatMap(({ line, billed }) => quantityReasons(line, billed, policy));
  if (over.length > 0 && isAsked('quantity-exception')) return { verdict: isFullyReceived(order as Order) ? 'quantity-exception' : 'waits-for-goods', reasons: over };
  return { verdict: 'matched', reasons: [] };
}

/** What nobody can decide about: it does not fit the order, or does not add up. */
function malformations(order: Known, invoice: OrderInvoice): string[] {
  const lines = invoice.lines.flatMap((billed) => lineMalformations(lineOf(order, billed.line), billed));
  return [
    ...lines,
    ...(invoice.currency === order.currency ? [] : [`It bills ${invoice.currency}, the order is in ${order.currency}.`]),
    ...(compare(sum(invoice.lines.map((line) => line.amount)), invoice.total) === 0 ? [] : ['The lines do not add up to the total.']),
    ...(compare(invoice.total, '0') > 0 ? [] : ['It bills nothing; credit notes are not taken here.']),
  ];
}

function lineMalformations(ordered: Line | undefined, { line, itemNumber, unit, quantity, unitPrice, amount }: OrderInvoice['lines'][number]): string[] {
  if (!ordered) return [`Line ${line} is not on the order.`];
  return [
    ...(ordered.itemNumber === itemNumber ? [] : [`Line ${line} bills another item than was ordered.`]),
    ...(ordered.unit === unit ? [] : [`Line ${line} bills by ${unit}, ordered was by ${ordered.unit}.`]),
    ...(compare(unitPrice, '0') >= 0 ? [] : [`Line ${line} bills a negative price.`]),
    ...(isWithinACent(lineAmount(quantity, unitPrice), amount) ? [] : [`Line ${line}: quantity times price is not the amount.`]),
  ];
}

/** Suppliers round halves their own way. */
function isWithinACent(left: Decimal, right: Decimal): boolean {
  return compare(subtract(left, right).replace('-', ''), '0.01') <= 0;
}

/** An invoice may bill a line of the order in several lines of its own. */
function billedLines(order: Pick<Order, 'lines'>, invoice: Pick<OrderInvoice, 'lines'>): { line: Line; billed: number }[] {
  return order.lines.map((line) => ({ line, billed: quantityFor(line.line, invoice.lines) })).filter(({ billed }) => billed > 0);
}

function priceReasons(line: Line, billed: Decimal, policy: Policy): string[] {
  return percentAbove(line.unitPrice, billed) > policy.match.pricePercent ? [`Line ${line.line}: billed ${billed}, ordered at ${line.unitPrice}.`] : [];
}

function quantityReasons(line: Line, billed: number, policy: Policy): string[] {
  const open = Math.max(0, less(line.receivedQuantity, line.invoicedQuantity));
  return billed > open && percentAbove(String(open), String(billed)) > policy.match.quantityPercent ? [`Line ${line.line}: billed ${billed}, received and not billed yet ${open}.`] : [];
}

/** "INV-2026-0012", "inv 2026/12" and "INV2026-12" are one number to a person. */
export function looksAlike(left: string, right: string): boolean {
  const plain = (number: string) => number.toUpperCase().replaceAll(/(^|[^0-9])0+(?=\d)/g, '$1').replaceAll(/[^A-Z0-9]/g, '');
  return plain(left) === plain(right);
}

/**
 * The accounts an invoice moves. The clearing account owes the supplier what is received at the order's price, so an
 * invoice takes from it what was ordered and not billed before, even when the goods are still to come; all that the
 * supplier bills beyond that, in price or in quantity, is a variance.
 */
export function invoiceAmounts(order: Pick<Order, 'lines'>, invoice: Pick<OrderInvoice, 'lines' | 'total'>): { clearing: Decimal; variance: Decimal; payable: Decimal } {
  const clearing = sum(billedLines(order, invoice).map(({ line, billed }) => {
    const owed = Math.max(0, less(Math.max(line.quantity, line.receivedQuantity), line.invoicedQuantity));
    return lineAmount(Math.min(billed, owed), line.unitPrice);
  }));
  return { clearing, variance: subtract(invoice.total, clearing), payable: invoice.total };
}
