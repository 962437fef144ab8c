import { ApiError } from '#chassis/errors/failures.ts';
import type { Employee } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { LACKS_EMPLOYEES } from './capabilities.ts';
import { printCombination, readCombination } from './combination.ts';
import { hasCode, notFound } from './errors.ts';
import { facilitiesOfEntity } from './facilities.ts';
import type { Fusion } from './fusion.ts';
import { pageById } from './pages.ts';
import { equals } from './query.ts';
import { brokenAnswer, type Row } from './record.ts';
import { AssignmentLinks, CreatedWorker, Worker } from './records.ts';

type Operations = Pick<ErpPort, 'listEmployees' | 'getEmployee' | 'holdEmployee'>;
type Wanted = Parameters<ErpPort['holdEmployee']>[0]['body'];
type WorkerRow = Row<typeof Worker>;
type Assignment = WorkerRow['workRelationships'][number]['assignments'][number];
interface State { status: string; account: string | null }

const PERSON_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/;
const ACTIVE = ['ACTIVE_PROCESS', 'ACTIVE_NO_PROCESS'];
/** Takes part in nothing, and can be taken back; an end of the employment could not be on the same day. */
const SUSPENDED: State = { status: 'SUSPEND_NO_PROCESS', account: null };
const EXPAND = 'workRelationships.assignments';
const AT_MOST_OLD_MS = 1_000;

/** Employees are workers under our person id; the default expense account of the assignment says who bears their costs. */
export function employees({ people, chart, settings, clock, today }: Fusion): Operations {
  const { employees: known } = settings;
  if (!known) {
    const lacking = async (): Promise<never> => { throw new ApiError('not-supported', LACKS_EMPLOYEES, { code: 'employees-not-configured' }); };
    return { listEmployees: lacking, getEmployee: lacking, holdEmployee: lacking };
  }
  const { legalEmployer, legislation, expenseAccount } = known;

  async function find(personId: string): Promise<WorkerRow | undefined> {
    return (await people.page(Worker, 'workers', { where: [equals('PersonNumber', personId)], expand: EXPAND, links: true })).items[0];
  }

  function employeeOf(row: WorkerRow): Employee {
    const current = mainOf(row);
    const segments = readCombination(settings.chart, current?.DefaultExpenseAccount ?? '');
    const [facility] = segments ? facilitiesOfEntity(settings, segments.entity) : [];
    const active = assignmentsOf(row).some(isActive);
    return { personId: row.PersonNumber, active, ...(facility === undefined || !segments ? {} : { facility, costCenter: segments.costCenter }) };
  }

  /** @throws ApiError refused */
  async function accountFor({ facility, costCenter: code }: Wanted): Promise<string | null> {
    if (code === undefined) return null;
    if (facility === undefined) throw refusedAt('/facility', 'facility-required', 'A cost centre is charged in a facility, and none is named.');
    const place = Object.hasOwn(settings.facilities, facility) ? settings.facilities[facility] : undefined;
    if (!place) throw refusedAt('/facility', 'unknown-facility', 'The ERP keeps no books for this facility.');
    const costCenter = (await chart.read(AT_MOST_OLD_MS)).costCenters.get(code);
    if (!costCenter) throw refusedAt('/costCenter', 'unknown-cost-center', 'The ledger has no such cost centre.');
    const { status, closedOn } = costCenter;
    if (closedOn === undefined ? status === 'closed' : closedOn < today()) throw refusedAt('/costCenter', 'cost-center-closed', 'The cost centre is closed.');
    if (!costCenter.facilities.includes(facility)) throw refusedAt('/costCenter', 'cost-center-not-in-facility', 'The cost centre does not serve this facility.');
    return printCombination(settings.chart, { entity: place.entity, costCenter: code, account: expenseAccount });
  }

  async function make(personId: string, { given, family }: NonNullable<Wanted['name']>, account: string | null): Promise<void> {
    await people.create(CreatedWorker, 'workers', {
      PersonNumber: personId,
      names: [{ LegislationCode: legislation, FirstName: given, LastName: family }],
      workRelationships: [{
        LegalEmployerName: legalEmployer, WorkerType: 'E',
        assignments: [{ ActionCode: 'HIRE', BusinessUnitName: settings.businessUnit, AssignmentStatusTypeCode: 'ACTIVE_PROCESS', ...(account === null ? {} : { DefaultExpenseAccount: account }) }],
      }],
    }, { 'effective-of': `RangeStartDate=${today()}` });
  }

  async function change(worker: WorkerRow, assignment: Assignment, { status, account }: State): Promise<void> {
    const isAsWanted = assignment.AssignmentStatusTypeCode === status && (assignment.DefaultExpenseAccount ?? null) === account;
    if (isAsWanted) return;
    const relationship = worker.workRelationships.find((each) => each.assignments.includes(assignment))!;
    const siblings = await people.all(AssignmentLinks, `${pathIn(worker.links)}/child/workRelationships/${relationship.PeriodOfServiceId}/child/assignments`, { links: true });
    const path = pathIn(siblings.find((each) => each.AssignmentId === assignment.AssignmentId)?.links);
    // What began today cannot be followed by something else today.
    const mode = assignment.EffectiveStartDate.startsWith(today()) ? 'CORRECTION' : 'UPDATE';
    await people.change(path, { ActionCode: 'ASG_CHANGE', AssignmentStatusTypeCode: status, DefaultExpenseAccount: account }, { 'effective-of': `RangeMode=${mode};RangeStartDate=${today()}` });
  }

  return {
    async listEmployees(page) {
      return pageById(people, {
        shape: Worker, path: 'workers', key: 'PersonId', search: { expand: EXPAND },
        present: (rows) => rows.filter((row) => PERSON_ID.test(row.PersonNumber)).map(employeeOf),
      }, page);
    },

    async getEmployee({ personId }) {
      const worker = await find(personId);
      if (!worker) throw notFound('unknown-employee', 'The ERP has no such employee.');
      return employeeOf(worker);
    },

    async holdEmployee({ personId, body }) {
      const worker = await find(personId);
      const account = body.active ? await accountFor(body) : null;
      if (!worker && body.active && body.name) await make(personId, body.name, account).catch(atCostCenter);
      if (worker) {
        const main = mainOf(worker);
        for (const other of assignmentsOf(worker).filter((each) => each !== main)) if (isActive(other)) await change(worker, other, SUSPENDED);
        if (main) await change(worker, main, body.active ? { status: isActive(main) ? main.AssignmentStatusTypeCode : 'ACTIVE_PROCESS', account } : SUSPENDED).catch(atCostCenter);
      }
      const held = await find(personId);
      const { personId: _personId, ...confirmed } = held ? employeeOf(held) : { personId, active: false };
      return { ...confirmed, confirmedAt: clock.now().toISOString() };
    },
  };
}

