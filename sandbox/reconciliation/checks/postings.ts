import type Big from 'big.js';
import type { Books } from '../books.ts';
import { journalsOf, plainReference, total, type Journal } from '../documents.ts';
import { finderFor, once, type Finding } from '../findings.ts';

const find = finderFor('postings');

const ACCOUNTS = { inventory: '1310', clearing: '2150', payables: '2010', cash: '1010', priceVariance: '5190' };

/** What the subledgers hold stands in the ledger once and with the same amounts; every journal balances. */
export function checkPostings(books: Books): Finding[] {
  const journals = journalsOf(books.journalLines);
  const bySource = Map.groupBy(journals, (each) => plainReference(each.reference));
  const of = (reference: string) => bySource.get(reference) ?? [];
  const receipts = Map.groupBy(books.receipts, (each) => each.receiptNumber ?? '');
  return [
    ...journals.flatMap(checkBalance),
    ...[...receipts].flatMap(([number, lines]) => {
      const amount = total(lines.map((each) => each.amount));
      if (amount.eq(0)) return [];
      return checkPosting(`receipt ${number} of order ${lines[0]!.orderNumber}`, of(`receipt/${number}`), {
        [ACCOUNTS.inventory]: total(lines.map((each) => each.stockValue)), [ACCOUNTS.clearing]: amount.neg(),
      });
    }),
    ...books.invoices.filter((each) => each.validation !== 'Canceled').flatMap((invoice) =>
      checkPosting(`invoice ${invoice.number} of ${invoice.supplier}`, invoice.orders.flatMap((order) => of(`invoice/${order}/${invoice.number}`)), { [ACCOUNTS.payables]: total([invoice.amount]).neg() })),
    ...books.payments.filter((each) => each.status === 'Negotiable').flatMap((payment) =>
      checkPosting(`payment ${payment.reference} to ${payment.supplier}`, of(`payment/${plainReference(payment.reference)}`), { [ACCOUNTS.payables]: total([payment.amount]), [ACCOUNTS.cash]: total([payment.amount]).neg() })),
    ...unfounded(books, [...bySource.keys()]),
  ];
}

function checkBalance({ reference, lines }: Journal): Finding[] {
  const difference = total(lines.map((line) => line.debit.minus(line.credit)));
  return difference.eq(0) ? [] : [find('unbalanced', `journal ${reference}`, 'debits equal to credits', `a difference of ${difference.toFixed(2)}`)];
}

/** @param amounts debit less credit that each account must show */
function checkPosting(what: string, journals: readonly Journal[], amounts: Record<string, Big>): Finding[] {
  const counted = once(find, what, 'journal', journals.length);
  if (counted.length > 0) return counted;
  return Object.entries(amounts).flatMap(([account, expected]) => {
    const found = total(journals[0]!.lines.filter((line) => line.account === account).map((line) => line.debit.minus(line.credit)));
    return found.eq(expected) ? [] : [find('unbalanced', `journal of ${what}, account ${account}`, expected.toFixed(2), found.toFixed(2))];
  });
}

/** Journals about documents that do not exist. */
function unfounded(books: Books, references: readonly string[]): Finding[] {
  const receipts = new Set(books.receipts.map((each) => `receipt/${each.receiptNumber}`));
  const invoices = new Set(books.invoices.flatMap((each) => each.orders.map((order) => `invoice/${order}/${each.number}`)));
  const payments = new Set(books.payments.map((each) => `payment/${plainReference(each.reference)}`));
  const isFounded = (reference: string) => receipts.has(reference) || invoices.has(reference) || payments.has(reference);
  return references.filter((reference) => /^(receipt|invoice|payment)\//.test(reference) && !isFounded(reference))
    .map((reference) => find('unexpected', `journal ${reference}`, 'a document behind it', 'none'));
}
