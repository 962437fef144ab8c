import { sum } from '#chassis/money/money.ts';
import type { Order } from '../../../../process-apis/procure-to-pay/order.ts';
import type { End } from './rig.ts';

/**
 * What has to be the same whatever order things came in: where the order stands, everything that it owes and has, what was
 * told, what was asked of moves, and every document in the books.
 *
 * Lists are compared without their order, for theirs is that of arrival; so are the numbers that the ERP gives in turn. Left
 * out is what an answer that agrees writes down (which answer it was, when it came, and the promised day): after the goods it is let
 * pass, because nobody waits for what it promises.
 */
export function essence({ state, order, told, made, erp, network, dead, refused }: End): object {
  return {
    state, order: essentialFacts(order), told: sorted(told.map(({ type, data }) => [type, withoutNumbers(data)])), made: sorted(made.map(({ name, input }) => [name, aboutOf(input)])),
    books: {
      orders: erp.orders.map(({ status, lines, total }) => [status, total, lines.map((line) => ({ ...line, promisedOn: undefined }))]),
      receipts: sorted(erp.receipts.map(withoutNumbers)), invoices: sorted(erp.invoices.map(withoutNumbers)), payments: sorted(erp.payments.map(withoutNumbers)),
      journals: sorted(erp.journals.map(withoutNumbers)), stock: [...erp.stock].toSorted(), sent: network.sent.length, withdrawn: network.withdrawn,
    },
    // What nobody could take has to be told to somebody in every order of events alike.
    dead: sorted(dead.map(({ id }) => id)), refused: [...new Set(refused.map(({ id }) => id))].toSorted(),
  };
}

function essentialFacts({ answer: _answer, answeredAt: _answeredAt, lines, deliveries, invoices, shipNotices, ...facts }: Order): object {
  return {
    ...facts, lines: lines.map((line) => ({ ...line, promisedOn: undefined })), shipNotices: shipNotices.toSorted(),
    deliveries: sorted(deliveries.map((each) => ({ ...each, receiptNumber: each.receiptNumber !== null }))), invoices: sorted(invoices),
  };
}

/** What a move was about; that it was asked for the same in every particular shows in the books. */
function aboutOf({ delivery, invoice }: Record<string, unknown>): unknown {
  return (delivery as { reference?: string } | undefined)?.reference ?? (invoice as { number?: string } | undefined)?.number ?? null;
}

function withoutNumbers(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document).replaceAll(/\b(RC|IV|PM|JE)-\d{6}/g, '$1')) as unknown;
}

function sorted(list: readonly unknown[]): string[] {
  return list.map((each) => JSON.stringify(each)).toSorted();
}

/** What must hold in the end of every history, whichever way it took: nothing is lost, nothing is there twice, the books agree. */
export function faultsOf({ state, order, told, made, erp, kept, dead }: End, given: { invoices: number; isOver: (state: string) => boolean }): string[] {
  const faults: string[] = [];
  const balance = (account: string) => sum(erp.journals.flatMap(({ lines }) => lines).filter((line) => line.account === account).map((line) => line.debit ?? `-${line.credit}`));
  const paid = order.invoices.filter((invoice) => invoice.state === 'paid');
  const refusals = told.filter(({ type }) => type === 'invoice.refused.v1').length;
  const count = (type: string) => told.filter((event) => event.type === type).length;
  if (!given.isOver(state)) faults.push(`it ends in ${state}`);
  for (const account of ['2150', '2010']) if (balance(account) !== '0.00') faults.push(`${balance(account)} is left on account ${account}`);
  if (order.invoices.length !== given.invoices) faults.push(`of ${given.invoices} invoices ${order.invoices.length} are known`);
  if (order.invoice) faults.push(`invoice ${order.invoice.number} waits`);
  if (paid.length + order.invoices.filter((invoice) => invoice.state === 'refused').length !== order.invoices.length) faults.push('an invoice is neither paid nor refused');
  if (refusals !== order.invoices.length - paid.length) faults.push(`${refusals} refusals were told of ${order.invoices.length - paid.length}`);
  if (count('invoice.paid.v1') !== paid.length || erp.payments.length !== paid.length || erp.invoices.length !== paid.length) faults.push(`${paid.length} paid, ${erp.payments.length} payments`);
  if (new Set(paid.map(({ number }) => number)).size !== paid.length) faults.push('an invoice number is paid twice');
  if (sum(erp.payments.map(({ amount }) => amount)) !== sum(paid.map(({ total }) => total))) faults.push('another amount was paid than was billed');
  if (count('goods.received.v1') !== erp.receipts.length) faults.push(`${erp.receipts.length} receipts, ${count('goods.received.v1')} told`);
  if (new Set(erp.receipts.map(({ reference }) => reference)).size !== erp.receipts.length) faults.push('a delivery was booked in twice');
  for (const { line, receivedQuantity, invoicedQuantity, quantity } of order.lines) {
    const inBooks = erp.orders[0]?.lines.find((each) => each.line === line);
    if (inBooks && (inBooks.receivedQuantity !== receivedQuantity || inBooks.invoicedQuantity !== invoicedQuantity || inBooks.quantity !== quantity)) faults.push(`line ${line} stands otherwise in the books`);
  }
  if (count('order.placed.v1') > 1 || count('order.closed.v1') > 1 || count('order.cancelled.v1') > 1 || made.filter(({ name }) => name === 'settleOrder' ).length > 2) faults.push('something was told or made twice');
  if (dead.length > 0) faults.push(`nobody took ${dead.map(({ id }) => id).join(', ')}`);
  if (kept.some(({ type }) => type === 'invoice.received.v1')) faults.push('an invoice is kept for a state that never came');
  return faults;
}

/** Where figures of an order fell although they can only grow. */
export function regressionsOf({ changes }: Pick<End, 'changes'>): string[] {
  return changes.slice(1).flatMap((after, index) => {
    const before = changes[index]!;
    const figures = (order: Order) => ({
      received: Math.round(1_000 * order.lines.reduce((total, line) => total + line.receivedQuantity, 0)), invoiced: Math.round(1_000 * order.lines.reduce((total, line) => total + line.invoicedQuantity, 0)),
      answered: order.answeredAt ? Date.parse(order.answeredAt) : undefined, deliveries: order.deliveries.length, invoices: order.invoices.length, paid: order.invoices.filter(({ state }) => state === 'paid').length, approvals: order.approvals.length, notices: order.shipNotices.length,
    });
    const [was, is] = [figures(before), figures(after)] as [Record<string, number | undefined>, Record<string, number | undefined>];
    return Object.keys(was).filter((name) => (is[name] ?? Infinity) < (was[name] ?? 0)).map((name) => `${name} fell from ${was[name]} to ${is[name]}`);
  });
}
