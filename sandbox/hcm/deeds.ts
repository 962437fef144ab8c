import type { Queries } from '#chassis/storage/database.ts';
import type { Bodies, JobData, Kind } from './bodies.ts';
import { invalid, type FieldError } from './refusal.ts';

/** What a completed business process did, as the feed tells it. */
export interface Done {
  type: string;
  workerId: string;
  employmentId: string;
  effectiveOn: string;
  location: string;
  reason?: string;
  immediate?: boolean;
}

export interface Circumstances {
  /** Of the business process. */
  eventId: string;
  /** Whether somebody who comes back gets the number of before. */
  keepsWorkerId: () => boolean;
}

interface Employment extends Record<string, unknown> {
  id: string;
  workerId: string;
  hiredOn: string;
  lastDay: string | null;
}

const REASONS = ['Voluntary_Resignation', 'Involuntary_Position_Eliminated', 'Involuntary_Misconduct', 'Retirement', 'End_of_Contract', 'Deceased'];

/** What each business process does once it is completed. Whoever only wants to know whether it may undoes it again. */
export const deeds: { [K in Kind]: (on: Queries, body: Bodies[K], circumstances: Circumstances) => Promise<Done> } = {
  async hire(on, body, { eventId, keepsWorkerId }) {
    await requirePlace(on, body, body.hireDate);
    if (body.npi !== undefined) await requireOwnNpi(on, body.npi, body.universalId);
    const { firstName, lastName } = body.legalName;
    const [person] = body.universalId === undefined
      ? await on.query<{ id: string }>('insert into workday.persons (given, family, email, npi) values ($1, $2, $3, $4) returning universal_id as id', [firstName, lastName, body.workEmail, body.npi])
      : await on.query<{ id: string }>(
        'update workday.persons set given = $2, family = $3, email = coalesce($4, email), npi = coalesce($5, npi) where universal_id = $1 returning universal_id as id',
        [body.universalId, firstName, lastName, body.workEmail, body.npi]);
    if (!person) throw invalid({ error: 'The Universal ID is not a valid person.', field: 'universalId' });
    const before = await on.query<{ worker_id: string; isEmployed: boolean }>(
      `select worker_id, not cancelled and (last_day is null or last_day >= $2) as "isEmployed" from workday.employments e join workday.workers w on w.id = e.worker_id
       where w.universal_id = $1 order by hired_on desc`, [person.id, body.hireDate]);
    if (before.some((each) => each.isEmployed)) throw invalid({ error: 'The person is already employed on the hire date.', field: 'universalId' });
    const known = (body.keepsWorkerId ?? keepsWorkerId()) ? before[0]?.worker_id : undefined;
    const workerId = known ?? (await on.query<{ id: string }>('insert into workday.workers (universal_id) values ($1) returning id', [person.id]))[0]!.id;
    const employmentId = `${workerId}-${before.filter((each) => each.worker_id === workerId).length + 1}`;
    await on.query('insert into workday.employments (id, worker_id, hired_on, hire_event) values ($1, $2, $3, $4)', [employmentId, workerId, body.hireDate, eventId]);
    await on.query(
      'insert into workday.job_rows (employment_id, effective_on, job_profile, organization, location, position, manager, fte) values ($1, $2, $3, $4, $5, $6, $7, $8)',
      [employmentId, body.hireDate, body.jobProfile!.id, body.supervisoryOrganization!.id, body.location!.id, body.position?.id, body.manager?.universalId, body.fte ?? 1]);
    return { type: 'Hire', workerId, employmentId, effectiveOn: body.hireDate, location: body.location!.id };
  },

  async jobChange(on, body) {
    const { worker, effectiveDate, ...changes } = body;
    const employment = await employmentOn(on, worker.id, effectiveDate, 'effectiveDate');
    await requirePlace(on, changes, effectiveDate, employment.id);
    const isElsewhere = changes.jobProfile ?? changes.supervisoryOrganization ?? changes.location;
    const [row] = await on.query<{ location: string }>(
      `insert into workday.job_rows as known (employment_id, effective_on, job_profile, organization, location, position, manager, fte)
       select employment_id, $2, coalesce($3, job_profile), coalesce($4, organization), coalesce($5, location), coalesce($6, case when $9 then null else position end), coalesce($7, manager), coalesce($8, fte)
       from workday.job_rows where employment_id = $1 and effective_on <= $2 order by effective_on desc limit 1
       on conflict (employment_id, effective_on) do update set job_profile = excluded.job_profile, organization = excluded.organization, location = excluded.location,
         position = excluded.position, manager = excluded.manager, fte = excluded.fte
       returning location`,
      [employment.id, effectiveDate, changes.jobProfile?.id, changes.supervisoryOrganization?.id, changes.location?.id, changes.position?.id, changes.manager?.universalId, changes.fte, isElsewhere !== undefined]);
    await requireOrganizationThere(on, employment.id, effectiveDate);
    return { type: 'Job Change', ...whose(employment), effectiveOn: effectiveDate, location: row!.location };
  },

  async leaveOfAbsence(on, { worker, firstDayOfLeave }) {
    const employment = await employmentOn(on, worker.id, firstDayOfLeave, 'firstDayOfLeave');
    const [other] = await on.query('select 1 from workday.leaves where employment_id = $1 and (last_day is null or last_day >= $2)', [employment.id, firstDayOfLeave]);
    if (other) throw invalid({ error: 'The worker is already on leave.', field: 'firstDayOfLeave' });
    await on.query('insert into workday.leaves (employment_id, first_day) values ($1, $2)', [employment.id, firstDayOfLeave]);
    return { type: 'Leave of Absence', ...whose(employment), effectiveOn: firstDayOfLeave, location: await locationOn(on, employment.id, firstDayOfLeave) };
  },

  async returnFromLeave(on, { worker, firstDayBack }) {
    const employment = await employmentOn(on, worker.id, firstDayBack, 'firstDayBack');
    const [leave] = await on.query(
      'update workday.leaves set last_day = $2::date - 1 where employment_id = $1 and last_day is null and first_day < $2 returning first_day', [employment.id, firstDayBack]);
    if (!leave) throw invalid({ error: 'The worker is not on leave before this day.', field: 'firstDayBack' });
    return { type: 'Return from Leave', ...whose(employment), effectiveOn: firstDayBack, location: await locationOn(on, employment.id, firstDayBack) };
  },

  async terminate(on, { worker, terminationDate, primaryReason, removeAccessImmediately }, { eventId }) {
    const employment = await latestEmployment(on, worker.id);
    if (!REASONS.includes(primaryReason.id)) throw invalid({ error: 'The termination reason is not valid.', field: 'primaryReason' });
    if (employment.lastDay !== null) throw invalid({ error: 'The worker is already terminated.', field: 'worker' });
    if (terminationDate < employment.hiredOn) throw invalid({ error: 'The termination date is before the hire date.', field: 'terminationDate' });
    await on.query(
      'update workday.employments set last_day = $2, reason = $3, immediate = $4, termination_event = $5 where id = $1',
      [employment.id, terminationDate, primaryReason.id, removeAccessImmediately, eventId]);
    return {
      type: 'Termination', ...whose(employment), effectiveOn: terminationDate, location: await locationOn(on, employment.id, terminationDate),
      reason: primaryReason.id, immediate: removeAccessImmediately ?? false,
    };
  },

  async rescind(on, { event }) {
    const [undone] = await on.query<{ kind: string; employment_id: string }>(
      `update workday.events set status = 'Rescinded' where id = $1 and status = 'Successfully Completed' and kind in ('Hire', 'Termination') returning kind, employment_id`, [event.id]);
    if (!undone) throw invalid({ error: 'The event cannot be rescinded.', field: 'event' });
    const isHire = undone.kind === 'Hire';
    const [employment] = await on.query<Employment & { last: string }>(
      isHire
        ? `update workday.employments set cancelled = true where id = $1 and last_day is null returning ${EMPLOYMENT}, hired_on::text as last`
        : `update workday.employments e set last_day = null, reason = null, immediate = null, termination_event = null
           from workday.employments was where e.id = $1 and was.id = e.id and not exists (
             select 1 from workday.employments later join workday.workers w on w.id = later.worker_id
             where not later.cancelled and later.hired_on > was.last_day and w.universal_id = (select universal_id from workday.workers where id = e.worker_id))
           returning e.id, e.worker_id as "workerId", e.hired_on::text as "hiredOn", null as "lastDay", was.last_day::text as last`,
      [undone.employment_id]);
    if (!employment) throw invalid({ error: 'Later events depend on the event.', field: 'event' });
    return { type: isHire ? 'Rescind Hire' : 'Rescind Termination', ...whose(employment), effectiveOn: employment.last, location: await locationOn(on, employment.id, employment.last) };
  },
};

