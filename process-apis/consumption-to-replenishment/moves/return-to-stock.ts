import { compare } from '#chassis/money/money.ts';
import { move } from '#chassis/moves/move.ts';
import type { Tracking } from '#contracts/generated/system/erp/v1.ts';
import type { Settings } from '../settings.ts';
import type { Systems } from '../systems.ts';
import { reversalOf, type StockToDeplete } from './deplete-stock.ts';

export interface StockToReturn extends StockToDeplete {
  cost: string;
  taken: Tracking | undefined;
}

/** The use was entered in error: put the piece back and take the cost off the case. No undo: this is one. */
export const returnToStock = ({ erp }: Systems, settings: Settings) =>
  move('return-to-stock', async (run, used: StockToReturn) => {
    const { item, place, cost, taken, reference, postedOn } = used;
    await run.step('put back into stock', (idempotencyKey) => erp.createStockMovement({ body: reversalOf(used, `return/${reference}`, taken) }, { idempotencyKey }));
    if (compare(cost, '0') > 0) {
      await run.step('take cost back', (idempotencyKey) => erp.createJournal({
        body: {
          reference: `return/${reference}`, facility: used.use.facility!, source: 'consumption', postedOn, currency: item.currency, description: `Use entered in error, item ${item.itemNumber}`,
          lines: [{ account: settings.accounts.inventory, debit: cost }, { account: item.expenseAccount, costCenter: place.costCenter, credit: cost }],
        },
      }, { idempotencyKey }));
    }
    return { type: 'returned' };
  });
