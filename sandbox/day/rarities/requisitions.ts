import { createDice } from '../../ehr/day/random.ts';
import { itemByNumber } from '../../hospital/master-data.ts';
import type { Behaviour } from '../../network/suppliers/behaviour.ts';
import { patiently } from '../patience.ts';
import { DESKS, type PlannedRequisition } from '../requisition-plan.ts';
import { basketFor, type AcceptedStory } from '../stories.ts';
import { QUICK_MS_PER_HOUR, toNetwork } from './network-control.ts';
import type { Stage } from './scene.ts';
import { tell } from './waves.ts';

const AT_ONCE = 3;

/** What people ask for in a scene, with what its suppliers will do. */
export async function planned({ seed, number, networkUrl, behaviours, signal, requisitions }: Stage, behaviour: Behaviour, story: AcceptedStory, count = AT_ONCE): Promise<PlannedRequisition[]> {
  return Promise.all(Array.from({ length: count }, async (_, index): Promise<PlannedRequisition> => {
    const desk = DESKS[(number + index) % DESKS.length]!;
    const reference = `rare-${seed}-${number}-${index}`;
    const basket = basketFor(createDice(seed * 7_919 + number * 13 + index), desk, story);
    behaviours.set(reference, behaviour);
    await patiently(signal, () => tell(networkUrl, reference, behaviour));
    const requisition: PlannedRequisition = {
      ...desk, reference, story, urgency: story === 'emergency' ? 'EMERGENCY' : 'STANDARD', ...(story === 'emergency' ? { justification: 'A patient is on the table and the shelf is empty.' } : {}),
      lines: basket.map(({ item, supplier, quantity, unit }) => ({ item, supplier, quantity: behaviour === 'two-invoices-alike' ? quantity + quantity % 2 : quantity, unit })),
      expected: { answer: 'accepted', end: story === 'rejected' || story === 'withdrawn' ? story : 'ordered', tiers: {} },
    };
    requisitions.set(reference, requisition);
    return requisition;
  }));
}

/** One order of these items, of each of which its supplier does something else. */
export async function plannedOf(stage: Stage, wanted: readonly (readonly [item: string, behaviour: Behaviour])[], quantity = 2): Promise<PlannedRequisition> {
  const [each] = await planned(stage, wanted[0]![1], 'small', 1) as [PlannedRequisition];
  await Promise.all(wanted.map(([itemNumber, behaviour]) => patiently(stage.signal, () => toNetwork(stage.networkUrl, `behaviours/${encodeURIComponent(each.reference)}`, { behaviour, itemNumber }))));
  const lines = wanted.map(([item]) => ({ item, supplier: itemByNumber(item)!.supplier, quantity, unit: itemByNumber(item)!.purchasingUom }));
  const requisition = { ...each, lines };
  stage.requisitions.set(each.reference, requisition);
  return requisition;
}

/** So that nobody waits for suppliers who are in a slow mood. */
export function hurry({ networkUrl, signal }: Stage): Promise<void> {
  return patiently(signal, () => toNetwork(networkUrl, 'delays', { msPerHour: QUICK_MS_PER_HOUR }));
}
