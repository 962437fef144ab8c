import { move } from '#chassis/moves/move.ts';
import { secondHalf } from '../half-done.ts';
import { lineOf, type Line } from '../order.ts';
import type { Systems } from '../systems.ts';
import { reviseAtSupplier, type OrderToRevise } from './revise-at-supplier.ts';
import { documentReference } from '../references.ts';

export interface OrderToChange extends OrderToRevise {
  /** Tells one change of an order from the next. */
  changeReference: string;
  before: Line[];
  encounterId: string | null;
  department: string | null;
}

/**
 * Take the supplier's accepted proposal over: into the ERP, back to the supplier, and, where an item was substituted,
 * to the clinicians. No undo: buyer and supplier have agreed, and once the ERP has it the rest has to follow.
 */
export const changeOrder = ({ erp, network, ehr }: Systems) =>
  move('change-order', async (run, order: OrderToChange) => {
    await run.step('change in ERP', (idempotencyKey) => erp.changePurchaseOrder({
      orderNumber: order.orderNumber,
      body: { reference: order.changeReference, reason: 'Agreed with the supplier', lines: order.lines.map((line) => changeOf(line)) },
    }, { idempotencyKey }));
    await run.step('send revision', secondHalf(reviseAtSupplier(network, order)));
    for (const line of substituted(order)) {
      await run.step(`tell clinicians of line ${line.line}`, secondHalf((idempotencyKey) => ehr.createNotice({
        body: {
          reference: documentReference(order.changeReference, line.line), topic: 'substitution', facility: order.facility,
          text: `Item ${line.orderedItemNumber} is replaced by ${line.itemNumber} on order ${order.orderNumber}.`,
          ...(order.encounterId ? { encounterId: order.encounterId } : {}), ...(order.department ? { department: order.department } : {}),
        },
      }, { idempotencyKey })));
    }
    return { type: 'order changed' };
  });

export function changeOf({ line, itemNumber, quantity, unitPrice, promisedOn }: Line) {
  return quantity > 0 ? { line, itemNumber, quantity, unitPrice, ...(promisedOn ? { promisedOn } : {}) } : { line, cancel: true };
}

function substituted(order: OrderToChange): Line[] {
  return order.lines.filter((line) => line.quantity > 0 && lineOf({ lines: order.before }, line.line)?.itemNumber !== line.itemNumber);
}
