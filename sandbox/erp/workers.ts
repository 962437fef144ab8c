import { businessUnit, legalEntity } from '../hospital/organisation.ts';
import type { Body } from './adf/body.ts';
import { AdfError } from './adf/errors.ts';
import { constraintOf } from './database.ts';
import type { Operation } from './operation.ts';

const END_OF_TIME = '4712-12-31';
const STATUSES = ['ACTIVE_PROCESS', 'ACTIVE_NO_PROCESS', 'SUSPEND_PROCESS', 'SUSPEND_NO_PROCESS', 'INACTIVE_PROCESS', 'INACTIVE_NO_PROCESS'];

/** POST workers: a person with a work relationship and its assignment, all from the start of the range. */
export const createWorker: Operation = async (erp, body, _keys, effectiveOf) => {
  const { start = erp.today() } = rangeIn(effectiveOf);
  const number = body.text('PersonNumber');
  const [name, relationship] = [only(body, 'names'), only(body, 'workRelationships')];
  const names = [name.needText('FirstName'), name.needText('LastName')];
  name.needText('LegislationCode');
  need(relationship, 'LegalEmployerName', [legalEntity.name]);
  need(relationship, 'WorkerType', ['E']);
  const assignment = only(relationship, 'assignments');
  need(assignment, 'ActionCode', ['HIRE']);
  need(assignment, 'BusinessUnitName', [businessUnit.name]);
  const status = assignment.has('AssignmentStatusTypeCode') ? need(assignment, 'AssignmentStatusTypeCode', STATUSES) : 'ACTIVE_PROCESS';
  const account = assignment.text('DefaultExpenseAccount');
  if (account !== undefined) erp.master.combination(account, start);
  body.finish();
  try {
    const rows = await erp.books.rows<{ id: string }>(`
      with worker as (
        insert into workers (person_number, first_name, last_name) values (coalesce($1, nextval('object_ids')::text), $2, $3) returning id
      ), relationship as (
        insert into work_relationships (worker_id, legal_employer, start_date) select id, $4, $5::date from worker returning id
      ), assignment as (
        insert into assignments (relationship_id, effective_start, status, action, business_unit, expense_account) select id, $5::date, $6, 'HIRE', $7, $8 from relationship
      )
      select id::text from worker`, [number, ...names, legalEntity.name, start, status, businessUnit.name, account]);
    return { kind: 'created', id: rows[0]!.id };
  } catch (error) {
    if (constraintOf(error) === 'workers_person_number_key') throw new AdfError(400, 'The person number is used by another person.', 'PER-1530073', '/PersonNumber');
    throw error;
  }
};

interface AssignmentRow {
  start: string;
  end: string;
  status: string;
  action: string;
  account: string | null;
}

/** PATCH of an assignment: as an update it holds from the start of the range on, as a correction the row that holds then is rewritten. */
export const changeAssignment: Operation = async (erp, body, [, , assignmentId], effectiveOf) => {
  const { mode = 'CORRECTION', start = erp.today() } = rangeIn(effectiveOf);
  const status = body.has('AssignmentStatusTypeCode') ? need(body, 'AssignmentStatusTypeCode', STATUSES) : undefined;
  const account = body.clears('DefaultExpenseAccount') ? null : body.text('DefaultExpenseAccount');
  const action = body.text('ActionCode');
  if (typeof account === 'string') erp.master.combination(account, start);
  body.finish();
  await erp.books.transaction(async (database) => {
    const [row] = await database.rows<AssignmentRow>(`
      select effective_start::text as start, effective_end::text as "end", status, action, expense_account as account
      from assignments where id = $1 and $2::date between effective_start and effective_end for update`, [assignmentId, start]);
    if (!row) throw new AdfError(404, 'Not Found');
    const values = [assignmentId, row.start, status ?? row.status, action ?? row.action, account === undefined ? row.account : account];
    if (mode === 'CORRECTION') {
      await database.rows('update assignments set status = $3, action = $4, expense_account = $5 where id = $1 and effective_start = $2::date', values);
      return;
    }
    if (action === undefined) throw new AdfError(400, 'You must enter a value for the attribute ActionCode.', 'JBO-27014', '/ActionCode');
    if (start === row.start) throw new AdfError(400, 'An update must start after the row that it changes.', 'PER-1530411');
    if (row.end !== END_OF_TIME) throw new AdfError(400, 'There are changes with a later date.', 'PER-1530412');
    await database.rows('update assignments set effective_end = $3::date - 1 where id = $1 and effective_start = $2::date', [assignmentId, row.start, start]);
    await database.rows(`
      insert into assignments (id, relationship_id, effective_start, status, action, business_unit, expense_account)
      select id, relationship_id, $6::date, $3, $4, business_unit, $5 from assignments where id = $1 and effective_start = $2::date`, [...values, start]);
  });
  return { kind: 'changed', id: assignmentId! };
};

/** `RangeMode=UPDATE;RangeStartDate=2026-11-20`. */
function rangeIn(header: string | undefined): { mode?: string; start?: string } {
  const parts = Object.fromEntries((header ?? '').split(';').filter((each) => each !== '').map((each) => each.trim().split('=')) as [string, string][]);
  const { RangeMode: mode, RangeStartDate: start, ...rest } = parts;
  const isKnown = [undefined, 'UPDATE', 'CORRECTION'].includes(mode) && (start === undefined || /^\d{4}-\d\d-\d\d$/.test(start)) && Object.keys(rest).length === 0;
  if (!isKnown) throw new AdfError(400, 'The header Effective-Of is not valid.');
  return { ...(mode ? { mode } : {}), ...(start ? { start } : {}) };
}

function only(body: Body, name: string): Body {
  const [first, second] = body.list(name);
  if (!first || second) throw new AdfError(400, `Exactly one of ${name} is needed.`, 'JBO-27014', `/${name}`);
  return first;
}

function need(body: Body, name: string, known: readonly string[]): string {
  const value = body.needText(name);
  if (!known.includes(value)) throw new AdfError(400, `The value of the attribute ${name} is not valid.`, 'PER-1530020', `/${name}`);
  return value;
}
