import { move } from '#chassis/moves/move.ts';
import type { Systems } from '../systems.ts';
import { dispatchOf, type OrderToPlace } from './place-order.ts';

export interface OrderToRevise extends OrderToPlace {
  orderNumber: string;
}

/** Hold the supplier to what was ordered: send it again as it stands. No undo: nothing changes by it. */
export const repeatOrder = ({ network }: Systems) =>
  move('repeat-order', async (run, order: OrderToRevise) => {
    await run.step('send order again', reviseAtSupplier(network, order));
    return { type: 'order repeated' };
  });

/** The order as it stands now, for the supplier. Lines of which nothing is wanted any more are left out. */
export function reviseAtSupplier(network: Systems['network'], order: OrderToRevise) {
  return (idempotencyKey: string) => network.reviseOrder({
    orderNumber: order.orderNumber, body: dispatchOf({ ...order, lines: order.lines.filter((line) => line.quantity > 0) }, order.orderNumber),
  }, { idempotencyKey });
}
