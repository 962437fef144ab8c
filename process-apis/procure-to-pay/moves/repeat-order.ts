import { move } from '#chassis/moves/move.ts';
import type { Systems } from '../systems.ts';
import { reviseAtSupplier, type OrderToRevise } from './revise-at-supplier.ts';

/** Hold the supplier to what was ordered: send it again as it stands. No undo: nothing changes by it. */
export const repeatOrder = ({ network }: Systems) =>
  move('repeat-order', async (run, order: OrderToRevise) => {
    await run.step('send order again', reviseAtSupplier(network, order));
    return { type: 'order repeated' };
  });
