import { assign, setup } from 'xstate';
import { effects } from '#chassis/lifecycle/life.ts';
import type { OrderEvent } from './events.ts';
import type { Order } from './order.ts';
import type { Policy } from './policy.ts';
import { changes } from './changes.ts';
import { guardsOf } from './guards.ts';

/** Names of the effects that the chart asks for; api.ts binds them to moves and announcements. */
const outside = effects(
  'checkRequisition', 'placeOrder', 'changeOrder', 'cancelOrder', 'receiveGoods', 'enterInvoice', 'payInvoice', 'settleOrder',
  'tellRefused', 'tellRejected', 'tellApproved', 'tellPlaced', 'tellChanged', 'tellSubstituted', 'tellCancelled', 'tellReceived',
  'tellMatched', 'tellInvoiceRefused', 'tellPaid', 'tellClosed',
);

/** From an approved need to a paid invoice. One life per order. */
export function procureToPay(policy: Policy) {
  return setup({
    types: { context: {} as Order, events: {} as OrderEvent, input: {} as Order, meta: {} as { workItem?: string } },
    actions: {
      ...outside,
      noteFacts: assign(({ context, event }) => changes.facts(context, event)),
      noteReasons: assign(({ context, event }) => changes.reasons(context, event)),
      noteApproval: assign(({ context, event }) => changes.approval(context, event, policy)),
      noteAutomaticApproval: assign(({ context, event }) => changes.automaticApproval(context, event)),
      noteRejection: assign(({ context, event }) => changes.rejection(context, event, policy)),
      escalate: assign(({ context, event }) => changes.escalation(context, event, policy)),
      noteReview: assign(({ context, event }) => changes.review(context, event)),
      noteNumbers: assign(({ context, event }) => changes.numbers(context, event)),
      noteAnswer: assign(({ context, event }) => changes.answer(context, event)),
      takeOverChange: assign(({ context, event }) => changes.changedLines(context, event)),
      noteShipment: assign(({ context, event }) => changes.shipment(context, event)),
      noteDelivery: assign(({ context, event }) => changes.delivery(context, event)),
      returnSurplus: assign(({ context }) => changes.surplusReturned(context)),
      acceptSurplus: assign(({ context }) => changes.surplusAccepted(context)),
      noteReceipt: assign(({ context, event }) => changes.receipt(context, event)),
      cutToReceived: assign(({ context }) => changes.cutToReceived(context)),
      noteInvoice: assign(({ context, event }) => changes.invoice(context, event)),
      noteExceptions: assign(({ context }) => changes.exceptions(context, policy)),
      noteMatch: assign(({ context }) => changes.invoiceState(context, 'matched')),
      noteEntered: assign(({ context }) => changes.entered(context)),
      notePaid: assign(({ context }) => changes.invoiceState(context, 'paid')),
      refuseInvoice: assign(({ context }) => changes.invoiceRefused(context, policy)),
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
  }).createMachine({
    id: 'order',
    context: ({ input }) => input,
    initial: 'checking',
    on: {
      'shipment.announced.v1': { actions: 'noteShipment' },
    },
    states: {
      checking: {
        entry: 'checkRequisition',
        on: {
          accepted: { target: 'deciding', actions: 'noteFacts' },
          refused: { target: 'refused', actions: 'noteReasons' },
        },
      },
      refused: { entry: 'tellRefused', type: 'final' },

      deciding: {
        always: [
          { guard: 'isEmergency', target: 'ordering' },
          { guard: 'needsNoApproval', target: 'ordering', actions: ['noteAutomaticApproval', 'tellApproved'] },
          { target: 'approving' },
        ],
      },
      approving: {
        meta: { workItem: 'approval' },
        on: {
          approve: [
            { guard: 'hasMoreTiers', target: 'approving', reenter: true, actions: 'noteApproval' },
            { target: 'ordering', actions: ['noteApproval', 'tellApproved'] },
          ],
          reject: { target: 'rejected', actions: 'noteRejection' },
          withdraw: 'withdrawn',
        },
        after: { approvalLimit: { target: 'approving', reenter: true, actions: 'escalate' } },
      },
      rejected: { entry: 'tellRejected', type: 'final' },
      withdrawn: { type: 'final' },

      ordering: {
        entry: 'placeOrder',
        on: {
          placed: { target: 'open', actions: ['noteNumbers', 'tellPlaced'] },
          'place-order.failed': 'notPlaced',
        },
      },
      notPlaced: {
        meta: { workItem: 'order-not-placed' },
        on: { retry: 'ordering', 'cancel-order': 'cancelled' },
      },

      open: {
        type: 'parallel',
        on: { 'cancel-order': { guard: 'nothingReceived', target: 'cancelling' } },
        onDone: 'settling',
        states: {
          supplier: {
            initial: 'awaiting',
            states: {
              awaiting: {
                on: { 'order.acknowledged.v1': { target: 'judging', actions: 'noteAnswer' } },
                always: { guard: 'everythingCame', target: 'finished' },
                after: { acknowledgementLimit: 'silent' },
              },
              silent: {
                meta: { workItem: 'no-acknowledgement' },
                on: { 'order.acknowledged.v1': { target: 'judging', actions: 'noteAnswer' }, 'keep-waiting': 'awaiting' },
                always: { guard: 'everythingCame', target: 'finished' },
              },
              judging: {
                always: [
                  { guard: 'answerIsAgreed', target: 'agreed' },
                  { guard: 'answerIsHarmless', target: 'changing' },
                  { guard: 'allIsRejected', target: 'rejecting' },
                  { target: 'proposing' },
                ],
              },
              proposing: {
                meta: { workItem: 'supplier-proposal' },
                on: { 'accept-proposal': 'changing', 'order.acknowledged.v1': { target: 'judging', actions: 'noteAnswer' } },
              },
              rejecting: {
                meta: { workItem: 'supplier-rejection' },
                on: { 'order.acknowledged.v1': { target: 'judging', actions: 'noteAnswer' } },
              },
              changing: {
                entry: 'changeOrder',
                on: {
                  'order changed': [
                    { guard: 'isSubstituted', target: 'agreed', actions: ['takeOverChange', 'tellChanged', 'tellSubstituted'] },
                    { target: 'agreed', actions: ['takeOverChange', 'tellChanged'] },
                  ],
                  'change-order.failed': 'notChanged',
                },
              },
              notChanged: {
                meta: { workItem: 'order-not-changed' },
                on: { retry: 'changing' },
              },
              agreed: {
                on: { 'order.acknowledged.v1': { guard: 'answerIsNews', target: 'judging', actions: 'noteAnswer' } },
                always: { guard: 'everythingCame', target: 'finished' },
              },
              finished: { type: 'final' },
            },
          },

          goods: {
            initial: 'awaiting',
            states: {
              awaiting: {
                on: { delivered: { target: 'inspecting', actions: 'noteDelivery' } },
                after: { goodsLimit: 'overdue' },
                always: { guard: 'everythingCame', target: 'complete' },
              },
              overdue: {
                meta: { workItem: 'goods-overdue' },
                on: {
                  delivered: { target: 'inspecting', actions: 'noteDelivery' },
                  'keep-waiting': 'awaiting',
                  'accept-quantity': { guard: 'somethingReceived', target: 'complete', actions: 'cutToReceived' },
                },
              },
              inspecting: {
                always: [
                  { guard: 'isSurplus', target: 'surplus' },
                  { target: 'receiving' },
                ],
              },
              surplus: {
                meta: { workItem: 'over-receipt' },
                on: {
                  'accept-surplus': { target: 'receiving', actions: 'acceptSurplus' },
                  'return-surplus': [
                    { guard: 'onlySurplus', target: 'awaiting', actions: 'returnSurplus' },
                    { target: 'receiving', actions: 'returnSurplus' },
                  ],
                },
              },
              receiving: {
                entry: 'receiveGoods',
                on: { 'goods received': { target: 'awaiting', actions: ['noteReceipt', 'tellReceived'] } },
              },
              complete: { type: 'final' },
            },
          },

          bills: {
            initial: 'awaiting',
            states: {
              awaiting: {
                on: { 'invoice.received.v1': { target: 'judging', actions: 'noteInvoice' } },
                after: { invoiceLimit: 'missing' },
                always: { guard: 'everythingIsBilled', target: 'complete' },
              },
              missing: {
                meta: { workItem: 'invoice-missing' },
                on: { 'invoice.received.v1': { target: 'judging', actions: 'noteInvoice' }, 'keep-waiting': 'awaiting' },
                always: { guard: 'everythingIsBilled', target: 'complete' },
              },
              judging: {
                entry: 'noteExceptions',
                always: [
                  { guard: 'invoiceIsDuplicate', target: 'refusing' },
                  { guard: 'invoiceIsMalformed', target: 'faulty' },
                  { guard: 'invoiceIsSuspect', target: 'suspect' },
                  { guard: 'invoiceWaitsForGoods', target: 'waitingForGoods' },
                  { guard: 'priceDiffers', target: 'priceException' },
                  { guard: 'quantityDiffers', target: 'quantityException' },
                  { target: 'entering' },
                ],
              },
              waitingForGoods: {
                always: { guard: 'goodsCame', target: 'judging' },
                after: { goodsLimit: 'quantityException' },
              },
              faulty: {
                meta: { workItem: 'invoice-faulty' },
                on: { 'refuse-invoice': 'refusing' },
              },
              suspect: {
                meta: { workItem: 'suspected-duplicate' },
                on: { 'is-duplicate': 'refusing', 'is-genuine': 'entering' },
              },
              priceException: {
                meta: { workItem: 'price-exception' },
                on: { 'accept-price': 'entering', 'refuse-invoice': 'refusing' },
              },
              quantityException: {
                meta: { workItem: 'quantity-exception' },
                on: { 'accept-quantity': 'entering', 'refuse-invoice': 'refusing' },
                always: { guard: 'quantityAgreesNow', target: 'judging' },
              },
              refusing: {
                entry: ['refuseInvoice', 'tellInvoiceRefused'],
                always: 'awaiting',
              },
              entering: {
                entry: ['noteMatch', 'enterInvoice'],
                on: {
                  'invoice entered': [
                    { guard: 'paymentNeedsApproval', target: 'approvingPayment', actions: ['noteEntered', 'tellMatched'] },
                    { target: 'paying', actions: ['noteEntered', 'tellMatched'] },
                  ],
                  'enter-invoice.failed': 'notEntered',
                },
              },
              notEntered: {
                meta: { workItem: 'invoice-not-entered' },
                on: { retry: 'entering', 'refuse-invoice': 'refusing' },
              },
              approvingPayment: {
                meta: { workItem: 'payment-approval' },
                on: { 'approve-payment': 'paying' },
              },
              paying: {
                entry: 'payInvoice',
                on: { 'invoice paid': { target: 'awaiting', actions: ['notePaid', 'tellPaid'] } },
              },
              complete: { type: 'final' },
            },
          },

          review: {
            initial: 'sorting',
            states: {
              sorting: { always: [{ guard: 'isEmergency', target: 'awaiting' }, { target: 'done' }] },
              awaiting: {
                meta: { workItem: 'emergency-review' },
                on: {
                  'confirm-emergency': { target: 'done', actions: 'noteReview' },
                  'object-to-emergency': { target: 'objected', actions: 'noteReview' },
                },
                after: { reviewLimit: { target: 'awaiting', reenter: true, actions: 'escalate' } },
              },
              objected: { type: 'final' },
              done: { type: 'final' },
            },
          },
        },
      },

      cancelling: {
        entry: 'cancelOrder',
        on: { cancelled: 'cancelled' },
      },
      cancelled: { entry: 'tellCancelled', type: 'final' },

      settling: {
        entry: 'settleOrder',
        on: { settled: 'closed', 'clearing-not-zero': 'unbalanced' },
      },
      unbalanced: {
        meta: { workItem: 'clearing-not-zero' },
        on: { retry: 'settling' },
      },
      closed: {
        entry: 'tellClosed',
        initial: 'quiet',
        on: {
          // Late answers change nothing any more; a late invoice must not be lost, and must not be paid twice.
          'order.acknowledged.v1': {},
          'invoice.received.v1': [
            { guard: 'lateInvoiceIsDuplicate', actions: ['noteInvoice', 'refuseInvoice', 'tellInvoiceRefused'] },
            { target: '.disputed', actions: 'noteInvoice' },
          ],
        },
        states: {
          quiet: { after: { archiveLimit: '#order.archived' } },
          disputed: {
            meta: { workItem: 'invoice-after-closing' },
            on: { 'refuse-invoice': { target: 'quiet', actions: ['refuseInvoice', 'tellInvoiceRefused'] } },
          },
        },
      },
      archived: { type: 'final' },
    },
  });
}
