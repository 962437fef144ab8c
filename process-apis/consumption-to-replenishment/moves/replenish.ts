import { addQuantities } from '#chassis/money/money.ts';
import { move, type Run } from '#chassis/moves/move.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { ReplenishmentRule } from '#contracts/generated/system/erp/v1.ts';
import type { Place, Replenishment, UsedItem } from '../consumption.ts';
import { closeDemand, recordDemand, type Demand } from '../demand.ts';
import { inPurchasingUnits, shortageOf } from '../rules.ts';
import type { Settings } from '../settings.ts';
import type { Systems } from '../systems.ts';

export interface Used {
  useId: string;
  facility: string;
  quantity: number;
  occurredAt: string;
  item: UsedItem;
  place: Place;
}

/**
 * See whether a rule asks for more where something was used, refill from the stores where they serve the place, and ask
 * a supplier where none does. Undo is not needed: each refill and each request is right by itself.
 */
export const replenish = ({ erp }: Systems, database: Database, settings: Settings) => {
  async function shortageAt(run: Run, used: Used, rule: ReplenishmentRule): Promise<Demand | undefined> {
    return await run.step(`record demand at ${rule.location}`, async () => {
      const onHand = rule.reorderPoint === rule.maximum ? 0 : await stockOnHand(used, rule.location);
      return (await recordDemand(database, { facility: used.facility, location: rule.location, itemNumber: used.item.itemNumber }, used.useId,
        (onItsWay) => shortageOf(rule, used.quantity, onHand, onItsWay))) ?? null;
    }) ?? undefined;
  }

  async function stockOnHand({ facility, item }: Used, location: string): Promise<number> {
    let total = 0;
    let cursor: string | undefined;
    do {
      const page = await erp.listStockBalances({ facility, itemNumber: item.itemNumber, location, limit: 200, ...(cursor ? { cursor } : {}) });
      total = addQuantities(total, ...page.items.map((balance) => balance.quantity));
      cursor = page.next;
    } while (cursor);
    return total;
  }

  return move('replenish', async (run, used: Used) => {
    const { items: rules } = await run.step('read rules', () => erp.listReplenishmentRules({ facility: used.facility, itemNumber: used.item.itemNumber, limit: 200 }));
    let location: string | undefined = used.place.location;
    const visited = new Set<string>();
    while (location && !visited.has(location)) {
      visited.add(location);
      const rule = rules.find((each) => each.location === location);
      if (!rule) break;
      const demand = await shortageAt(run, used, rule);
      if (!demand) break;
      if (rule.source === 'supplier' || !rule.sourceLocation) return { type: 'replenished', replenishment: requestOf(used, rule.location, demand, settings) };
      const source: string = rule.sourceLocation;
      await run.step(`refill ${rule.location}`, (idempotencyKey) => erp.createStockMovement({
        body: {
          reference: demand.reference, kind: 'transfer', facility: used.facility, location: source, toLocation: rule.location, itemNumber: used.item.itemNumber,
          quantity: demand.quantity, unit: used.item.stockingUnit, occurredAt: used.occurredAt,
        },
      }, { idempotencyKey }));
      await run.step(`close demand at ${rule.location}`, () => closeDemand(database, demand.reference));
      location = source;
    }
    return { type: 'replenished', replenishment: null };
  });
};

function requestOf({ item, place }: Used, location: string, demand: Demand, settings: Settings): Replenishment {
  return {
    reference: demand.reference, location, itemNumber: item.itemNumber, rule: demand.rule, unit: item.purchasingUnit,
    costCenter: location === place.location ? place.costCenter : settings.storesCostCenter,
    quantity: inPurchasingUnits(demand.quantity, item.unitsPerPurchasingUnit),
  };
}
