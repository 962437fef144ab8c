import type { Assignment, Employment, Worker } from '#contracts/generated/system/hcm/v1.ts';
import type { Credential, Standing as CredentialStanding } from '#contracts/generated/system/credentialing/v1.ts';
import { keyOf, type Decision, type Entitlement, type Plan, type Target, type ToApprove, type Withheld } from './person.ts';
import type { Rule } from './settings.ts';

/** A worker as far as rights go: everything but who it is. */
export type WorkerFacts = Pick<Worker, 'workerId' | 'employments' | 'assignments'> & { npi?: string };

export interface Facts {
  workers: readonly WorkerFacts[];
  /** Undefined where nobody needed to be asked, since the person has no employment to come or in force. */
  standing: CredentialStanding | undefined;
  /** Who bears the cost of which department, by its code; null for one that has nobody, absent for one that is not known. */
  costCenters: Readonly<Record<string, string | null>>;
  knownJobs: readonly string[];
}

/** What the records give a person on a day. Pure: the same records give the same plan. */
export function planOf(rules: readonly Rule[], facts: Facts, decisions: Readonly<Record<string, Decision>>, day: string): Plan {
  const workerIds = facts.workers.map(({ workerId }) => workerId);
  const nothing = { workerIds, entitlements: [], withheld: [], toApprove: [], questions: [], changesOn: nextChange(facts, day) };
  const inForce = facts.workers.flatMap((worker) => worker.employments.filter((each) => isInForce(each, day)).map((employment) => ({ worker, employment })));
  if (inForce.length === 0) {
    return { ...nothing, standing: facts.workers.some(({ employments }) => employments.some((each) => isToCome(each, day))) ? 'expected' : 'left' };
  }

  const questions: string[] = [];
  if (new Set(inForce.map(({ worker }) => worker.workerId)).size > 1) questions.push(`The HR system employs this person as ${inForce.map(({ worker }) => worker.workerId).join(' and ')}; only the first counts.`);
  const { worker, employment } = inForce[0]!;
  const assignment = assignmentOn(worker, employment, day);
  if (!assignment) return { ...nothing, standing: 'working', questions: [...questions, `Worker ${worker.workerId} is employed and assigned to nothing.`] };
  questions.push(...questionsOf(worker, assignment, facts));

  const isOnLeave = assignment.status === 'on-leave';
  const costCenter = facts.costCenters[assignment.departmentCode] ?? undefined;
  const judged = judge(rules.filter((rule) => fits(rule, assignment) && (!isOnLeave || rule.duringLeave)), assignment, facts.standing, decisions, day);
  if (costCenter) judged.entitlements.push({ target: 'business', right: `${assignment.facility}/${costCenter}`, rule: 'The cost centre of the department' });
  return {
    ...nothing, ...judged, standing: isOnLeave ? 'on-leave' : 'working', facility: assignment.facility, jobCode: assignment.jobCode, departmentCode: assignment.departmentCode,
    ...(costCenter ? { costCenter } : {}), ...(assignment.managerPersonId ? { managerPersonId: assignment.managerPersonId } : {}),
    questions: [...questions, ...judged.questions],
  };
}

/** False for somebody who left or never began: nothing can be deserved, whatever else is recorded. */
export function employedOrExpected(workers: readonly WorkerFacts[], day: string): boolean {
  return workers.some(({ employments }) => employments.some((each) => isInForce(each, day) || isToCome(each, day)));
}

interface Judged {
  entitlements: Entitlement[];
  withheld: Withheld[];
  toApprove: ToApprove[];
  questions: string[];
}

/** A right that several rules give is given when one of them gives it. */
function judge(rules: readonly Rule[], assignment: Assignment, standing: CredentialStanding | undefined, decisions: Readonly<Record<string, Decision>>, day: string): Judged {
  const given = new Map<string, Entitlement>();
  const withheld = new Map<string, Withheld>();
  const toApprove = new Map<string, ToApprove>();
  const sanction = standing?.sanctions.find(({ from, to }) => from <= day && (!to || day <= to));
  for (const rule of rules) {
    const lack = sanction ? { because: 'sanctioned' as const } : rule.needs?.map((need) => lackOf(need, standing?.credentials ?? [], assignment.facility, day)).find((each) => each !== undefined);
    for (const each of rule.rights) {
      const entitlement = entitlementOf(each, rule, assignment);
      const key = keyOf(entitlement);
      const { target, right } = entitlement;
      if (lack) withheld.set(key, { target, right, ...lack });
      else if (rule.approvedBy && !decisions[key]?.agreed) {
        withheld.set(key, { target, right, because: decisions[key] ? 'refused' : 'not-approved' });
        if (!decisions[key]) toApprove.set(key, { target, right, role: rule.approvedBy });
      } else given.set(key, { ...entitlement, ...(rule.approvedBy ? { approvedBy: decisions[key]!.by } : {}) });
    }
  }
  const isGiven = (each: { target: Target; right: string }) => given.has(keyOf(each));
  return {
    entitlements: [...given.values()], withheld: [...withheld.values()].filter((each) => !isGiven(each)), toApprove: [...toApprove.values()].filter((each) => !isGiven(each)),
    questions: sanction ? [`Excluded by ${sanction.source} since ${sanction.from}: nothing is given.`] : [],
  };
}