const EMPLOYMENT = 'id, worker_id as "workerId", hired_on::text as "hiredOn", last_day::text as "lastDay"';

function whose({ id, workerId }: Employment): Pick<Done, 'workerId' | 'employmentId'> {
  return { workerId, employmentId: id };
}

/** Locked, so that of two who change it one sees what the other did. */
export async function latestEmployment(on: Queries, workerId: string): Promise<Employment> {
  const [employment] = await on.query<Employment>(
    `select ${EMPLOYMENT} from workday.employments where worker_id = $1 and not cancelled order by hired_on desc limit 1 for update`, [workerId]);
  if (employment) return employment;
  const [worker] = await on.query('select 1 from workday.workers where id = $1', [workerId]);
  throw invalid({ error: worker ? 'The worker is not employed.' : 'The worker is not valid.', field: 'worker' });
}

async function employmentOn(on: Queries, workerId: string, day: string, field: string): Promise<Employment> {
  const employment = await latestEmployment(on, workerId);
  if (day < employment.hiredOn || (employment.lastDay !== null && day > employment.lastDay)) throw invalid({ error: 'The worker is not employed on this day.', field });
  return employment;
}

export async function locationOn(on: Queries, employmentId: string, day: string): Promise<string> {
  const [row] = await on.query<{ location: string }>(
    'select location from workday.job_rows where employment_id = $1 order by effective_on <= $2 desc, case when effective_on <= $2 then effective_on end desc, effective_on limit 1', [employmentId, day]);
  return row!.location;
}

