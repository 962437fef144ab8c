import { ApiError } from '#chassis/errors/failures.ts';
import { move } from '#chassis/moves/move.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { Item } from '#contracts/generated/system/erp/v1.ts';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';
import type { Place, UsedItem } from '../consumption.ts';
import { learnMapping, mappedItem } from '../demand.ts';
import { identify } from '../rules.ts';
import type { Settings } from '../settings.ts';
import type { Systems } from '../systems.ts';

export interface UseToIdentify {
  use: Use;
  mappedItem: string | null;
}

/** Check the use with the EHR and find its item and place. Nothing to undo: it reads, and learns what a person mapped. */
export const identifyUse = ({ ehr, erp }: Systems, database: Database, settings: Settings) =>
  move('identify-use', async (run, { use, mappedItem: named }: UseToIdentify) => {
    const recorded = await run.step('read use in EHR', () => found(ehr.getUse({ useId: use.id })));
    if (!recorded || recorded.status === 'entered-in-error') return { type: 'not in EHR', problem: 'The EHR does not hold this use any more.' };

    const identification = await run.step('find item', async () => {
      const { itemCode, itemNumber, tracking } = recorded;
      const learned = named ?? (itemCode ? await mappedItem(database, itemCode.system, itemCode.code) : undefined);
      const [mapped, byNumber, byDevice] = await Promise.all([
        learned ? found(erp.getItem({ itemNumber: learned })) : undefined,
        itemNumber ? found(erp.getItem({ itemNumber })) : undefined,
        tracking?.deviceIdentifier ? erp.listItems({ deviceIdentifier: tracking.deviceIdentifier, limit: 2 }).then((page) => page.items) : [],
      ]);
      return identify(recorded, { mapped, byNumber, byDevice });
    });
    if (identification.verdict !== 'identified') return { type: identification.verdict, problem: identification.problem };
    if (named && recorded.itemCode) {
      const { system, code } = recorded.itemCode;
      await run.step('learn mapping', () => learnMapping(database, system, code, identification.item.number));
    }
    const place = placeOf(recorded, settings);
    if (!place) return { type: 'place unknown', problem: `No cost centre is configured for ${recorded.facility ?? 'no facility'}/${recorded.department ?? 'no department'}.` };
    return { type: 'identified', item: usedItem(identification.item), place };
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
