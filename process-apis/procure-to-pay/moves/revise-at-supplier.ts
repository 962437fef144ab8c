import type { Systems } from '../systems.ts';
import { dispatchOf, type OrderToPlace } from './place-order.ts';

export interface OrderToRevise extends OrderToPlace {
  orderNumber: string;
}

/** Sends the order as it stands now. Lines of which nothing is wanted any more are left out. */
export function reviseAtSupplier(network: Systems['network'], order: OrderToRevise) {
  return (idempotencyKey: string) => network.reviseOrder({
    orderNumber: order.orderNumber, body: dispatchOf({ ...order, lines: order.lines.filter((line) => line.quantity > 0) }, order.orderNumber),
  }, { idempotencyKey });
}
