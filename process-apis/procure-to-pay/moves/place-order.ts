import { move } from '#chassis/moves/move.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { OrderDispatch, OrderDispatchLine } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Line } from '../order.ts';
import type { Systems } from '../systems.ts';

export interface OrderToPlace {
  requisitionNumber: string;
  reference: string;
  requester: string;
  urgency: 'standard' | 'emergency';
  facility: string;
  costCenter: string;
  location: string;
  supplierNumber: string;
  currency: string;
  neededBy: string | null;
  lines: Line[];
}

/** Put the order into the ERP and send it to the supplier. Undo: withdraw and cancel it, for nothing has been shipped yet. */
export const placeOrder = ({ erp, network }: Systems, clock: Clock) =>
  move('place-order', async (run, order: OrderToPlace) => {
    const requisition = await run.step('create requisition in ERP', (idempotencyKey) => erp.createRequisition({
      body: {
        reference: referenceOf(order), facility: order.facility, costCenter: order.costCenter, location: order.location, requester: order.requester, currency: order.currency,
        ...(order.neededBy ? { neededBy: order.neededBy } : {}), description: order.requisitionNumber,
        lines: order.lines.map(({ itemNumber, description, quantity, unit, unitPrice, account }) => ({ itemNumber, description, quantity, unit, unitPrice, account, supplierNumber: order.supplierNumber })),
      },
    }, { idempotencyKey }), { undo: (created, idempotencyKey) => erp.cancelRequisition({ requisitionNumber: created.number }, { idempotencyKey }) });

    const placed = await run.step('create order in ERP', (idempotencyKey) => erp.createPurchaseOrder({
      body: {
        reference: referenceOf(order), requisitionNumber: requisition.number, supplierNumber: order.supplierNumber, facility: order.facility, location: order.location, currency: order.currency, description: order.requisitionNumber,
        lines: order.lines.map(({ line, itemNumber, description, quantity, unit, unitPrice, account }) => ({ line, itemNumber, description, quantity, unit, unitPrice, account, costCenter: order.costCenter })),
      },
    }, { idempotencyKey }), { undo: (created, idempotencyKey) => erp.cancelPurchaseOrder({ orderNumber: created.number }, { idempotencyKey }) });

    // Nothing is to be undone after the last step.
    await run.step('send to supplier', (idempotencyKey) => network.sendOrder({ body: dispatchOf(order, placed.number, clock.now()) }, { idempotencyKey }));
    return { type: 'placed', erpRequisitionNumber: requisition.number, orderNumber: placed.number };
  });

/** One requisition may become several orders, one a supplier; each has a reference of its own. */
export const referenceOf = (order: { reference: string; supplierNumber: string }) => `${order.reference}/${order.supplierNumber}`;

export function dispatchOf(order: OrderToPlace, orderNumber: string, now: Date): OrderDispatch {
  return {
    orderNumber, supplierNumber: order.supplierNumber, requisitionReference: order.reference, facility: order.facility, urgency: order.urgency,
    orderedOn: now.toISOString().slice(0, 10), currency: order.currency, lines: order.lines.map((line) => dispatchLine(line, order.neededBy)),
  };
}

function dispatchLine({ line, itemNumber, supplierItemNumber, description, quantity, unit, unitPrice }: Line, neededBy: string | null): OrderDispatchLine {
  return { line, itemNumber, description, quantity, unit, unitPrice, ...(supplierItemNumber ? { supplierItemNumber } : {}), ...(neededBy ? { neededBy } : {}) };
}
