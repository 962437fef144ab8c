import { move } from '#chassis/moves/move.ts';
import { secondHalf } from '../half-done.ts';
import type { Systems } from '../systems.ts';

export interface OrderToCancel {
  orderNumber: string;
}

/** Withdraw the order at the supplier, then cancel it in the ERP. No undo: once the supplier has let go of it, it is cancelled. */
export const cancelOrder = ({ erp, network }: Systems) =>
  move('cancel-order', async (run, { orderNumber }: OrderToCancel) => {
    await run.step('withdraw at supplier', (idempotencyKey) => network.withdrawOrder({ orderNumber }, { idempotencyKey }));
    await run.step('cancel in ERP', secondHalf((idempotencyKey) => erp.cancelPurchaseOrder({ orderNumber }, { idempotencyKey })));
    return { type: 'cancelled' };
  });