function fits(rule: Rule, { jobCode, departmentCode, facility }: Assignment): boolean {
  return (rule.job === undefined || rule.job === jobCode) && (rule.department === undefined || rule.department === departmentCode) && (rule.facility === undefined || rule.facility === facility);
}

/** `clinical:{facility}/{department}/nurse` names where the person is assigned. */
function entitlementOf(text: string, rule: Rule, { facility, departmentCode }: Assignment): Entitlement {
  const colon = text.indexOf(':');
  return { target: text.slice(0, colon) as Target, right: text.slice(colon + 1).replaceAll('{facility}', facility).replaceAll('{department}', departmentCode), rule: rule.name };
}

function lackOf(need: string, credentials: readonly Credential[], facility: string, day: string): Pick<Withheld, 'because' | 'credential'> | undefined {
  const held = credentials.filter((each) => each.code === need && (each.facility === undefined || each.facility === facility));
  if (held.some((each) => each.status === 'valid' && (each.issuedOn ?? day) <= day && day <= (each.expiresOn ?? day))) return undefined;
  if (held.some((each) => each.status === 'suspended' || each.status === 'revoked')) return { because: 'credential-suspended', credential: need };
  return { because: held.some((each) => each.expiresOn !== undefined && each.expiresOn < day) ? 'credential-expired' : 'credential-missing', credential: need };
}

function questionsOf({ npi }: WorkerFacts, { jobCode, departmentCode }: Assignment, { knownJobs, costCenters, standing }: Facts): string[] {
  return [
    ...(knownJobs.includes(jobCode) ? [] : [`Job ${jobCode} is not known.`]),
    ...(departmentCode in costCenters ? [] : [`Department ${departmentCode} is not known.`]),
    ...(costCenters[departmentCode] === null ? [`Department ${departmentCode} has no cost centre.`] : []),
    ...(npi && standing?.npi && npi !== standing.npi ? ['The HR system and credentialing know different provider numbers.'] : []),
  ];
}

function assignmentOn(worker: WorkerFacts, { employmentId }: Employment, day: string): Assignment | undefined {
  return worker.assignments.findLast((each) => each.employmentId === employmentId && each.from <= day && (!each.to || day <= each.to));
}

function isInForce({ status, hiredOn, termination }: Employment, day: string): boolean {
  return status === 'hired' && hiredOn <= day && (!termination || (!endsAtOnce(termination) && day <= termination.lastDay));
}

function isToCome({ status, hiredOn, termination }: Employment, day: string): boolean {
  return status === 'hired' && hiredOn > day && !termination;
}

/** For cause and after a death nobody waits for the end of the last day. */
function endsAtOnce({ category, immediate }: NonNullable<Employment['termination']>): boolean {
  return immediate === true || category === 'for-cause' || category === 'death';
}

/** The first day after this one on which any record begins or ends to hold. */
function nextChange({ workers, standing }: Facts, day: string): string | null {
  const days = [
    ...workers.flatMap(({ employments, assignments }) => [
      ...employments.filter(({ status }) => status === 'hired').flatMap(({ hiredOn, termination }) => [hiredOn, ...(termination ? [dayAfter(termination.lastDay)] : [])]),
      ...assignments.flatMap(({ from, to }) => [from, ...(to ? [dayAfter(to)] : [])]),
    ]),
    ...(standing?.credentials ?? []).flatMap(({ issuedOn, expiresOn }) => [...(issuedOn ? [issuedOn] : []), ...(expiresOn ? [dayAfter(expiresOn)] : [])]),
    ...(standing?.sanctions ?? []).flatMap(({ from, to }) => [from, ...(to ? [dayAfter(to)] : [])]),
  ];
  return days.filter((each) => each > day).toSorted()[0] ?? null;
}

export function dayAfter(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}
