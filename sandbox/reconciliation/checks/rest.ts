import type { Books } from '../books.ts';
import { finderFor, type Finding } from '../findings.ts';
import type { Sent } from '../sent.ts';

const find = finderFor('rest');

/** At the end everybody and everything has come to rest. */
export function checkRest(books: Books, sent: Sent): Finding[] {
  const { openTasks, waitingDocuments, deliveriesOnDock, linesAwaitingBuyer } = books.pending;
  const still = (count: number, what: string) => count === 0 ? [] : [find('stuck', what, 'none', String(count))];
  return [
    ...still(openTasks, 'tasks of suppliers'),
    ...still(waitingDocuments, 'documents of suppliers on their way'),
    ...still(deliveriesOnDock, 'deliveries on the dock'),
    ...still(linesAwaitingBuyer, 'order lines for which a supplier waits for the buyer'),
    ...still(books.openImports, 'journal imports that have not ended'),
    ...sent.waiting.map((each) => find('stuck', each.what, 'nobody waiting', `waiting for ${each.for}`)),
  ];
}
