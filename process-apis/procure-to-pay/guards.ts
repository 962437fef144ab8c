import type { OrderEvent } from './events.ts';
import { isFullyInvoiced, isFullyReceived, linesAsProposed, type Order } from './order.ts';
import type { Policy } from './policy.ts';
import { hasMoreTiers, judgeAnswer, judgeInvoice, looksAlike, paymentApprover, surplusOf, withoutSurplus, type MatchVerdict } from './rules.ts';

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
    isEmergency: ({ context }: At) => context.urgency === 'emergency',
    needsNoApproval: ({ context }: At) => context.path.length === 0,
    hasMoreTiers: ({ context }: At) => hasMoreTiers(context),

    answerIsAgreed: ({ context }: At) => judgeAnswer(context, policy) === 'agreed',
    answerIsHarmless: ({ context }: At) => judgeAnswer(context, policy) === 'agreed-with-changes',
    allIsRejected: ({ context }: At) => judgeAnswer(context, policy) === 'all-rejected',
    answerIsNews: ({ context, event }: At) => event.type === 'order.acknowledged.v1' && event.document.number !== context.answer?.number && context.deliveries.length === 0,
    isSubstituted: ({ context }: At) => linesAsProposed(context).some((line, index) => line.itemNumber !== context.lines[index]?.itemNumber),

    nothingReceived: ({ context }: At) => context.deliveries.length === 0 && context.delivery === null,
    somethingReceived: ({ context }: At) => context.lines.some((line) => line.receivedQuantity > 0),
    everythingCame,
    isSurplus: ({ context }: At) => context.delivery !== null && surplusOf(context, context.delivery) > 0,
    onlySurplus: ({ context }: At) => context.delivery !== null && withoutSurplus(context, context.delivery).lines.length === 0,

    everythingIsBilled: (at: At) => everythingCame(at) && isFullyInvoiced(at.context),
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
      && context.invoices.some((invoice) => looksAlike(invoice.number, event.document.number) && invoice.total === event.document.total),
  };
}