function assignmentsOf(worker: WorkerRow): Assignment[] {
  return worker.workRelationships.flatMap((each) => each.assignments);
}

function isActive(assignment: Assignment): boolean {
  return ACTIVE.includes(assignment.AssignmentStatusTypeCode);
}

/** The one that is active, or else the latest. */
function mainOf(worker: WorkerRow): Assignment | undefined {
  const all = assignmentsOf(worker);
  return all.find(isActive) ?? all.at(-1);
}

/** Keys in paths are opaque and come out of links. The address before them is ours, whatever the link says. */
function pathIn(links: WorkerRow['links']): string {
  const href = links?.find((each) => each.rel === 'self')?.href ?? '';
  const [, path] = /\/resources\/[^/]+\/(workers\/[A-Za-z0-9/]+)$/.exec(href) ?? [];
  if (path === undefined) throw brokenAnswer('workers have no link to themselves');
  return path;
}

/** It may have been closed since we looked; the vendor does not say which of our fields it means. */
function atCostCenter(failure: unknown): never {
  const isMeant = hasCode(failure, 'cost-center-closed') || hasCode(failure, 'unknown-account-combination');
  throw isMeant ? refusedAt('/costCenter', failure.code!, failure.message, failure) : failure;
}

function refusedAt(pointer: string, code: string, detail: string, cause?: unknown): ApiError {
  return new ApiError('refused', detail, { code, errors: [{ pointer, detail, code }], cause });
}
