import { move } from '#chassis/moves/move.ts';
import type { Clock } from '#chassis/time/clock.ts';
import { lineOf, type Line } from '../order.ts';
import type { Systems } from '../systems.ts';
import { dispatchOf, type OrderToPlace } from './place-order.ts';

export interface OrderToChange extends OrderToPlace {
  orderNumber: string;
  /** Tells one change of an order from the next. */
  changeReference: string;
  before: Line[];
  encounterId: string | null;
  department: string | null;
}

/**
 * Take the supplier's accepted proposal over: into the ERP, back to the supplier, and, where an item was substituted,
 * to the clinicians. No undo: buyer and supplier have agreed; a step that fails is tried again or becomes a work item.
 */
export const changeOrder = ({ erp, network, ehr }: Systems, clock: Clock) =>
  move('change-order', async (run, order: OrderToChange) => {
    await run.step('change in ERP', (idempotencyKey) => erp.changePurchaseOrder({
      orderNumber: order.orderNumber,
      body: { reference: order.changeReference, reason: 'Agreed with the supplier', lines: order.lines.map((line) => changeOf(line)) },
    }, { idempotencyKey }));
    const kept = order.lines.filter((line) => line.quantity > 0);
    await run.step('send revision', (idempotencyKey) => network.reviseOrder({
      orderNumber: order.orderNumber, body: dispatchOf({ ...order, lines: kept }, order.orderNumber, clock.now()),
    }, { idempotencyKey }));
    for (const line of substituted(order)) {
      await run.step(`tell clinicians of line ${line.line}`, (idempotencyKey) => ehr.createNotice({
        body: {
          reference: `${order.changeReference}/${line.line}`, topic: 'substitution', facility: order.facility,
          text: `Item ${line.orderedItemNumber} is replaced by ${line.itemNumber} on order ${order.orderNumber}.`,
          ...(order.encounterId ? { encounterId: order.encounterId } : {}), ...(order.department ? { department: order.department } : {}),
        },
      }, { idempotencyKey }));
    }
    return { type: 'order changed' };
  });

function changeOf({ line, itemNumber, quantity, unitPrice, promisedOn }: Line) {
  return quantity > 0 ? { line, itemNumber, quantity, unitPrice, ...(promisedOn ? { promisedOn } : {}) } : { line, cancel: true };
}

function substituted(order: OrderToChange): Line[] {
  return order.lines.filter((line) => line.quantity > 0 && lineOf({ lines: order.before } as Parameters<typeof lineOf>[0], line.line)?.itemNumber !== line.itemNumber);
}
