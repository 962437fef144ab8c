import { assign, enqueueActions, setup } from 'xstate';
import { effects } from '#chassis/lifecycle/life.ts';
import { changes } from './changes.ts';
import type { OrderEvent } from './events.ts';
import { guardsOf } from './guards.ts';
import { linesAsProposed, type Order } from './order.ts';
import type { Policy } from './policy.ts';

/** What the chart asks to be done outside: its moves, and what it tells others. definition.ts binds them. */
const outside = effects(
  'checkRequisition', 'placeOrder', 'changeOrder', 'repeatOrder', 'cancelOrder', 'receiveGoods', 'shortenOrder', 'enterInvoice', 'payInvoice', 'settleOrder',
  'tellRefused', 'tellRejected', 'tellApproved', 'tellPlaced', 'tellChanged', 'tellCancelled', 'tellReceived', 'tellMatched', 'tellInvoiceRefused', 'tellPaid', 'tellClosed',
);

/** The words that the chart is written in: what it notes, asks, does and waits for. */
export function vocabularyOf(policy: Policy) {
  return setup({
    types: { context: {} as Order, events: {} as OrderEvent, input: {} as Order, meta: {} as { workItem?: string } },
    actions: {
      ...outside,
      tellSubstituted: (_: unknown, _substitution: Substitution) => undefined,
      tellSubstitutions: enqueueActions(({ context, enqueue }) => {
        for (const substitution of substitutionsIn(context)) enqueue({ type: 'tellSubstituted', params: substitution });
      }),
      noteFacts: assign(({ context, event }) => changes.facts(context, event)),
      noteReasons: assign(({ context, event }) => changes.reasons(context, event)),
      noteApproval: assign(({ context, event }) => changes.approval(context, event, policy)),
      noteAutomaticApproval: assign(({ context, event }) => changes.automaticApproval(context, event)),
      noteEmergency: assign(({ context, event }) => changes.emergency(context, event)),
      noteRejection: assign(({ context, event }) => changes.rejection(context, event, policy)),
      noteWithdrawal: assign(() => changes.withdrawal()),
      escalate: assign(({ context, event }) => changes.escalation(context, event, policy)),
      noteReview: assign(({ context, event }) => changes.review(context, event)),
      noteNumbers: assign(({ context, event }) => changes.numbers(context, event)),
      noteTrouble: assign(({ context, event }) => changes.trouble(context, event)),
      noteFailedPlacement: assign(({ context, event }) => changes.failedPlacement(context, event)),
      noteAnswer: assign(({ context, event }) => changes.answer(context, event)),
      noteAcceptedProposal: assign(({ context, event }) => changes.acceptedProposal(context, event, policy)),
      noteDeclinedProposal: assign(() => changes.declinedProposal()),
      noteChange: assign(({ context }) => changes.changedLines(context)),
      noteRevising: assign(() => changes.revising(true)),
      noteRevised: assign(() => changes.revising(false)),
      noteCancelling: assign(() => changes.cancelling(true)),
      noteKeeping: assign(() => changes.cancelling(false)),
      noteShipment: assign(({ context, event }) => changes.shipment(context, event)),
      noteDelivery: assign(({ context, event }) => changes.delivery(context, event)),
      returnSurplus: assign(({ context }) => changes.surplusReturned(context)),
      acceptSurplus: assign(({ context }) => changes.surplusAccepted(context)),
      noteReceipt: assign(({ context, event }) => changes.receipt(context, event)),
      discardDelivery: assign(({ context }) => changes.discardedDelivery(context)),
      cutToReceived: assign(({ context }) => changes.cutToReceived(context)),
      noteInvoice: assign(({ context, event }) => changes.invoice(context, event)),
      noteFindings: assign(({ context }) => changes.exceptions(context, policy)),
      clearSuspicion: assign(({ context }) => changes.cleared(context, 'suspected-duplicate')),
      clearPrice: assign(({ context }) => changes.cleared(context, 'price-exception')),
      clearQuantity: assign(({ context }) => changes.cleared(context, 'quantity-exception')),
      noteEntered: assign(({ context }) => changes.entered(context)),
      notePaid: assign(({ context }) => changes.paid(context)),
      refuseInvoice: assign(({ context }) => changes.invoiceRefused(context, policy)),
      refuseInvoiceOfCancelledOrder: assign(({ context }) => changes.invoiceOfCancelledOrder(context)),
      noteAccrualWrittenOff: assign(({ context }) => changes.accrualWrittenOff(context)),
      noteClearingBalance: assign(({ context, event }) => changes.clearingBalance(context, event)),
      noteWriteOff: assign(() => changes.writeOff()),
      letPass: assign(() => ({})),
    },
    guards: guardsOf(policy),
    delays: {
      approvalLimit: policy.limits.approvalMs,
      acknowledgementLimit: policy.limits.acknowledgementMs,
      goodsLimit: policy.limits.goodsMs,
      invoiceLimit: policy.limits.invoiceMs,
      reviewLimit: policy.limits.reviewMs,
      archiveLimit: policy.limits.archiveMs,
    },
  });
}

export interface Substitution {
  line: number;
  itemNumber: string;
  substituteItemNumber: string;
}

/** What the supplier's accepted answer puts in place of what. To be asked before the change is written down. */
export function substitutionsIn(order: Order): Substitution[] {
  return linesAsProposed(order).flatMap((line, index) => {
    const before = order.lines[index]!;
    return line.itemNumber === before.itemNumber ? [] : [{ line: line.line, itemNumber: before.itemNumber, substituteItemNumber: line.itemNumber }];
  });
}
