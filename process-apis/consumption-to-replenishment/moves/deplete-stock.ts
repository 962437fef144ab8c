import { compare } from '#chassis/money/money.ts';
import { move } from '#chassis/moves/move.ts';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';
import type { Tracking } from '#contracts/generated/system/erp/v1.ts';
import type { Place, UsedItem } from '../consumption.ts';
import type { Settings } from '../settings.ts';
import type { Systems } from '../systems.ts';

export interface StockToDeplete {
  use: Use;
  item: UsedItem;
  place: Place;
  /** Ours for the documents in the ERP; another one for each attempt that was taken back. */
  reference: string;
  postedOn: string;
}

/** Take what was used out of stock and charge it to the cost centre and the case. Undo: put it back. */
export const depleteStock = ({ erp }: Systems, settings: Settings) =>
  move('deplete-stock', async (run, used: StockToDeplete) => {
    const { use, item, place, reference, postedOn } = used;
    const issue = movementOf(used);
    const movement = await run.step('take from stock', (idempotencyKey) => erp.createStockMovement({ body: issue }, { idempotencyKey }), {
      undo: (taken, idempotencyKey) => erp.createStockMovement({ body: reversalOf(used, `undo/${reference}`, taken.tracking) }, { idempotencyKey }),
    });
    if (compare(movement.value, '0') > 0) {
      // No undo: it is the last step, and nothing after it can fail.
      await run.step('post cost', (idempotencyKey) => erp.createJournal({
        body: {
          reference: `consumption/${reference}`, facility: use.facility!, source: 'consumption', postedOn, currency: item.currency, description: `Used, item ${item.itemNumber}`,
          lines: [
            { account: item.expenseAccount, costCenter: place.costCenter, debit: movement.value, ...(use.encounterId ? { text: `case ${use.encounterId}` } : {}) },
            { account: settings.accounts.inventory, credit: movement.value },
          ],
        },
      }, { idempotencyKey }));
    }
    return { type: 'depleted', movementNumber: movement.number, cost: movement.value, taken: movement.tracking };
  });

export function movementOf({ use, item, place, reference }: StockToDeplete) {
  return {
    reference, kind: 'issue' as const, facility: use.facility!, location: place.location, itemNumber: item.itemNumber, quantity: use.quantity, unit: item.stockingUnit,
    costCenter: place.costCenter, account: item.expenseAccount, occurredAt: use.occurredAt ?? use.recordedAt,
    ...(use.tracking ? { tracking: use.tracking } : {}), ...(use.encounterId ? { caseReference: use.encounterId } : {}),
  };
}

/** Puts back the lot or piece that was really taken: a use without a lot leaves its choice to the ERP. */
export function reversalOf(used: StockToDeplete, reference: string, taken: Tracking | undefined) {
  return { ...movementOf(used), kind: 'receipt' as const, reference, ...(taken ? { tracking: taken } : {}) };
}
