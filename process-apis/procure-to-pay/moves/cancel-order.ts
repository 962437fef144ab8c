import { move } from '#chassis/moves/move.ts';
import type { Systems } from '../systems.ts';

export interface OrderToCancel {
  orderNumber: string;
}

/**
 * Withdraw the order at the supplier, then cancel it in the ERP. No undo: when the supplier has let go of the order and
 * the ERP has not, a person decides whether to try again or to send it once more.
 */
export const cancelOrder = ({ erp, network }: Systems) =>
  move('cancel-order', async (run, { orderNumber }: OrderToCancel) => {
    await run.step('withdraw at supplier', (idempotencyKey) => network.withdrawOrder({ orderNumber }, { idempotencyKey }));
    await run.step('cancel in ERP', (idempotencyKey) => erp.cancelPurchaseOrder({ orderNumber }, { idempotencyKey }));
    return { type: 'cancelled' };
  });
