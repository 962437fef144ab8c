import { ApiError } from '#chassis/errors/failures.ts';
import { move } from '#chassis/moves/move.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { Item } from '#contracts/generated/system/erp/v1.ts';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';
import type { NamedItem, Place, UsedItem } from '../consumption.ts';
import { learnMapping, mappedItem } from '../mappings.ts';
import { codeOf, identify, inStockingUnit } from '../rules.ts';
import type { Settings } from '../settings.ts';
import type { Systems } from '../systems.ts';

export interface UseToIdentify {
  useId: string;
  namedItem: NamedItem | null;
}

/** Check the use with the EHR and find its item and place. Nothing to undo: it reads, and learns what a person mapped. */
export const identifyUse = ({ ehr, erp }: Systems, database: Database, settings: Settings) =>
  move('identify-use', async (run, { useId, namedItem }: UseToIdentify) => {
    const use = await run.step('read use in EHR', () => found(ehr.getUse({ useId })));
    if (!use || use.status === 'entered-in-error') return { type: 'not in EHR', problem: 'The EHR does not hold this use any more.' };

    const identification = await run.step('find item', async () => {
      const { itemNumber, tracking } = use;
      const code = codeOf(use);
      const learned = code && await mappedItem(database, code.system, code.code);
      const itemOf = (number: string | undefined) => number ? found(erp.getItem({ itemNumber: number })) : undefined;
      const [named, byNumber, byDevice, byCode] = await Promise.all([
        itemOf(namedItem?.itemNumber), itemOf(itemNumber),
        tracking?.deviceIdentifier ? erp.listItems({ deviceIdentifier: tracking.deviceIdentifier, limit: 2 }).then((page) => page.items) : [],
        itemOf(learned),
      ]);
      return identify(use, { named: namedItem ? { itemNumber: namedItem.itemNumber, item: named } : undefined, byNumber, byDevice, learned: byCode });
    });
    if (identification.verdict !== 'identified') return { type: identification.verdict, problem: identification.problem };
    const { item } = identification;
    const counted = inStockingUnit(use, item);
    if (!counted) return { type: 'contradictory', problem: `The EHR counts by ${use.unit}, item ${item.number} is kept by ${item.stockingUnit}.` };
    const place = placeOf(use, settings);
    if (!place) return { type: 'place unknown', problem: `No cost centre is configured for ${use.facility ?? 'no facility'}/${use.department ?? 'no department'}.` };
    const code = codeOf(use);
    if (namedItem && code) await run.step('learn mapping', () => learnMapping(database, code, item.number, namedItem.by));
    return { type: 'identified', use: counted, item: usedItem(item), place };
  });

function placeOf(use: Use, settings: Settings): Place | undefined {
  return settings.places[`${use.facility}/${use.department}`];
}

function usedItem({ number, expenseAccount, stockingUnit, purchasingUnit, unitsPerPurchasingUnit, currency }: Item): UsedItem {
  return { itemNumber: number, expenseAccount, stockingUnit, purchasingUnit, unitsPerPurchasingUnit, currency };
}

async function found<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
