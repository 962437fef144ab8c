import { addQuantities } from '#chassis/money/money.ts';
import { move } from '#chassis/moves/move.ts';
import type { Systems } from '../systems.ts';
import { movementOf, type StockToDeplete } from './deplete-stock.ts';
import { stockOnHand } from './stock-on-hand.ts';

/** What was used was there: raise the books to it, and no further. No undo: a count is a fact. */
export const adjustStock = ({ erp }: Systems) =>
  move('adjust-stock', async (run, used: StockToDeplete) => {
    const { costCenter: _costCenter, caseReference: _case, ...found } = movementOf(used);
    const onHand = await run.step('count in the books', () => stockOnHand(erp, found));
    const missing = addQuantities(found.quantity, -Math.max(0, onHand));
    if (missing > 0) {
      await run.step('adjust to what was used', (idempotencyKey) => erp.createStockMovement({
        body: { ...found, kind: 'adjustment', quantity: missing, reference: `count/${found.reference}` },
      }, { idempotencyKey }));
    }
    return { type: 'stock adjusted' };
  });
