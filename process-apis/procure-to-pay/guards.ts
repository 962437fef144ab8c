import { compare } from '#chassis/money/money.ts';
import { canEscalate, hasMoreTiers, paymentApprover } from './approvals.ts';
import type { OrderEvent } from './events.ts';
import { HALF_DONE } from './half-done.ts';
import { judgeInvoice, looksAlike, type MatchVerdict } from './match.ts';
import { hasNothingCome, isAsAnswered, isFullyInvoiced, isFullyReceived, isPartlyReceived, mayBeCancelled, type Order } from './order.ts';
import type { Policy } from './policy.ts';
import { hasUnknownLines, isOlderAnswer, judgeAnswer, surplusOf, withoutSurplus } from './rules.ts';

interface At {
  context: Order;
  event: OrderEvent;
}

/** The questions that the chart asks, by the names it asks them under. */
export function guardsOf(policy: Policy) {
  const verdict = (order: Order): MatchVerdict | undefined => order.invoice ? judgeInvoice(order, order.invoice, policy).verdict : undefined;
  const invoiceIs = (wanted: MatchVerdict) => ({ context }: At) => verdict(context) === wanted;
  const everythingCame = ({ context }: At) => isFullyReceived(context);
  return {
    isDemand: ({ context }: At) => context.origin === 'demand',
    isEmergency: ({ context }: At) => context.urgency === 'emergency',
    needsNoApproval: ({ context }: At) => context.path.length === 0,
    hasMoreTiers: ({ context }: At) => hasMoreTiers(context, policy),
    canEscalate: ({ context }: At) => canEscalate(context, policy),

    answerIsAgreed: ({ context }: At) => judgeAnswer(context, policy) === 'agreed',
    answerIsHarmless: ({ context }: At) => judgeAnswer(context, policy) === 'agreed-with-changes',
    allIsRejected: ({ context }: At) => judgeAnswer(context, policy) === 'all-rejected',
    answerIsStale: ({ context, event }: At) => event.type === 'order.acknowledged.v1' && isOlderAnswer(context, event.document),
    answerIsNews: ({ context, event }: At) => event.type === 'order.acknowledged.v1' && event.document.number !== context.answer?.number && !isOlderAnswer(context, event.document) && !isPartlyReceived(context),

    isBeingCancelled: ({ context }: At) => context.isCancelling,
    isKept: ({ context }: At) => !context.isCancelling,
    isKeptAgreed: ({ context }: At) => !context.isCancelling && context.answer !== null,
    isKeptUndecided: ({ context }: At) => !context.isCancelling && context.answer !== null && !isAsAnswered(context),
    mayBeCancelled: ({ context }: At) => mayBeCancelled(context),
    nothingHasCome: ({ context }: At) => hasNothingCome(context),
    somethingReceived: ({ context }: At) => isPartlyReceived(context),
    // Paid for before it came: it can be neither cancelled nor cut to what is here.
    mustBeDelivered: ({ context }: At) => !isPartlyReceived(context) && !mayBeCancelled(context),
    everythingCame,
    isSurplus: ({ context }: At) => context.delivery !== null && surplusOf(context, context.delivery) > 0,
    nothingIsBooked: ({ context }: At) => context.delivery === null,
    // What comes while its lines are being changed would be booked as what they were.
    linesStand: ({ context }: At) => !context.isRevising,
    onlySurplus: ({ context }: At) => context.delivery !== null && withoutSurplus(context, context.delivery).lines.length === 0,
    isOrdered: ({ context }: At) => context.delivery !== null && !hasUnknownLines(context, context.delivery),
    nothingIsDone: ({ event }: At) => 'failure' in event && event.failure.code !== HALF_DONE,

    everythingIsBilled: (at: At) => everythingCame(at) && isFullyInvoiced(at.context),
    hasInvoice: ({ context }: At) => context.invoice !== null,
    invoiceIsDuplicate: invoiceIs('duplicate'),
    invoiceIsMalformed: invoiceIs('malformed'),
    invoiceIsSuspect: invoiceIs('suspected-duplicate'),
    invoiceWaitsForGoods: invoiceIs('waits-for-goods'),
    goodsCame: ({ context }: At) => verdict(context) !== 'waits-for-goods',
    priceDiffers: invoiceIs('price-exception'),
    quantityDiffers: invoiceIs('quantity-exception'),
    quantityAgreesNow: invoiceIs('matched'),
    paymentNeedsApproval: ({ context }: At) => context.invoice !== null && paymentApprover(context.invoice, policy) !== undefined,
    lateInvoiceIsDuplicate: ({ context, event }: At) => event.type === 'invoice.received.v1'
      && context.invoices.some((invoice) => looksAlike(invoice.number, event.document.number) && compare(invoice.total, event.document.total) === 0),
  };
}
