import type { Clinician } from '../../ehr/clinician.ts';
import type { Happening } from '../../ehr/day/clinical-day.ts';
import { setTimeout as wait } from 'node:timers/promises';
import type { Floor } from './floor.ts';

const VISITS_AT_ONCE = 6;

/** The clinicians record what happened, visit by visit; within a visit in the order in which it happened. */
export async function record(floor: Floor, clinician: Clinician, happenings: readonly Happening[]): Promise<void> {
  const visits = [...Map.groupBy(happenings, (each) => each.visit).values()];
  const pauseMs = floor.spreadMs * VISITS_AT_ONCE / visits.length;
  await Promise.all(Array.from({ length: VISITS_AT_ONCE }, async () => {
    for (let visit = visits.shift(); visit !== undefined && !floor.signal.aborted; visit = visits.shift()) {
      await recordVisit(floor, clinician, visit);
      if (pauseMs > 0) await wait(pauseMs, undefined, { signal: floor.signal });
    }
  }));
}

/** How the EHR itself refers to the record of a use. */
export const recordOf = ({ kind, id }: Pick<Happening, 'kind' | 'id'>) => `${kind === 'device-used' ? 'DeviceUseStatement' : 'SupplyDelivery'}/${id}`;

async function recordVisit(floor: Floor, clinician: Clinician, visit: readonly Happening[]): Promise<void> {
  for (const happening of visit) {
    if (happening.use) {
      const { item, quantity, facility, location, costCentre, isMapped } = happening.use;
      floor.sent.use({ id: recordOf(happening), item, quantity, facility, location, costCentre, isMapped });
    }
    await clinician.record(happening);
  }
}
