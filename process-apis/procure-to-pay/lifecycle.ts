import type { Policy } from './policy.ts';
import { vocabularyOf } from './vocabulary.ts';

/** From an approved need to a paid invoice. One life per order. */
export function procureToPay(policy: Policy) {
  return vocabularyOf(policy).createMachine({
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
          refused: [
            { guard: 'isDemand', target: 'unfit', actions: 'noteReasons' },
            { target: 'refused', actions: 'noteReasons' },
          ],
          withdraw: { target: 'withdrawn', actions: 'noteWithdrawal' },
        },
      },
      // A person is told at once; behind a rule nobody waits for an answer, so somebody has to look.
      unfit: {
        meta: { workItem: 'demand-refused' },
        on: { 'check-again': 'checking', 'give-up': 'refused' },
      },
      refused: { entry: 'tellRefused', type: 'final' },

      deciding: {
        always: [
          { guard: 'isEmergency', target: 'ordering', actions: 'noteEmergency' },
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
          withdraw: { target: 'withdrawn', actions: 'noteWithdrawal' },
        },
        after: {
          approvalLimit: [
            { guard: 'canEscalate', target: 'approving', reenter: true, actions: 'escalate' },
            { actions: 'escalate' },
          ],
        },
      },
      rejected: { entry: 'tellRejected', type: 'final' },
      withdrawn: { entry: 'tellCancelled', type: 'final' },

      ordering: {
        entry: 'placeOrder',
        on: {
          placed: { target: 'open', actions: ['noteNumbers', 'tellPlaced'] },
          'place-order.failed': { target: 'notPlaced', actions: 'noteFailedPlacement' },
        },
      },
      notPlaced: {
        meta: { workItem: 'order-not-placed' },
        on: { retry: 'ordering', 'cancel-order': 'cancelled' },
      },

      open: {
        type: 'parallel',
        onDone: 'settling',
        states: {
          supplier: {
            initial: 'awaiting',
            states: {
              awaiting: {
                on: { 'order.acknowledged.v1': [{ guard: 'answerIsStale', actions: 'letPass' }, { target: 'judging', actions: 'noteAnswer' }] },
                always: [{ guard: 'everythingCame', target: 'finished' }, { guard: 'isBeingCancelled', target: 'halted' }],
                after: { acknowledgementLimit: 'silent' },
              },
              silent: {
                meta: { workItem: 'no-acknowledgement' },
                on: { 'order.acknowledged.v1': [{ guard: 'answerIsStale', actions: 'letPass' }, { target: 'judging', actions: 'noteAnswer' }], 'wait-for-answer': 'awaiting' },
                always: [{ guard: 'everythingCame', target: 'finished' }, { guard: 'isBeingCancelled', target: 'halted' }],
              },
              judging: {
                always: [
                  { guard: 'answerIsAgreed', target: 'agreed' },
                  { guard: 'answerIsHarmless', target: 'goodsFirst' },
                  { guard: 'allIsRejected', target: 'rejecting' },
                  { target: 'proposing' },
                ],
              },
              proposing: {
                meta: { workItem: 'supplier-proposal' },
                on: {
                  'accept-proposal': { target: 'goodsFirst', actions: 'noteAcceptedProposal' },
                  'hold-to-order': 'insisting',
                  'order.acknowledged.v1': [{ guard: 'answerIsStale', actions: 'letPass' }, { target: 'judging', actions: 'noteAnswer' }],
                },
                always: [{ guard: 'everythingCame', target: 'finished' }, { guard: 'isBeingCancelled', target: 'halted' }],
              },
              rejecting: {
                meta: { workItem: 'supplier-rejection' },
                on: {
                  'accept-proposal': { guard: 'somethingReceived', target: 'goodsFirst', actions: 'noteAcceptedProposal' },
                  'hold-to-order': { guard: 'mustBeDelivered', target: 'insisting' },
                  'order.acknowledged.v1': [{ guard: 'answerIsStale', actions: 'letPass' }, { target: 'judging', actions: 'noteAnswer' }],
                },
                always: [{ guard: 'everythingCame', target: 'finished' }, { guard: 'isBeingCancelled', target: 'halted' }],
              },
              // What is just being booked in is booked in as it was ordered.
              goodsFirst: { always: [{ guard: 'everythingCame', target: 'finished' }, { guard: 'nothingIsBooked', target: 'changing' }] },
              changing: {
                entry: ['noteRevising', 'changeOrder'],
                exit: 'noteRevised',
                on: {
                  'order changed': { target: 'agreed', actions: ['tellSubstitutions', 'noteChange', 'tellChanged'] },
                  'change-order.failed': { guard: 'nothingIsDone', target: 'notChanged', actions: 'noteTrouble' },
                },
              },
              notChanged: {
                meta: { workItem: 'order-not-changed' },
                on: { 'retry-change': 'goodsFirst', 'hold-to-order': 'insisting' },
                always: [{ guard: 'everythingCame', target: 'finished' }, { guard: 'isBeingCancelled', target: 'halted' }],
              },
              insisting: {
                entry: ['noteRevising', 'repeatOrder'],
                exit: 'noteRevised',
                on: { 'order repeated': { target: 'awaiting', actions: 'noteDeclinedProposal' } },
              },
              agreed: {
                on: { 'order.acknowledged.v1': [{ guard: 'answerIsNews', target: 'judging', actions: 'noteAnswer' }, { actions: 'letPass' }] },
                always: [{ guard: 'everythingCame', target: 'finished' }, { guard: 'isBeingCancelled', target: 'halted' }],
              },
              // Being cancelled: what the supplier answers waits, and counts only if the order is kept.
              halted: {
                always: [
                  { guard: 'isKeptUndecided', target: 'judging' },
                  { guard: 'isKeptAgreed', target: 'agreed' },
                  { guard: 'isKept', target: 'awaiting' },
                ],
              },
              finished: { type: 'final' },
            },
          },

          goods: {
            initial: 'awaiting',
            states: {
              awaiting: {
                on: { delivered: { guard: 'linesStand', target: 'inspecting', actions: 'noteDelivery' } },
                after: { goodsLimit: 'overdue' },
                always: { guard: 'everythingCame', target: 'complete' },
              },
              overdue: {
                meta: { workItem: 'goods-overdue' },
                on: {
                  delivered: { guard: 'linesStand', target: 'inspecting', actions: 'noteDelivery' },
                  'keep-waiting': 'awaiting',
                  'end-delivery': { guard: 'somethingReceived', target: 'shortening' },
                },
                always: { guard: 'everythingCame', target: 'complete' },
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
                  'accept-surplus': { guard: 'isOrdered', target: 'receiving', actions: 'acceptSurplus' },
                  'return-surplus': [
                    { guard: 'onlySurplus', target: 'awaiting', actions: 'returnSurplus' },
                    { target: 'receiving', actions: 'returnSurplus' },
                  ],
                },
              },
              receiving: {
                entry: 'receiveGoods',
                on: {
                  'goods received': { target: 'awaiting', actions: ['noteReceipt', 'tellReceived'] },
                  'receive-goods.failed': { guard: 'nothingIsDone', target: 'notReceived', actions: 'noteTrouble' },
                },
              },
              notReceived: {
                meta: { workItem: 'goods-not-received' },
                on: { 'retry-receipt': 'receiving', 'discard-delivery': { target: 'awaiting', actions: 'discardDelivery' } },
              },
              shortening: {
                entry: 'shortenOrder',
                on: { 'order shortened': { target: 'complete', actions: ['cutToReceived', 'tellChanged'] } },
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
                on: { 'invoice.received.v1': { target: 'judging', actions: 'noteInvoice' }, 'wait-for-invoice': 'awaiting', 'expect-no-invoice': { guard: 'everythingCame', target: 'unbilled' } },
                always: { guard: 'everythingIsBilled', target: 'complete' },
              },
              // What came and nobody bills is owed all the same until somebody above the clerk says that it is not.
              unbilled: {
                meta: { workItem: 'accrual-write-off' },
                on: {
                  'invoice.received.v1': { target: 'judging', actions: 'noteInvoice' },
                  'wait-for-invoice': 'awaiting',
                  'write-off-accrual': { target: 'complete', actions: 'noteAccrualWrittenOff' },
                },
              },
              judging: {
                entry: 'noteFindings',
                always: [
                  { guard: 'isBeingCancelled', target: 'halted' },
                  { guard: 'invoiceIsDuplicate', target: 'refusing' },
                  { guard: 'invoiceIsMalformed', target: 'faulty' },
                  { guard: 'invoiceIsSuspect', target: 'suspect' },
                  { guard: 'invoiceWaitsForGoods', target: 'waitingForGoods' },
                  { guard: 'priceDiffers', target: 'priceException' },
                  { guard: 'quantityDiffers', target: 'quantityException' },
                  { target: 'entering' },
                ],
              },
              // The ERP takes no invoice of an order that it has cancelled meanwhile; then it is refused with the order.
              halted: { always: { guard: 'isKept', target: 'judging' } },
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
                on: { 'is-duplicate': 'refusing', 'is-genuine': { target: 'judging', actions: 'clearSuspicion' } },
              },
              priceException: {
                meta: { workItem: 'price-exception' },
                on: { 'accept-price': { target: 'judging', actions: 'clearPrice' }, 'refuse-invoice': 'refusing' },
              },
              quantityException: {
                meta: { workItem: 'quantity-exception' },
                on: { 'accept-quantity': { target: 'judging', actions: 'clearQuantity' }, 'refuse-invoice': 'refusing' },
                always: { guard: 'quantityAgreesNow', target: 'judging' },
              },
              refusing: {
                entry: ['refuseInvoice', 'tellInvoiceRefused'],
                always: 'awaiting',
              },
              entering: {
                entry: 'enterInvoice',
                on: {
                  'invoice entered': [
                    { guard: 'paymentNeedsApproval', target: 'approvingPayment', actions: ['noteEntered', 'tellMatched'] },
                    { target: 'paying', actions: ['noteEntered', 'tellMatched'] },
                  ],
                  'enter-invoice.failed': { guard: 'nothingIsDone', target: 'notEntered', actions: 'noteTrouble' },
                },
              },
              notEntered: {
                meta: { workItem: 'invoice-not-entered' },
                on: { 'retry-invoice': 'judging', 'refuse-invoice': 'refusing' },
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
                after: {
                  reviewLimit: [
                    { guard: 'canEscalate', target: 'awaiting', reenter: true, actions: 'escalate' },
                    { actions: 'escalate' },
                  ],
                },
              },
              objected: { type: 'final' },
              done: { type: 'final' },
            },
          },

          cancellation: {
            initial: 'possible',
            states: {
              possible: {
                on: { 'cancel-order': { guard: 'mayBeCancelled', target: 'running', actions: 'noteCancelling' } },
                always: { guard: 'somethingReceived', target: 'over' },
              },
              running: {
                entry: 'cancelOrder',
                on: {
                  cancelled: '#order.cancelling',
                  'cancel-order.failed': { guard: 'nothingIsDone', target: 'failed', actions: 'noteTrouble' },
                },
              },
              failed: {
                meta: { workItem: 'order-not-cancelled' },
                on: { 'retry-cancellation': { guard: 'nothingHasCome', target: 'running' }, 'keep-order': { target: 'possible', actions: 'noteKeeping' } },
                always: { guard: 'somethingReceived', target: 'over', actions: 'noteKeeping' },
              },
              over: { type: 'final' },
            },
          },
        },
      },

      cancelling: {
        always: [
          { guard: 'hasInvoice', target: 'cancelled', actions: ['refuseInvoiceOfCancelledOrder', 'tellInvoiceRefused'] },
          { target: 'cancelled' },
        ],
      },
      // Still listens for a while: a supplier may bill what it should not have sent.
      cancelled: {
        entry: 'tellCancelled',
        on: {
          'order.acknowledged.v1': { actions: 'letPass' },
          'invoice.received.v1': { actions: ['noteInvoice', 'refuseInvoiceOfCancelledOrder', 'tellInvoiceRefused'] },
        },
        after: { archiveLimit: 'archived' },
      },

      settling: {
        entry: 'settleOrder',
        on: {
          settled: 'closed',
          'clearing-not-zero': { target: 'unbalanced', actions: 'noteClearingBalance' },
        },
      },
      unbalanced: {
        meta: { workItem: 'clearing-not-zero' },
        on: { retry: 'settling', 'write-off': { target: 'settling', actions: 'noteWriteOff' } },
      },
      // A late invoice must not be lost, and must not be paid twice; late answers change nothing any more.
      closed: {
        entry: 'tellClosed',
        initial: 'quiet',
        on: { 'order.acknowledged.v1': { actions: 'letPass' } },
        states: {
          quiet: {
            on: {
              'invoice.received.v1': [
                { guard: 'lateInvoiceIsDuplicate', actions: ['noteInvoice', 'refuseInvoice', 'tellInvoiceRefused'] },
                { target: 'disputed', actions: ['noteInvoice', 'noteFindings'] },
              ],
            },
            after: { archiveLimit: '#order.archived' },
          },
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
