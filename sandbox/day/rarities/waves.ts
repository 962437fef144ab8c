import { BEHAVIOURS, type Behaviour } from '../../network/suppliers/behaviour.ts';
import { fraction } from '../../network/suppliers/seeded.ts';
import { clinicalDay, type Happening } from '../../ehr/day/clinical-day.ts';
import { openingStock } from '../../hospital/master-data.ts';
import type { Hands } from '../live.ts';
import { patiently } from '../patience.ts';
import { planRequisitions, type PlannedRequisition } from '../requisition-plan.ts';
import { record } from '../staff/bedside.ts';
import { ask } from '../staff/requesters.ts';
import { toNetwork } from './network-control.ts';

export interface WaveOptions {
  seed: number;
  patients: number;
  /** Where suppliers are told what to do. */
  networkUrl: string;
  /** What they were told, by requisition reference. */
  behaviours: Map<string, Behaviour>;
}

/** What asks for decisions of its own is told in scenes. */
const RARE = (Object.keys(BEHAVIOURS) as Behaviour[]).filter((name) => name !== 'deliver-in-full' && BEHAVIOURS[name].perMille > 0);

/**
 * A small day more: patients and requisitions of its own seed, and suppliers who do what they seldom do. What must be
 * approved by whom hangs on what the same people asked before, which differs from wave to wave; that is left open. Nobody
 * asks for more than a budget holds, for scenes change that budget.
 */
export async function wave({ floor, requisitions, clinician, signal }: Hands, { seed, patients, networkUrl, behaviours }: WaveOptions): Promise<readonly Happening[]> {
  const today = new Date();
  const day = new Date(today.getTime() - 86_400_000).toISOString().slice(0, 10);
  const planned = planRequisitions(seed, patients).filter(({ story }) => story !== 'over-budget').map(openly);
  for (const each of planned) {
    requisitions.set(each.reference, each);
    if (each.expected.answer === 'refused' || fraction(seed, 'usual', each.reference) < 0.3) continue;
    const behaviour = RARE[Math.floor(fraction(seed, 'rare', each.reference) * RARE.length)]!;
    behaviours.set(each.reference, behaviour);
    await patiently(signal, () => tell(networkUrl, each.reference, behaviour));
  }
  const { happenings } = clinicalDay(seed, patients, { day, stock: openingStock(today) });
  await Promise.all([ask(floor, planned), record(floor, clinician, happenings)]);
  return happenings;
}

function openly(each: PlannedRequisition): PlannedRequisition {
  return each.expected.answer === 'accepted' ? { ...each, expected: { ...each.expected, tiers: {} } } : each;
}

export function tell(networkUrl: string, reference: string, behaviour: Behaviour): Promise<void> {
  return toNetwork(networkUrl, `behaviours/${encodeURIComponent(reference)}`, { behaviour });
}
