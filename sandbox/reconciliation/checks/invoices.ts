import Big from 'big.js';
import type { BookedInvoice, BookedPayment } from '../../erp/books.ts';
import type { SentInvoice } from '../../network/books.ts';
import type { Books } from '../books.ts';
import { total } from '../documents.ts';
import { finderFor, once, type Finding } from '../findings.ts';
import { wasRefused, type Sent } from '../sent.ts';

const find = finderFor('invoices');

const keyOf = (supplier: string, number: string) => `${supplier}/${number.trim()}`;

/**
 * Every invoice is entered once and paid once, as billed; what came twice, or was sent back, is neither. What was sent back
 * and comes again is a new chance: under one of its numbers it may be entered, once.
 */
export function checkInvoices(books: Books, sent: Sent): Finding[] {
  const entered = Map.groupBy(books.invoices.filter((each) => each.validation !== 'Canceled'), (each) => keyOf(each.supplier, each.number));
  const payments = Map.groupBy(
    books.payments.filter((each) => each.status === 'Negotiable').flatMap((payment) => (payment.invoices ?? []).map((invoice) => ({ payment, ...invoice }))),
    (each) => keyOf(each.payment.supplier, each.number));
  const originals = books.billed.filter((each) => each.kind === 'original');
  const owed = new Set(originals.map((each) => keyOf(each.supplierNumber, each.number)));
  const again = new Map(books.billed.filter((each) => each.kind !== 'original').map((each) => [keyOf(each.supplierNumber, each.number), each]));
  const copies = Map.groupBy(books.billed.filter((each) => each.kind === 'resend' || each.kind === 'near-duplicate'), (each) => each.originalId);
  const chances = new Set<string>();

  function checkOriginal(invoice: SentInvoice): Finding[] {
    const isRefused = wasRefused(sent, invoice.poNumber, invoice.number);
    const comesAgain = isRefused ? copies.get(invoice.invoiceId) ?? [] : [];
    const keys = [...new Set([invoice, ...comesAgain].map((each) => keyOf(each.supplierNumber, each.number)))];
    for (const key of keys) chances.add(key);
    const own = keys.flatMap((key) => entered.get(key) ?? []);
    return checkInvoice(invoice, own, keys.flatMap((key) => payments.get(key) ?? []), isRefused && (comesAgain.length === 0 || own.length === 0));
  }

  return [
    ...originals.flatMap((invoice) => checkOriginal(invoice)),
    ...[...entered.keys()].filter((key) => !owed.has(key) && !chances.has(key)).map((key) => again.has(key)
      ? find('duplicated', `invoice ${key}`, `nothing, for it is a ${again.get(key)!.kind} of an earlier one`, 'an invoice in the ERP')
      : find('unexpected', `invoice ${key}`, 'an invoice of the supplier behind it', 'none')),
    ...[...payments.keys()].filter((key) => !owed.has(key) && !chances.has(key)).map((key) => find('unexpected', `payment of ${key}`, 'an invoice of the supplier behind it', 'none')),
  ];
}

function checkInvoice(sent: SentInvoice, entered: readonly BookedInvoice[], paid: readonly { payment: BookedPayment; amount: string }[], isRefused: boolean): Finding[] {
  const what = `invoice ${sent.number.trim()} of ${sent.supplierNumber} for order ${sent.poNumber}`;
  if (isRefused) {
    return [
      ...(entered.length > 0 ? [find('unexpected', what, 'nothing, for a person sent it back', 'an invoice in the ERP')] : []),
      ...(paid.length > 0 ? [find('unexpected', what, 'no payment, for a person sent it back', `${paid.length} payments`)] : []),
    ];
  }
  const counted = once(find, what, 'invoice in the ERP', entered.length);
  if (counted.length > 0) return counted;
  const [invoice] = entered as [BookedInvoice];
  return [
    ...(new Big(invoice.amount).eq(sent.total) ? [] : [find('unbalanced', what, `${sent.total} as billed`, invoice.amount)]),
    ...(new Big(invoice.amount).eq(invoice.linesTotal) ? [] : [find('unbalanced', what, `lines that add up to ${invoice.amount}`, invoice.linesTotal)]),
    ...(invoice.orders.length === 1 && invoice.orders[0] === sent.poNumber ? [] : [find('unexpected', what, `matched to order ${sent.poNumber}`, invoice.orders.join(', ') || 'no order')]),
    ...(invoice.openHolds.length === 0 ? [] : [find('stuck', what, 'no hold', invoice.openHolds.join(', '))]),
    ...once(find, what, 'payment', paid.length),
    ...(paid.length !== 1 || total(paid.map((each) => each.amount)).eq(sent.total) ? [] : [find('unbalanced', `payment of ${what}`, sent.total, paid[0]!.amount)]),
  ];
}
