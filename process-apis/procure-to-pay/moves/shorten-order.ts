import { move } from '#chassis/moves/move.ts';
import type { Systems } from '../systems.ts';
import { changeOf } from './change-order.ts';
import { reviseAtSupplier, type OrderToRevise } from './revise-at-supplier.ts';

export interface OrderToShorten extends OrderToRevise {
  changeReference: string;
}

/** Nobody waits for the rest: cut the order to what came, in the ERP and at the supplier. No undo: the rest is asked for anew. */
export const shortenOrder = ({ erp, network }: Systems) =>
  move('shorten-order', async (run, order: OrderToShorten) => {
    const lines = order.lines.map((line) => ({ ...line, quantity: line.receivedQuantity }));
    await run.step('cut in ERP', (idempotencyKey) => erp.changePurchaseOrder({
      orderNumber: order.orderNumber, body: { reference: order.changeReference, reason: 'The rest is not expected any more', lines: lines.map((line) => changeOf(line)) },
    }, { idempotencyKey }));
    await run.step('send revision', reviseAtSupplier(network, { ...order, lines }));
    return { type: 'order shortened' };
  });
