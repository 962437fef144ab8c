import type { Books } from './books.ts';
import { checkAccounts } from './checks/accounts.ts';
import { checkAnswers } from './checks/answers.ts';
import { checkDeliveries } from './checks/deliveries.ts';
import { checkInvoices } from './checks/invoices.ts';
import { checkMessages } from './checks/messages.ts';
import { checkNeeds } from './checks/needs.ts';
import { checkPostings } from './checks/postings.ts';
import { checkRefills } from './checks/refills.ts';
import { checkRest } from './checks/rest.ts';
import { checkSubstitutions } from './checks/substitutions.ts';
import { checkSuppliers } from './checks/suppliers.ts';
import { checkUses } from './checks/uses.ts';
import type { Finding } from './findings.ts';
import type { Sent } from './sent.ts';

/**
 * Holds what was sent against the books of all simulated systems. It reads none of the platform's own records, so that
 * its verdict does not depend on what is being judged.
 */
export function reconcile(books: Books, sent: Sent): Finding[] {
  return [
    ...checkAnswers(sent),
    ...checkUses(books, sent),
    ...checkRefills(books, sent),
    ...checkNeeds(books, sent),
    ...checkSuppliers(books, sent),
    ...checkDeliveries(books, sent),
    ...checkInvoices(books, sent),
    ...checkPostings(books),
    ...checkAccounts(books, sent),
    ...checkSubstitutions(books),
    ...checkMessages(books, sent),
    ...checkRest(books, sent),
  ];
}
