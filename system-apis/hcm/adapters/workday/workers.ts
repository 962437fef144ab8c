import { DateTime } from 'luxon';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { NewWorker, Worker, WorkerChange } from '#contracts/generated/system/hcm/v1.ts';
import type { HcmPort } from '../../port.ts';
import { createBusinessProcesses } from './business-processes.ts';
import type { WorkdayClient } from './client.ts';
import { there } from './organisation.ts';
import { pageByOffset } from './pages.ts';
import { unknownWorker } from './refusals.ts';
import { WorkerShape, type VendorWorker } from './shapes.ts';
import type { WorkdaySettings } from './settings.ts';
import { isCancelled, locationOf, workerOf } from './worker.ts';

export function workers(client: WorkdayClient, settings: WorkdaySettings, clock: Clock): Pick<HcmPort, 'listWorkers' | 'getWorker' | 'hireWorker' | 'changeWorker'> {
  const carryOut = createBusinessProcesses(client, settings, clock);

  async function read(workerId: string): Promise<VendorWorker> {
    const worker = await client.find(WorkerShape, `staffing/workers/${encodeURIComponent(workerId)}`);
    if (!worker) throw unknownWorker();
    return worker;
  }

  function jobDataOf({ jobCode, departmentCode, facility, positionId, managerPersonId, fullTimeEquivalent }: Pick<WorkerChange, 'jobCode' | 'departmentCode' | 'facility' | 'positionId' | 'managerPersonId' | 'fullTimeEquivalent'>): object {
    return {
      ...ref('jobProfile', jobCode), ...ref('supervisoryOrganization', departmentCode), ...ref('location', facility && locationOf(facility, settings)), ...ref('position', positionId),
      ...(managerPersonId === undefined ? {} : { manager: { universalId: managerPersonId } }),
      ...(fullTimeEquivalent === undefined ? {} : { fte: fullTimeEquivalent }),
    };
  }

  function hireOf({ personId, name, email, npi, hiredOn, ...job }: NewWorker): object {
    return {
      legalName: { firstName: name.given, lastName: name.family }, hireDate: hiredOn, ...jobDataOf(job),
      ...(personId === undefined ? {} : { universalId: personId }), ...(email === undefined ? {} : { workEmail: email }), ...(npi === undefined ? {} : { npi }),
    };
  }

  async function bodyOf(workerId: string, { kind, effectiveOn, category, immediate = false, ...job }: WorkerChange): Promise<object> {
    const worker = { id: workerId };
    switch (kind) {
      case 'transfer':
        return { worker, effectiveDate: effectiveOn, ...jobDataOf(job) };
      case 'leave':
        return { worker, firstDayOfLeave: effectiveOn };
      case 'return':
        return { worker, firstDayBack: effectiveOn };
      case 'termination':
        return { worker, terminationDate: effectiveOn, primaryReason: { id: reasonOf(category) }, removeAccessImmediately: immediate };
      case 'hire-cancellation':
      case 'termination-reversal': {
        const latest = (await read(workerId)).employments.filter((each) => !isCancelled(each)).toSorted((one, other) => (one.hireDate < other.hireDate ? -1 : 1)).at(-1);
        const event = kind === 'hire-cancellation' ? latest?.hireEvent : latest?.terminationEvent;
        if (!event) throw refusal('not-reversible', '/kind', 'has nothing to take back');
        return { event };
      }
    }
  }

  function reasonOf(category: WorkerChange['category']): string {
    const [reason] = Object.entries(settings.terminationReasons).find(([, each]) => each === category) ?? [];
    if (reason === undefined) throw refusal('unknown-category', '/category', 'has no reason in the HR system');
    return reason;
  }

  return {
    async listWorkers({ personId, facility, ...page }) {
      // Days begin earlier in the east: who left yesterday may still be there.
      const yesterday = DateTime.fromJSDate(clock.now(), { zone: 'utc' }).minus({ days: 1 }).toISODate()!;
      const isOrWillBeThere = ({ assignments }: Worker) => facility === undefined || assignments.some((each) => each.facility === facility && (each.to === undefined || each.to >= yesterday));
      return there(await pageByOffset(client, WorkerShape, 'staffing/workers', page, { universalId: personId }, (vendor) => {
        // Of somebody without an id of a person nothing can be said by that id.
        if (vendor.universalId === undefined) return undefined;
        const worker = workerOf(vendor, settings);
        return isOrWillBeThere(worker) ? { workerId: worker.workerId, personId: worker.personId, version: worker.version } : undefined;
      }));
    },

    getWorker: async ({ workerId }) => workerOf(await read(workerId), settings),

    async hireWorker({ body }, { repeated }) {
      const workerId = await carryOut({ kind: 'hire', body: async () => hireOf(body), reference: `hire:${body.reference}`, repeated });
      return workerOf(await read(workerId), settings);
    },

    async changeWorker({ workerId, body }, { repeated }) {
      await carryOut({ kind: PROCESSES[body.kind], body: () => bodyOf(workerId, body), reference: `change:${body.reference}`, repeated });
      return workerOf(await read(workerId), settings);
    },
  };
}

/** What the vendor calls them. */
const PROCESSES: Record<WorkerChange['kind'], string> = {
  'transfer': 'jobChange', 'leave': 'leaveOfAbsence', 'return': 'returnFromLeave', 'termination': 'terminate', 'hire-cancellation': 'rescind', 'termination-reversal': 'rescind',
};

function refusal(code: string, pointer: string, detail: string): ApiError {
  return new ApiError('refused', `${pointer} ${detail}.`, { code, errors: [{ pointer, detail, code }] });
}

function ref(name: string, id: string | undefined): object {
  return id === undefined ? {} : { [name]: { id } };
}
