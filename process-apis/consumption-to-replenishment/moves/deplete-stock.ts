import { compare } from '#chassis/money/money.ts';
import { move } from '#chassis/moves/move.ts';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';
import type { Place, UsedItem } from '../consumption.ts';
import type { Settings } from '../settings.ts';
import type { Systems } from '../systems.ts';

export interface StockToDeplete {
  use: Use;
  item: UsedItem;
  place: Place;
}

/** Take what was used out of stock and charge it to the cost centre and the case. Undo: put it back. */
export const depleteStock = ({ erp }: Systems, settings: Settings) =>
  move('deplete-stock', async (run, { use, item, place }: StockToDeplete) => {
    const issue = movementOf(use, item, place);
    const movement = await run.step('take from stock', (idempotencyKey) => erp.createStockMovement({ body: issue }, { idempotencyKey }), {
      undo: (_, idempotencyKey) => erp.createStockMovement({ body: { ...issue, kind: 'receipt', reference: `undo/${issue.reference}` } }, { idempotencyKey }),
    });
    if (compare(movement.value, '0') > 0) {
      await run.step('post cost', (idempotencyKey) => erp.createJournal({
        body: {
          reference: `consumption/${issue.reference}`, source: 'consumption', postedOn: issue.occurredAt.slice(0, 10), currency: item.currency, description: `Used, item ${item.itemNumber}`,
          lines: [
            { account: item.expenseAccount, costCenter: place.costCenter, debit: movement.value, ...(use.encounterId ? { text: `case ${use.encounterId}` } : {}) },
            { account: settings.accounts.inventory, credit: movement.value },
          ],
        },
      }, { idempotencyKey }));
    }
    return { type: 'depleted', movementNumber: movement.number, cost: movement.value };
  });

export function movementOf(use: Use, item: UsedItem, place: Place) {
  return {
    reference: use.id, kind: 'issue' as const, facility: use.facility!, location: place.location, itemNumber: item.itemNumber, quantity: use.quantity, unit: item.stockingUnit,
    costCenter: place.costCenter, account: item.expenseAccount, occurredAt: use.occurredAt ?? use.recordedAt,
    ...(use.tracking ? { tracking: use.tracking } : {}), ...(use.encounterId ? { caseReference: use.encounterId } : {}),
  };
}
