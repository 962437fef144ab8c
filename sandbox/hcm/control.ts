import type { Database } from '#chassis/storage/database.ts';
import type { Bodies, JobData, Kind } from './bodies.ts';
import { latestEmployment, locationOn } from './deeds.ts';
import type { Events, Started } from './events.ts';
import { loadWorkers } from './load.ts';

/** Where somebody works, in the hospital's codes. */
export interface Place {
  jobCode: string;
  departmentCode: string;
  facility: string;
  positionId?: string;
  managerPersonId?: string;
  fullTimeEquivalent?: number;
}

export interface Hire extends Place {
  given: string;
  family: string;
  email?: string;
  npi?: string;
  hiredOn: string;
  /** Of somebody who comes back. */
  personId?: string;
  /** Whether who comes back gets the number of before; left to chance when absent. */
  keepsWorkerId?: boolean;
}

export interface Person {
  workerId: string;
  personId: string;
}

export type Reason = 'Voluntary_Resignation' | 'Involuntary_Position_Eliminated' | 'Involuntary_Misconduct' | 'Retirement' | 'End_of_Contract' | 'Deceased';

/** What people in the HR department do, completed at once. */
export interface Control {
  hire(hire: Hire): Promise<Person>;
  transfer(workerId: string, effectiveOn: string, to: Partial<Place>): Promise<Started>;
  startLeave(workerId: string, firstDay: string): Promise<Started>;
  endLeave(workerId: string, firstDayBack: string): Promise<Started>;
  terminate(workerId: string, lastDay: string, reason: Reason, immediate?: boolean): Promise<Started>;
  cancelHire(workerId: string): Promise<Started>;
  reverseTermination(workerId: string): Promise<Started>;
  /** Mends what was entered wrongly, as if it had always been so: the name, the day of hire, or the place since a day. */
  correct(workerId: string, correction: { family?: string; hiredOn?: string; since?: string; place?: Partial<Pick<Place, 'jobCode' | 'departmentCode' | 'facility' | 'fullTimeEquivalent'>> }): Promise<Started>;
  enterTime(workerId: string, time: { workedOn: string; hours: number; type: string; status: string; departmentCode?: string }): Promise<void>;
  /** @returns the numbers of the workers */
  load(count: number, hiredOn: string): Promise<string[]>;
}

export function createControl(database: Database, events: Events): Control {
  const start = <K extends Kind>(kind: K, body: Bodies[K]) => events.start(kind, body, { isApproved: true });

  async function eventOf(workerId: string, column: 'hire_event' | 'termination_event'): Promise<string> {
    const [row] = await database.query<{ id: string | null }>(`select ${column} as id from workday.employments where worker_id = $1 and not cancelled order by hired_on desc limit 1`, [workerId]);
    return row?.id ?? 'none';
  }

  return {
    async hire({ given, family, email, npi, hiredOn, personId, keepsWorkerId, ...place }) {
      const { id } = await start('hire', {
        legalName: { firstName: given, lastName: family }, hireDate: hiredOn, ...jobDataOf(place),
        ...defined({ workEmail: email, npi, universalId: personId, keepsWorkerId }),
      });
      const [hired] = await database.query<Person & Record<string, unknown>>(
        'select w.id as "workerId", w.universal_id as "personId" from workday.events e join workday.workers w on w.id = e.worker_id where e.id = $1', [id]);
      return hired!;
    },
    transfer: (workerId, effectiveOn, to) => start('jobChange', { worker: { id: workerId }, effectiveDate: effectiveOn, ...jobDataOf(to) }),
    startLeave: (workerId, firstDay) => start('leaveOfAbsence', { worker: { id: workerId }, firstDayOfLeave: firstDay }),
    endLeave: (workerId, firstDayBack) => start('returnFromLeave', { worker: { id: workerId }, firstDayBack }),
    terminate: (workerId, lastDay, reason, immediate = false) => start('terminate', { worker: { id: workerId }, terminationDate: lastDay, primaryReason: { id: reason }, removeAccessImmediately: immediate }),
    cancelHire: async (workerId) => start('rescind', { event: { id: await eventOf(workerId, 'hire_event') } }),
    reverseTermination: async (workerId) => start('rescind', { event: { id: await eventOf(workerId, 'termination_event') } }),

    async correct(workerId, { family, hiredOn, since, place = {} }) {
      const { id: employmentId, hiredOn: before } = await database.transaction((tx) => latestEmployment(tx, workerId));
      const effectiveOn = since ?? hiredOn ?? before;
      const done = { workerId, employmentId, effectiveOn, location: place.facility ?? await locationOn(database, employmentId, effectiveOn) };
      return events.enter('Correction', done, async (tx) => {
        if (family !== undefined) await tx.query('update workday.persons set family = $2 where universal_id = (select universal_id from workday.workers where id = $1)', [workerId, family]);
        if (hiredOn !== undefined) {
          await tx.query('update workday.employments set hired_on = $2 where id = $1', [employmentId, hiredOn]);
          await tx.query('update workday.job_rows set effective_on = $2 where employment_id = $1 and effective_on = $3', [employmentId, hiredOn, before]);
        }
        if (since === undefined) return;
        await tx.query(
          `insert into workday.job_rows select employment_id, $2, job_profile, organization, location, position, manager, fte from workday.job_rows
           where employment_id = $1 and effective_on <= $2 order by effective_on desc limit 1 on conflict do nothing`, [employmentId, since]);
        await tx.query(
          `update workday.job_rows set job_profile = coalesce($3, job_profile), organization = coalesce($4, organization), location = coalesce($5, location), fte = coalesce($6, fte)
           where employment_id = $1 and effective_on >= $2`, [employmentId, since, place.jobCode, place.departmentCode, place.facility, place.fullTimeEquivalent]);
      });
    },

    async enterTime(workerId, { workedOn, hours, type, status, departmentCode }) {
      await database.query('insert into workday.time_blocks (worker_id, worked_on, hours, type, status, organization) values ($1, $2, $3, $4, $5, $6)', [workerId, workedOn, hours, type, status, departmentCode]);
    },
    load: (count, hiredOn) => loadWorkers(database, count, hiredOn),
  };
}

function jobDataOf({ jobCode, departmentCode, facility, positionId, managerPersonId, fullTimeEquivalent }: Partial<Place>): JobData {
  const ref = (id: string | undefined) => (id === undefined ? undefined : { id });
  return defined({
    jobProfile: ref(jobCode), supervisoryOrganization: ref(departmentCode), location: ref(facility), position: ref(positionId),
    manager: managerPersonId === undefined ? undefined : { universalId: managerPersonId }, fte: fullTimeEquivalent,
  });
}

function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}
