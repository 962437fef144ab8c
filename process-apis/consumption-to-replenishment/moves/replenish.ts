import { ApiError } from '#chassis/errors/failures.ts';
import { move, type Run } from '#chassis/moves/move.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { ReplenishmentRule } from '#contracts/generated/system/erp/v1.ts';
import type { Place, Replenishment, UsedItem } from '../consumption.ts';
import { noteRefill, recordDemand, type Demand } from '../demand.ts';
import { inPurchasingUnits, shortageOf } from '../rules.ts';
import type { Settings } from '../settings.ts';
import type { Systems } from '../systems.ts';
import { stockOnHand } from './stock-on-hand.ts';

export interface Used {
  useId: string;
  facility: string;
  quantity: number;
  /** When the move was asked for: a refill happens then, whenever the piece was used. */
  at: string;
  item: UsedItem;
  place: Place;
}

/**
 * See whether a rule asks for more where something was used, refill from the stores where they serve the place, and ask
 * a supplier where none does. Undo is not needed: each refill and each request is right by itself.
 */
export const replenish = ({ erp }: Systems, database: Database, settings: Settings) => {
  function demandAt(run: Run, used: Used, rule: ReplenishmentRule): Promise<Demand | null> {
    const { facility, useId, item, place } = used;
    return run.step(`record demand at ${rule.location}`, async () => {
      const position = { facility, location: rule.location, itemNumber: item.itemNumber };
      const onHand = rule.reorderPoint === rule.maximum ? 0 : await stockOnHand(erp, position);
      const cause = { useId, unitsPerPurchasingUnit: item.unitsPerPurchasingUnit, isWhereUsed: rule.location === place.location };
      return (await recordDemand(database, position, cause, (onItsWay) => shortageOf(rule, used.quantity, onHand, onItsWay))) ?? null;
    });
  }

  /** False when the source holds too little: a fact about the stores, and no failure of the move. */
  function refill(run: Run, used: Used, rule: ReplenishmentRule, from: string, demand: Demand): Promise<boolean> {
    return run.step(`refill ${rule.location}`, async (idempotencyKey) => {
      try {
        await erp.createStockMovement({
          body: {
            reference: demand.reference, kind: 'transfer', facility: used.facility, location: from, toLocation: rule.location, itemNumber: used.item.itemNumber,
            quantity: demand.quantity, unit: used.item.stockingUnit, occurredAt: used.at,
          },
        }, { idempotencyKey });
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.code === 'negative-stock') return false;
        throw error;
      }
    });
  }

  return move('replenish', async (run, used: Used) => {
    const { items: rules } = await run.step('read rules', () => erp.listReplenishmentRules({ facility: used.facility, itemNumber: used.item.itemNumber, limit: 200 }));
    const empty: string[] = [];
    const visited = new Set<string>();
    let replenishment: Replenishment | null = null;
    for (let rule = ruleAt(rules, used.place.location); rule && !visited.has(rule.location); rule = ruleAt(rules, rule.sourceLocation)) {
      visited.add(rule.location);
      const demand = await demandAt(run, used, rule);
      if (!demand) break;
      if (rule.source === 'supplier' || !rule.sourceLocation) {
        replenishment = requestOf(used, rule.location, demand, settings);
        break;
      }
      if (!demand.open) continue;
      if (await refill(run, used, rule, rule.sourceLocation, demand)) await run.step(`close demand at ${rule.location}`, () => noteRefill(database, demand.reference));
      else empty.push(rule.sourceLocation);
    }
    return empty.length > 0
      ? { type: 'stores ran out', replenishment, problem: `There is too little of item ${used.item.itemNumber} at ${empty.join(' and ')}.` }
      : { type: 'replenished', replenishment };
  });
};

function ruleAt(rules: readonly ReplenishmentRule[], location: string | undefined): ReplenishmentRule | undefined {
  return rules.find((rule) => rule.location === location);
}

function requestOf({ item, place }: Used, location: string, demand: Demand, settings: Settings): Replenishment {
  return {
    reference: demand.reference, location, itemNumber: item.itemNumber, rule: demand.rule, unit: item.purchasingUnit,
    costCenter: location === place.location ? place.costCenter : settings.storesCostCenter,
    quantity: inPurchasingUnits(demand.quantity, item.unitsPerPurchasingUnit),
  };
}
