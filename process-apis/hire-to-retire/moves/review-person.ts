import { ApiError } from '#chassis/errors/failures.ts';
import { move } from '#chassis/moves/move.ts';
import type { Calendar } from '#chassis/time/calendar.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { Standing } from '#contracts/generated/system/credentialing/v1.ts';
import type { Decision } from '../person.ts';
import { employedOrExpected, planOf, type Facts, type WorkerFacts } from '../rules.ts';
import type { Rule } from '../settings.ts';
import type { Systems } from '../systems.ts';

export interface PersonToReview {
  personId: string;
  asked: number;
  decisions: Record<string, Decision>;
}

/** Read all that is recorded of a person and see what it gives today. Nothing to undo: it reads. */
export const reviewPerson = ({ hcm, credentialing }: Systems, calendar: Calendar, clock: Clock, policy: readonly Rule[]) => {
  async function workersOf(personId: string): Promise<WorkerFacts[]> {
    const { items } = await hcm.listWorkers({ personId, limit: 20 });
    const workers = await Promise.all(items.map(({ workerId }) => hcm.getWorker({ workerId })));
    return workers.map(({ workerId, employments, assignments, npi }) => ({ workerId, employments, assignments, ...(npi ? { npi } : {}) }));
  }

  async function organisationOf(workers: readonly WorkerFacts[]): Promise<Pick<Facts, 'costCenters' | 'knownJobs'>> {
    const assignments = workers.flatMap((worker) => worker.assignments);
    const departments = [...new Set(assignments.map((each) => each.departmentCode))];
    const jobs = [...new Set(assignments.map((each) => each.jobCode))];
    const [found, known] = await Promise.all([
      Promise.all(departments.map((departmentCode) => ifFound(hcm.getDepartment({ departmentCode })))),
      Promise.all(jobs.map((jobCode) => ifFound(hcm.getJob({ jobCode })))),
    ]);
    return {
      costCenters: Object.fromEntries(found.flatMap((each) => each ? [[each.code, each.costCenter ?? null]] : [])),
      knownJobs: known.flatMap((each) => each ? [each.code] : []),
    };
  }

  return move('review-person', async (run, { personId, asked, decisions }: PersonToReview) => {
    // Whoever left loses everything, whether or not anybody else can be asked.
    const { plan, reviewAt } = await run.step('see what the records give', async () => {
      const now = clock.now();
      const workers = await workersOf(personId);
      const day = calendar.dayOf(now);
      const facts: Facts = employedOrExpected(workers, day)
        ? { workers, standing: withoutNumbers(await credentialing.getStanding({ personId })), ...await organisationOf(workers) }
        : { workers, standing: undefined, costCenters: {}, knownJobs: [] };
      const made = planOf(policy, facts, decisions, day);
      return { plan: made, reviewAt: made.changesOn === null ? null : calendar.beginningOf(made.changesOn).toISOString() };
    });
    return { type: 'reviewed', asked, plan, reviewAt };
  });
};

/** Only what rules look at. */
function withoutNumbers({ credentials, ...standing }: Standing): Standing {
  return { ...standing, credentials: credentials.map(({ number: _number, ...credential }) => credential) };
}

async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