async function requireOwnNpi(on: Queries, npi: string, universalId: string | undefined): Promise<void> {
  const [other] = await on.query('select 1 from workday.persons where npi = $1 and universal_id is distinct from $2', [npi, universalId]);
  if (other) throw invalid({ error: 'The NPI belongs to another person.', field: 'npi' });
}

async function requirePlace(on: Queries, { jobProfile, supervisoryOrganization, location, position, manager, fte }: JobData, day: string, employmentId?: string): Promise<void> {
  const [found] = await on.query<{ job: boolean; organization: boolean; there: boolean; position: boolean; open: boolean; free: boolean; manager: boolean }>(
    `select exists (select 1 from workday.job_profiles where code = $1 and not inactive) as job,
       exists (select 1 from workday.organizations where code = $2 and not inactive) as organization,
       exists (select 1 from workday.organizations where code = coalesce($2, code) and $3 = any (locations)) as there,
       exists (select 1 from workday.positions where id = $4) as position,
       exists (select 1 from workday.positions where id = $4 and not closed) as open,
       not exists (select 1 from workday.job_rows r join workday.employments e on e.id = r.employment_id
         where r.position = $4 and e.id is distinct from $6 and not e.cancelled and (e.last_day is null or e.last_day >= $7)
           and not exists (select 1 from workday.job_rows later where later.employment_id = r.employment_id and later.effective_on > r.effective_on and later.effective_on <= $7)) as free,
       exists (select 1 from workday.persons where universal_id = $5) as manager`,
    [jobProfile?.id, supervisoryOrganization?.id, location?.id, position?.id, manager?.universalId, employmentId, day]);
  const errors: (FieldError | false)[] = [
    jobProfile !== undefined && !found!.job && { error: 'The job profile is not valid.', field: 'jobProfile' },
    supervisoryOrganization !== undefined && !found!.organization && { error: 'The supervisory organization is not valid.', field: 'supervisoryOrganization' },
    location !== undefined && (supervisoryOrganization === undefined || found!.organization) && !found!.there && { error: 'The location is not valid for the supervisory organization.', field: 'location' },
    position !== undefined && !found!.position && { error: 'The position is not valid.', field: 'position' },
    position !== undefined && found!.position && !found!.open && { error: 'The position is closed.', field: 'position' },
    position !== undefined && found!.open && !found!.free && { error: 'The position is already filled.', field: 'position' },
    manager !== undefined && !found!.manager && { error: 'The manager is not valid.', field: 'manager' },
    fte !== undefined && !(fte >= 0 && fte <= 1) && { error: 'The FTE is not valid.', field: 'fte' },
  ];
  const faults = errors.filter((each) => each !== false);
  if (faults.length > 0) throw invalid(...faults);
}

/** A change of one of the two alone may leave the other behind. */
async function requireOrganizationThere(on: Queries, employmentId: string, day: string): Promise<void> {
  const [row] = await on.query(
    `select 1 from workday.job_rows r join workday.organizations o on o.code = r.organization where employment_id = $1 and effective_on = $2 and r.location = any (o.locations)`, [employmentId, day]);
  if (!row) throw invalid({ error: 'The location is not valid for the supervisory organization.', field: 'location' });
}
