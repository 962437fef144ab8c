import Big from 'big.js';
import type { Books } from '../books.ts';
import { journalsOf, ordersOf, plainReference, total, type BookedOrder, type Journal } from '../documents.ts';
import { finderFor, type Finding } from '../findings.ts';
import { wasRefused, type Sent } from '../sent.ts';

const find = finderFor('accounts');

/** At the end of the day nothing hangs between receipt and invoice, nothing is owed, and the ledger says what the shelves hold. */
export function checkAccounts(books: Books, sent: Sent): Finding[] {
  return [...clearingFindings(books, sent), ...inventoryFindings(books), ...totalFindings(books), ...budgetFindings(books)];
}

/** Goods received and not invoiced, order by order: zero, unless a person sent the invoice back. */
function clearingFindings(books: Books, sent: Sent): Finding[] {
  const journals = Map.groupBy(journalsOf(books.journalLines), (each) => plainReference(each.reference));
  const references = referencesByOrder(books);
  return ordersOf(books.orders).flatMap((order) => {
    const what = `clearing account 2150 of order ${order.number}`;
    const open = total(order.lines.map((line) => openValue(line.received, line.billed, line.price)));
    // What was received and is not billed is owed no longer once a person has written it off.
    const owed = isWrittenOff(sent, order) ? new Big(0) : open;
    const posted = balance2150([...references.get(order.number) ?? []].flatMap((reference) => journals.get(reference) ?? []));
    if (!posted.eq(owed.neg())) return [find('unbalanced', what, owed.neg().toFixed(2), posted.toFixed(2))];
    if (owed.eq(0) || hasRefusedInvoice(books, sent, order)) return [];
    return [find('unbalanced', what, '0.00', posted.toFixed(2))];
  });
}

function referencesByOrder(books: Books): Map<string, Set<string>> {
  const references = new Map<string, Set<string>>();
  const add = (order: string, reference: string) => references.set(order, (references.get(order) ?? new Set()).add(reference));
  for (const receipt of books.receipts) add(receipt.orderNumber, `receipt/${receipt.receiptNumber}`);
  for (const invoice of books.invoices) for (const order of invoice.orders) add(order, `invoice/${order}/${invoice.number}`);
  for (const { orderNumber } of books.orders) for (const kind of ['adjustment', 'manual']) add(orderNumber, `${kind}/${orderNumber}`);
  return references;
}

function balance2150(journals: readonly Journal[]): Big {
  return total(journals.flatMap((journal) => journal.lines.filter((line) => line.account === '2150').map((line) => line.debit.minus(line.credit))));
}

/** What was received and is not billed, at the order's price. More billed than received leaves nothing open. */
function openValue(received: string, billed: string, price: string): Big {
  const open = new Big(received).minus(billed);
  return open.gt(0) ? open.times(price).round(2) : new Big(0);
}

function hasRefusedInvoice(books: Books, sent: Sent, order: BookedOrder): boolean {
  return books.billed.some((invoice) => invoice.kind === 'original' && invoice.poNumber === order.number && wasRefused(sent, order.number, invoice.number));
}

function isWrittenOff({ decisions }: Sent, { number }: BookedOrder): boolean {
  return decisions.some((each) => each.kind === 'accrual-write-off' && each.resolution === 'write-off-accrual' && each.orderNumber === number);
}

/** Each facility is a balancing entity of its own: what lies in its stores is on its own inventory account. */
function inventoryFindings({ inventory }: Books): Finding[] {
  return inventory.filter((each) => !new Big(each.onHand).eq(each.ledger))
    .map(({ facility, entity, onHand, ledger }) => find('unbalanced', `inventory account 1310 of entity ${entity} against the stock of ${facility}`, onHand, ledger));
}

function totalFindings({ totals }: Books): Finding[] {
  const ledger = (account: string) => new Big(totals.ledger.find((each) => each.account === account)?.balance ?? 0);
  const compare = (what: string, expected: Big, found: Big) => expected.eq(found) ? [] : [find('unbalanced', what, expected.toFixed(2), found.toFixed(2))];
  return [
    ...compare('payables account 2010 against open invoices', new Big(totals.payable).neg(), ledger('2010')),
    ...compare('what is still owed to suppliers', new Big(0), new Big(totals.payable)),
    ...totals.unbalancedJournals.map((name) => find('unbalanced', `journal ${name}`, 'debits equal to credits', 'a difference')),
    ...(totals.stockDifferences === 0 ? [] : [find('unbalanced', 'stock on hand against its movements', 'no difference', `${totals.stockDifferences} places that differ`)]),
    ...(totals.budgetDifferences === 0 ? [] : [find('unbalanced', 'budgets against their entries', 'no difference', `${totals.budgetDifferences} budgets that differ`)]),
  ];
}

function budgetFindings({ budgets }: Books): Finding[] {
  return budgets.flatMap(({ costCentre, actual, issued, billed }) => {
    const expected = new Big(issued).plus(billed);
    return expected.eq(actual) ? [] : [find('unbalanced', `expenditure of cost centre ${costCentre}`, `${expected.toFixed(2)} as issued and billed`, actual)];
  });
}
