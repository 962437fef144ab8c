import { faultsDone, planFaults, strikeAll, type FaultCounts } from '../../sandbox/day/faults.ts';
import { live } from '../../sandbox/day/live.ts';
import { paceOf } from '../../sandbox/day/pace.ts';
import { planDay } from '../../sandbox/day/plan.ts';
import { reportOf, type DayReport } from '../../sandbox/day/report.ts';
import { givenGround, ownGround } from './ground.ts';

export interface DayOptions {
  patients: number;
  seed: number;
  withFaults: boolean;
  /** Home of a running platform; a platform of its own when absent. */
  against?: string;
  /** Leaves the folder of its own platform where it is, for a look at logs and books. */
  keep: boolean;
  say(line: string): void;
  signal: AbortSignal;
}

/** One day from beginning to verdict. Whatever happens, nothing that it started is left behind. */
export async function runDay({ patients, seed, withFaults, against, keep, say, signal }: DayOptions): Promise<DayReport> {
  const plan = planDay(seed, patients, new Date());
  const pace = paceOf(patients, withFaults);
  const ground = against ? await givenGround(against) : await ownGround({ seed, env: pace.env, keep, say });
  try {
    const { target } = ground;
    if (withFaults && !target) throw new Error('Faults need a platform that belongs to this run: leave --against away.');
    const struck: FaultCounts = {};
    say(`The platform is ready. ${plan.happenings.length} happenings, ${plan.requisitions.length} requisitions, ${plan.hl7.length} messages.`);
    const lived = await live({
      plan, doors: ground.doors, isFresh: ground.isFresh, stillMs: pace.stillMs, limitMs: pace.limitMs, spreadMs: pace.spreadMs, say, signal,
      ...(withFaults && target ? { trouble: (over: AbortSignal) => strikeAll(planFaults(seed, target), target, struck, over) } : {}),
    });
    const faults = withFaults && target ? { struck, vendors: await faultsDone(target.controlUrl) } : null;
    return reportOf({ plan, lived, memoryMb: await ground.memoryMb(), faults });
  } finally {
    await ground.leave();
  }
}
