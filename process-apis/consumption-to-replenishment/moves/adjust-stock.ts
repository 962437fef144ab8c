import { addQuantities, compare } from '#chassis/money/money.ts';
import { move } from '#chassis/moves/move.ts';
import type { Settings } from '../settings.ts';
import type { Systems } from '../systems.ts';
import { movementOf, type StockToDeplete } from './deplete-stock.ts';
import { stockOnHand } from './stock-on-hand.ts';

/** What was used was there: raise the books to it, and no further. No undo: a count is a fact. */
export const adjustStock = ({ erp }: Systems, settings: Settings) =>
  move('adjust-stock', async (run, used: StockToDeplete) => {
    const { item, place, postedOn } = used;
    const { costCenter: _costCenter, caseReference: _case, ...found } = movementOf(used);
    const onHand = await run.step('count in the books', () => stockOnHand(erp, found));
    const missing = addQuantities(found.quantity, -Math.max(0, onHand));
    if (missing <= 0) return { type: 'stock adjusted' };
    const reference = `count/${found.reference}`;
    const { value } = await run.step('adjust to what was used', (idempotencyKey) => erp.createStockMovement({
      body: { ...found, kind: 'adjustment', quantity: missing, reference },
    }, { idempotencyKey }));
    if (compare(value, '0') > 0) {
      await run.step('post difference', (idempotencyKey) => erp.createJournal({
        body: {
          reference, facility: found.facility, source: 'adjustment', postedOn, currency: item.currency, description: `Count, item ${item.itemNumber}`,
          lines: [{ account: settings.accounts.inventory, debit: value }, { account: settings.accounts.stockDifferences ?? item.expenseAccount, costCenter: place.costCenter, credit: value }],
        },
      }, { idempotencyKey }));
    }
    return { type: 'stock adjusted' };
  });
