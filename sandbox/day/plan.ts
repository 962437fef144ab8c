import { clinicalDay, type Happening } from '../ehr/day/clinical-day.ts';
import type { Hl7Sending } from '../ehr/day/hl7-sendings.ts';
import { openingStock } from '../hospital/master-data.ts';
import { planRequisitions, type PlannedRequisition } from './requisition-plan.ts';

/** All that will be done to the platform on one day. */
export interface DayPlan {
  seed: number;
  patients: number;
  /** ISO date on which it is said to happen. */
  day: string;
  happenings: readonly Happening[];
  hl7: readonly Hl7Sending[];
  requisitions: readonly PlannedRequisition[];
}

/**
 * The plan of a day. The same seed and number of patients give the same plan; nothing in it hangs on the clock but the
 * date.
 *
 * The clinical day is yesterday's: the books refuse what was used at an hour that is still to come.
 *
 * @param today on which the ERP's opening stock was loaded
 */
export function planDay(seed: number, patients: number, today: Date): DayPlan {
  const day = new Date(today.getTime() - 86_400_000).toISOString().slice(0, 10);
  const { happenings, hl7 } = clinicalDay(seed, patients, { day, stock: openingStock(today) });
  return { seed, patients, day, happenings, hl7, requisitions: planRequisitions(seed, patients) };
}
