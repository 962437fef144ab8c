import { move } from '#chassis/moves/move.ts';
import type { OrderDispatch, OrderDispatchLine } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Line } from '../order.ts';
import type { Systems } from '../systems.ts';

export interface OrderToPlace {
  requisitionNumber: string;
  reference: string;
  /** Ours for the documents in the ERP; another one for each attempt that was taken back. */
  documentReference: string;
  requester: string;
  urgency: 'standard' | 'emergency';
  facility: string;
  costCenter: string;
  supplierNumber: string;
  currency: string;
  neededBy: string | null;
  /** Part of the input and not asked of the clock: a repeat after midnight must be the same request. */
  orderedOn: string;
  lines: Line[];
}

/** Put the order into the ERP and send it to the supplier. Undo: cancel it, for the supplier has not got it. */
export const placeOrder = ({ erp, network }: Systems) =>
  move('place-order', async (run, order: OrderToPlace) => {
    const requisition = await run.step('create requisition in ERP', (idempotencyKey) => erp.createRequisition({
      body: {
        reference: order.documentReference, facility: order.facility, costCenter: order.costCenter, requester: order.requester, currency: order.currency,
        ...(order.neededBy ? { neededBy: order.neededBy } : {}), description: order.requisitionNumber,
        lines: order.lines.map(({ itemNumber, description, quantity, unit, unitPrice, account }) => ({ itemNumber, description, quantity, unit, unitPrice, account, supplierNumber: order.supplierNumber })),
      },
    }, { idempotencyKey }), { undo: (created, idempotencyKey) => erp.cancelRequisition({ requisitionNumber: created.number }, { idempotencyKey }) });

    const placed = await run.step('create order in ERP', (idempotencyKey) => erp.createPurchaseOrder({
      body: {
        reference: order.documentReference, requisitionNumber: requisition.number, supplierNumber: order.supplierNumber, facility: order.facility, currency: order.currency, description: order.requisitionNumber,
        lines: order.lines.map(({ line, itemNumber, description, quantity, unit, unitPrice, account }) => ({ line, itemNumber, description, quantity, unit, unitPrice, account, costCenter: order.costCenter })),
      },
    }, { idempotencyKey }), { undo: (created, idempotencyKey) => erp.cancelPurchaseOrder({ orderNumber: created.number }, { idempotencyKey }) });

    // No undo: it is the last step, and nothing after it can fail.
    await run.step('send to supplier', (idempotencyKey) => network.sendOrder({ body: dispatchOf(order, placed.number) }, { idempotencyKey }));
    return { type: 'placed', erpRequisitionNumber: requisition.number, orderNumber: placed.number };
  });

export function dispatchOf(order: OrderToPlace, orderNumber: string): OrderDispatch {
  return {
    orderNumber, supplierNumber: order.supplierNumber, requisitionReference: order.reference, facility: order.facility, urgency: order.urgency,
    orderedOn: order.orderedOn, currency: order.currency, lines: order.lines.map((line) => dispatchLine(line, order.neededBy)),
  };
}

function dispatchLine({ line, itemNumber, supplierItemNumber, description, quantity, unit, unitPrice }: Line, neededBy: string | null): OrderDispatchLine {
  return { line, itemNumber, description, quantity, unit, unitPrice, ...(supplierItemNumber ? { supplierItemNumber } : {}), ...(neededBy ? { neededBy } : {}) };
}
