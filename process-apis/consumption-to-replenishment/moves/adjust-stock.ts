import { move } from '#chassis/moves/move.ts';
import type { Systems } from '../systems.ts';
import { movementOf, type StockToDeplete } from './deplete-stock.ts';

/** The piece was there, for it was used: bring the books to what the shelf held. No undo: a count is a fact. */
export const adjustStock = ({ erp }: Systems) =>
  move('adjust-stock', async (run, { use, item, place }: StockToDeplete) => {
    const { costCenter: _costCenter, caseReference: _case, ...found } = movementOf(use, item, place);
    await run.step('adjust to what was used', (idempotencyKey) => erp.createStockMovement({
      body: { ...found, kind: 'adjustment', reference: `count/${found.reference}` },
    }, { idempotencyKey }));
    return { type: 'stock adjusted' };
  });
