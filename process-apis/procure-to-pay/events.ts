import type { MoveFailure } from '#chassis/moves/engine.ts';
import type { Delivery, Line, OrderAcknowledgement, Reason, ShipNotice, SupplierInvoice, Tier } from './order.ts';

/** A person's decision on a work item. */
interface Decision {
  by: string;
  at: string;
  inPlaceOf?: string;
  note?: string;
}

interface Failed {
  failure: MoveFailure;
  moveId: string;
}

/** Everything that can happen to an order. */
export type OrderEvent =
  // What its moves report
  | { type: 'accepted'; supplierNumber: string; lines: Line[]; path: Tier[]; split: boolean }
  | { type: 'refused'; reasons: Reason[] }
  | { type: 'placed'; erpRequisitionNumber: string; orderNumber: string }
  | { type: 'place-order.failed' } & Failed
  | { type: 'order repeated' }
  | { type: 'order changed' }
  | { type: 'change-order.failed' } & Failed
  | { type: 'cancelled' }
  | { type: 'cancel-order.failed' } & Failed
  | { type: 'goods received'; lines: Delivery['lines']; receiptNumber: string }
  | { type: 'receive-goods.failed' } & Failed
  | { type: 'order shortened' }
  | { type: 'invoice entered' }
  | { type: 'enter-invoice.failed' } & Failed
  | { type: 'invoice paid' }
  | { type: 'settled' }
  | { type: 'clearing-not-zero'; balance: string }
  // What suppliers send
  | { type: 'order.acknowledged.v1'; document: OrderAcknowledgement }
  | { type: 'shipment.announced.v1'; document: ShipNotice }
  | { type: 'invoice.received.v1'; document: SupplierInvoice }
  // What people do
  | { type: 'delivered'; delivery: Delivery }
  | { type: 'withdraw' } & Decision
  | { type: 'check-again' } & Decision
  | { type: 'give-up' } & Decision
  | { type: 'approve' } & Decision
  | { type: 'reject' } & Decision
  | { type: 'retry' } & Decision
  | { type: 'cancel-order' } & Decision
  | { type: 'retry-cancellation' } & Decision
  | { type: 'keep-order' } & Decision
  | { type: 'wait-for-answer' } & Decision
  | { type: 'accept-proposal' } & Decision
  | { type: 'hold-to-order' } & Decision
  | { type: 'retry-change' } & Decision
  | { type: 'keep-waiting' } & Decision
  | { type: 'end-delivery' } & Decision
  | { type: 'accept-surplus' } & Decision
  | { type: 'return-surplus' } & Decision
  | { type: 'retry-receipt' } & Decision
  | { type: 'discard-delivery' } & Decision
  | { type: 'wait-for-invoice' } & Decision
  | { type: 'expect-no-invoice' } & Decision
  | { type: 'write-off-accrual' } & Decision
  | { type: 'accept-price' } & Decision
  | { type: 'accept-quantity' } & Decision
  | { type: 'refuse-invoice' } & Decision
  | { type: 'is-duplicate' } & Decision
  | { type: 'is-genuine' } & Decision
  | { type: 'retry-invoice' } & Decision
  | { type: 'approve-payment' } & Decision
  | { type: 'write-off' } & Decision
  | { type: 'confirm-emergency' } & Decision
  | { type: 'object-to-emergency' } & Decision;
